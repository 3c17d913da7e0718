"""The use cases of dedupe: group what was placed, show it to who may see it, let people merge, split and take it."""

from pipewarden.dedupe.service.beside import Beside, beside
from pipewarden.dedupe.service.grouping import acknowledge, alarm, alarms, join, known, merge, of_stream, split, why
from pipewarden.dedupe.service.seen import READ, Wanted, among, history, seen_alarm, seen_alarms

__all__ = [
    "READ",
    "Beside",
    "Wanted",
    "acknowledge",
    "alarm",
    "alarms",
    "among",
    "beside",
    "history",
    "join",
    "known",
    "merge",
    "of_stream",
    "seen_alarm",
    "seen_alarms",
    "split",
    "why",
]
