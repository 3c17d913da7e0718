"""The use cases of dedupe: group what was placed, show it to who may see it, let people merge, split and take it."""

from pipewarden.dedupe.service.grouping import acknowledge, alarm, alarms, join, merge, split, why
from pipewarden.dedupe.service.seen import READ, Wanted, acknowledged, among, history, seen_alarm, seen_alarms

__all__ = [
    "READ",
    "Wanted",
    "acknowledge",
    "acknowledged",
    "alarm",
    "alarms",
    "among",
    "history",
    "join",
    "merge",
    "seen_alarm",
    "seen_alarms",
    "split",
    "why",
]
