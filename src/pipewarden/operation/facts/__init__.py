"""What is seen of a house that runs: beats, readings of a tenant and of the machine, faults; nothing names a person."""

from pipewarden.operation.facts.fault import Fault, FaultKind, Sighting
from pipewarden.operation.facts.page import Page, PageWords
from pipewarden.operation.facts.reading import (
    Beat,
    BeatName,
    BlindCamera,
    HouseReading,
    LaneReading,
    StageReading,
    SwitchedOff,
    TenantReading,
)

__all__ = [
    "Beat",
    "BeatName",
    "BlindCamera",
    "Fault",
    "FaultKind",
    "HouseReading",
    "LaneReading",
    "Page",
    "PageWords",
    "Sighting",
    "StageReading",
    "SwitchedOff",
    "TenantReading",
]
