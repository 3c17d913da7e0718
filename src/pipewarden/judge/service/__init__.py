"""The use cases of the judge: consider alarms, put and hear questions, let people decide, be told of places, count."""

from pipewarden.judge.rules import sound
from pipewarden.judge.service.bench import Bench
from pipewarden.judge.service.considering import consider, give_up, hear, look_again, put
from pipewarden.judge.service.figures import figures, tally
from pipewarden.judge.service.reviews import (
    DECIDE,
    READ,
    decide,
    evidence,
    history,
    release,
    review,
    reviews,
    take,
    verdict,
)
from pipewarden.judge.service.settings import (
    camera_settings,
    edit_questions,
    learn_empty_scene,
    questions,
    seen_settings,
    set_corridor,
    set_open_places,
    set_permitted,
    set_rules,
)

__all__ = [
    "DECIDE",
    "READ",
    "Bench",
    "camera_settings",
    "consider",
    "decide",
    "edit_questions",
    "evidence",
    "figures",
    "give_up",
    "hear",
    "history",
    "learn_empty_scene",
    "look_again",
    "put",
    "questions",
    "release",
    "review",
    "reviews",
    "seen_settings",
    "set_corridor",
    "set_open_places",
    "set_permitted",
    "set_rules",
    "sound",
    "take",
    "tally",
    "verdict",
]
