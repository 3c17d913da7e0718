"""Act's tables and every query on them."""

from pipewarden.act.store import calls, hooks, outbox, reach, words
from pipewarden.act.store.tables import (
    AttemptRow,
    BucketRow,
    CallRow,
    DeliveryRow,
    HookAddressRow,
    HookRow,
    ReachRow,
)

__all__ = [
    "AttemptRow",
    "BucketRow",
    "CallRow",
    "DeliveryRow",
    "HookAddressRow",
    "HookRow",
    "ReachRow",
    "calls",
    "hooks",
    "outbox",
    "reach",
    "words",
]
