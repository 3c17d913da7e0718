"""Act's tables and every query on them."""

from pipewarden.act.store import calls, hooks, outbox, papers, reach, words
from pipewarden.act.store.kinds import shipped_kinds, shipped_law, shipped_samples
from pipewarden.act.store.paper_tables import DocumentRow, DocumentTemplateRow
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
    "DocumentRow",
    "DocumentTemplateRow",
    "HookAddressRow",
    "HookRow",
    "ReachRow",
    "calls",
    "hooks",
    "outbox",
    "papers",
    "reach",
    "shipped_kinds",
    "shipped_law",
    "shipped_samples",
    "words",
]
