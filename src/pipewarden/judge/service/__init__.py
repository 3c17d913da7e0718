"""The use cases of the judge: consider alarms, put and hear questions, let people decide, be told of places, count."""

from pipewarden.judge.rules.questions import instructions
from pipewarden.judge.service.bench import Bench
from pipewarden.judge.service.beside import ReviewBeside, beside
from pipewarden.judge.service.considering import PASSING, consider, give_up, hear, look_again, opinion_of, put
from pipewarden.judge.service.considering import VERIFIER as VERIFIER_SWITCH
from pipewarden.judge.service.figures import cost, figures, tally
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
    latest_picture,
    learn_empty_scene,
    question_versions,
    questions,
    restore_questions,
    seen_settings,
    set_corridor,
    set_open_places,
    set_permitted_of,
    set_rules,
)
from pipewarden.judge.service.standing import Standings, silent, silent_past
from pipewarden.judge.service.synthetic import chain, send_synthetic
from pipewarden.judge.service.told import backlog, calls_in_hand, cases, decisions, open_places, waiting, words

__all__ = [
    "DECIDE",
    "PASSING",
    "READ",
    "VERIFIER_SWITCH",
    "Bench",
    "ReviewBeside",
    "Standings",
    "backlog",
    "beside",
    "calls_in_hand",
    "camera_settings",
    "cases",
    "chain",
    "consider",
    "cost",
    "decide",
    "decisions",
    "edit_questions",
    "evidence",
    "figures",
    "give_up",
    "hear",
    "history",
    "instructions",
    "latest_picture",
    "learn_empty_scene",
    "look_again",
    "open_places",
    "opinion_of",
    "put",
    "question_versions",
    "questions",
    "release",
    "restore_questions",
    "review",
    "reviews",
    "seen_settings",
    "send_synthetic",
    "set_corridor",
    "set_open_places",
    "set_permitted_of",
    "set_rules",
    "silent",
    "silent_past",
    "take",
    "tally",
    "verdict",
    "waiting",
    "words",
]
