"""Open311 GeoReport v2: requests of other systems in, what became of them out, cities' lists read and answered."""

from pipewarden.exchange.service.open311.cities import (
    add_server,
    list_servers,
    named_server,
    note_push,
    note_server,
    purpose,
    remove_server,
    servers,
    servers_due,
    take_heard,
    take_updates,
    to_push,
)
from pipewarden.exchange.service.open311.following import look_at, register, take_media, wanted_media
from pipewarden.exchange.service.open311.keeping import RequestKeeper
from pipewarden.exchange.service.open311.posting import add_update, post
from pipewarden.exchange.service.open311.reading import (
    Asked311,
    Window,
    holder,
    jurisdiction,
    listed,
    one_request,
    operator_of,
    operators,
    picture,
    updates,
)

__all__ = [
    "Asked311",
    "RequestKeeper",
    "Window",
    "add_server",
    "add_update",
    "holder",
    "jurisdiction",
    "list_servers",
    "listed",
    "look_at",
    "named_server",
    "note_push",
    "note_server",
    "one_request",
    "operator_of",
    "operators",
    "picture",
    "post",
    "purpose",
    "register",
    "remove_server",
    "servers",
    "servers_due",
    "take_heard",
    "take_media",
    "take_updates",
    "to_push",
    "updates",
    "wanted_media",
]
