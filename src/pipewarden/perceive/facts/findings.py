"""One object in one picture, as the screen saw it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

SCREENED = "perceive.screened"  # fact_id = Observation.id, also when nothing was found; same partition


class FindingClass(StrEnum):
    """What the screen tells apart, and what a person says."""

    MACHINE = "machine"
    PERSON = "person"
    CONE = "cone"
    REPORT = "report"  # a person's words: no detector, no box, no score (0 in the row, empty to readers)
    DEVICE = "device"  # another system's word that something digs, moves or stands there; no score either
    GAS_LEAK = "gas_leak"  # methane in the air: never a digging alarm


SAID = frozenset({FindingClass.REPORT, FindingClass.DEVICE, FindingClass.GAS_LEAK})  # told us, not seen by our own eye


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the original picture, origin top left."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a crop looks, for telling the same object from another.

    Attributes:
        dhash: 256-bit difference hash, 32 bytes.
        features: unit-length vector of the frozen feature net; its length belongs to the net's version.
    """

    dhash: bytes
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One object in one picture.

    Attributes:
        type: of a machine: excavator, loader_dozer, dump_truck or other (the type head abstains); of a device what it
            noticed (``sense.facts.DeviceKind``); None for the rest.
        score: of the screen, 0-1; 0 for what is ``SAID``, which no screen has scored.
        raises: whether the score reaches the threshold at which this class may raise an alarm.
        look: None for classes that never raise an alarm.
        model: name and version of the screen; ``words`` for a report, ``device`` for a device.
    """

    id: UUID
    tenant_id: UUID
    observation_id: UUID
    cls: FindingClass
    type: str | None
    score: float
    raises: bool
    box: Box
    look: Look | None
    model: str


@dataclass(frozen=True, slots=True)
class Screened:
    """Everything the screen found in one observation; ``problem`` says why nothing could be looked at.

    ``model`` is the screen (``name-version``) that looked, whether it found anything or not; None where there was no
    picture to look at.
    """

    observation_id: UUID
    width: int | None
    height: int | None
    findings: tuple[Finding, ...]
    problem: str | None
    model: str | None = None
