"""The use cases of exchange: take messages of other platforms, place what has no place, write lists for them."""

from pipewarden.exchange.service.exporting import LISTS, export
from pipewarden.exchange.service.intake import (
    SECRET_BYTES,
    check_signature,
    mapping_of,
    platforms,
    platforms_signed,
    set_secret,
    take,
    take_secret_away,
)
from pipewarden.exchange.service.waiting import how_many, listed, oldest, place, set_aside

__all__ = [
    "LISTS",
    "SECRET_BYTES",
    "check_signature",
    "export",
    "how_many",
    "listed",
    "mapping_of",
    "oldest",
    "place",
    "platforms",
    "platforms_signed",
    "set_aside",
    "set_secret",
    "take",
    "take_secret_away",
]
