"""The use cases of act: calls to deliveries, deliveries to receipts, links to acknowledgements, events to others."""

from pipewarden.act.rules.pack import check as check_pack
from pipewarden.act.rules.pack import fingerprint
from pipewarden.act.service.acking import HOLDS, Ack, AckState, acknowledge, look
from pipewarden.act.service.blind import tell_blind
from pipewarden.act.service.digests import send_digest
from pipewarden.act.service.hooks import (
    SECRET_BYTES,
    add_hook,
    announce,
    change_hook,
    hook_deliveries,
    hooks,
    remove_hook,
    try_hook,
)
from pipewarden.act.service.messages import deliveries, messages, read_messages
from pipewarden.act.service.packing import PACK, Bench, evidence_pack
from pipewarden.act.service.planning import deliver, plan
from pipewarden.act.service.post import Post
from pipewarden.act.service.reach import channels, check_reach, reach, tried, try_person, why_not
from pipewarden.act.service.sending import Taken, give_up, settle, take

__all__ = [
    "HOLDS",
    "PACK",
    "SECRET_BYTES",
    "Ack",
    "AckState",
    "Bench",
    "Post",
    "Taken",
    "acknowledge",
    "add_hook",
    "announce",
    "change_hook",
    "channels",
    "check_pack",
    "check_reach",
    "deliver",
    "deliveries",
    "evidence_pack",
    "fingerprint",
    "give_up",
    "hook_deliveries",
    "hooks",
    "look",
    "messages",
    "plan",
    "reach",
    "read_messages",
    "remove_hook",
    "send_digest",
    "settle",
    "take",
    "tell_blind",
    "tried",
    "try_hook",
    "try_person",
    "why_not",
]
