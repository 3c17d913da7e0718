"""The tables of the judge and every query on them, one module per kind of thing."""

from pipewarden.judge.store import asks, calls, cases, decisions, figures, places, synthetics
from pipewarden.judge.store.cases import AlarmHead
from pipewarden.judge.store.policy import shipped_questions
from pipewarden.judge.store.tables import (
    CASES,
    AskRow,
    CameraSettingRow,
    CaseRow,
    CorridorRow,
    JudgeEventRow,
    MemoryRow,
    OpenPlaceRow,
    PermittedRow,
    QuestionRow,
    SyntheticRow,
    YardRow,
)

__all__ = [
    "CASES",
    "AlarmHead",
    "AskRow",
    "CameraSettingRow",
    "CaseRow",
    "CorridorRow",
    "JudgeEventRow",
    "MemoryRow",
    "OpenPlaceRow",
    "PermittedRow",
    "QuestionRow",
    "SyntheticRow",
    "YardRow",
    "asks",
    "calls",
    "cases",
    "decisions",
    "figures",
    "places",
    "shipped_questions",
    "synthetics",
]
