"""What is true in the demo, what reaches the product from it, and how the day is scored."""

from pipewarden.sim.facts.casework import Fate, Manners, SimWorks
from pipewarden.sim.facts.city import DemoArea, DemoCamera, DemoNetwork, DemoPerson, RenderedMachine, SelfTest
from pipewarden.sim.facts.day import (
    DayEvent,
    DemoDay,
    EventKind,
    LookAlikeKind,
    Telling,
    TrueLookAlike,
    TrueReport,
    TrueWork,
    Truth,
    WorkClass,
)
from pipewarden.sim.facts.picture import (
    Axis,
    CameraPose,
    Grade,
    Line,
    Street,
    TrueCamera,
    TrueFrame,
    TrueObject,
    TrueSite,
)
from pipewarden.sim.facts.score import DayAlarm, DayScore, Discovery, UnfiledScore

__all__ = [
    "Axis",
    "CameraPose",
    "DayAlarm",
    "DayEvent",
    "DayScore",
    "DemoArea",
    "DemoCamera",
    "DemoDay",
    "DemoNetwork",
    "DemoPerson",
    "Discovery",
    "EventKind",
    "Fate",
    "Grade",
    "Line",
    "LookAlikeKind",
    "Manners",
    "RenderedMachine",
    "SelfTest",
    "SimWorks",
    "Street",
    "Telling",
    "TrueCamera",
    "TrueFrame",
    "TrueLookAlike",
    "TrueObject",
    "TrueReport",
    "TrueSite",
    "TrueWork",
    "Truth",
    "UnfiledScore",
    "WorkClass",
]
