"""The use cases of dedupe: group what was placed, show it to who may see it, let people merge, split and take it."""

from pipewarden.dedupe.service.beside import Beside, beside
from pipewarden.dedupe.service.cueing import look_there, patrols, patrols_by_id, settle_clues
from pipewarden.dedupe.service.grouping import (
    acknowledge,
    alarm,
    alarms,
    join,
    known,
    merge,
    newest,
    of_stream,
    split,
    tests,
    why,
)
from pipewarden.dedupe.service.heads import Head, heads
from pipewarden.dedupe.service.reasking import reask
from pipewarden.dedupe.service.seen import (
    READ,
    Wanted,
    among,
    clue_picture,
    clues,
    history,
    moments,
    seen_alarm,
    seen_alarms,
    shown,
)
from pipewarden.dedupe.service.voices import alarm_anywhere, alarms_near, alarms_of, answers

__all__ = [
    "READ",
    "Beside",
    "Head",
    "Wanted",
    "acknowledge",
    "alarm",
    "alarm_anywhere",
    "alarms",
    "alarms_near",
    "alarms_of",
    "among",
    "answers",
    "beside",
    "clue_picture",
    "clues",
    "heads",
    "history",
    "join",
    "known",
    "look_there",
    "merge",
    "moments",
    "newest",
    "of_stream",
    "patrols",
    "patrols_by_id",
    "reask",
    "seen_alarm",
    "seen_alarms",
    "settle_clues",
    "shown",
    "split",
    "tests",
    "why",
]
