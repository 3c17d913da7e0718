"""The demo's day: what happens where, what sources see and say of it, and how well a product did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pipewarden.sim.facts.picture import TrueCamera, TrueSite


class EventKind(StrEnum):
    """What a source gives: one picture of a camera, or one person's words."""

    FRAME = "frame"
    REPORT = "report"


class WorkClass(StrEnum):
    """What is done on the ground, in the words of 城镇燃气管理条例 art. 34 where it names it."""

    EXCAVATION = "excavation"  # 挖掘, by machine
    HAND_DIG = "hand_dig"  # 人工开挖
    DRILLING = "drilling"  # 钻探, directional drilling included
    PILING = "piling"  # 打桩
    LOADING = "loading"  # 取土, loading and levelling
    LIFTING = "lifting"  # 吊装


class LookAlikeKind(StrEnum):
    """What looks like works and is none; domain.md 1.1 names sweepers and passing machines as the false alarms."""

    SWEEPER = "sweeper"
    LORRY = "lorry"
    BUS = "bus"
    PASSING_CRANE = "passing_crane"
    PASSING_TIPPER = "passing_tipper"
    PARKED_MACHINE = "parked_machine"


class Telling(StrEnum):
    """How a person's report stands to the truth."""

    RIGHT = "right"
    LATE = "late"  # the works were over when it came
    WRONG = "wrong"  # true works, but the pin lies far from them
    DOUBLE = "double"  # somebody had told the same works before
    NOTHING = "nothing"  # there are no works


@dataclass(frozen=True, slots=True)
class DayEvent:
    """One thing that reaches the product.

    Attributes:
        key: the source's own name of it, unique in the day: ``cam-01/0002`` or ``R03``.
        at_s: seconds after the day's start.
        camera: of a frame.
        file: picture of a frame; None for a report.
        words: of a report.
        lon: where the person says it is, degrees WGS-84; None for a frame.
        lat: the same.
        accuracy_m: radius that holds the place in 95 of 100 cases, as the phone says, metres.
        who: key of the ``DemoPerson`` who tells it.
    """

    key: str
    at_s: float
    kind: EventKind
    camera: str | None = None
    file: Path | None = None
    words: str | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class DemoDay:
    """One day of works; ``events`` in order of time.

    Attributes:
        start: civil time with its offset; all ``at_s`` and ``start_s`` count from here.
        length_s: of the day.
    """

    start: datetime
    length_s: float
    events: tuple[DayEvent, ...]


@dataclass(frozen=True, slots=True)
class TrueWork:
    """One piece of works at one place.

    Attributes:
        machine: type of its machine, as in ``TrueObject.type``; None where people work by hand.
        lon: its middle, degrees WGS-84.
        lat: the same.
        start_s: seconds after the day's start.
        end_s: the same.
        zone: protection, control or outside by the true place and the true pipe (``rules.true_zone``).
        nearest_pipe: the pipe that gives the zone; where no pipe reaches, the nearest.
        distance_m: from its middle to the pipe's outer edge.
        filed: whether its owner filed it (备案) with the operator beforehand.
        cameras: those with a picture in which it can be seen.
        told_by: keys of the reports about it.
    """

    key: str
    cls: WorkClass
    machine: str | None
    lon: float
    lat: float
    start_s: float
    end_s: float
    zone: str
    nearest_pipe: str
    distance_m: float
    filed: bool
    cameras: tuple[str, ...]
    told_by: tuple[str, ...]

    @property
    def shown(self) -> bool:
        """Whether any source saw or told it; nobody can find what was never shown."""
        return bool(self.cameras or self.told_by)


@dataclass(frozen=True, slots=True)
class TrueLookAlike:
    """One thing that looks like works and is none: every alarm on it is false.

    Attributes:
        lon: its middle, degrees WGS-84.
        lat: the same.
        camera: that shows it.
        frames: files of that camera in which it is seen.
        first_s: first of them, seconds after the day's start.
        last_s: last of them.
    """

    key: str
    kind: LookAlikeKind
    lon: float
    lat: float
    camera: str
    frames: tuple[str, ...]
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class TrueReport:
    """One person's report and what it is worth.

    Attributes:
        who: key of the ``DemoPerson``.
        at_s: seconds after the day's start.
        words: as said.
        lon: as said, degrees WGS-84.
        lat: the same.
        accuracy_m: as said, 95 % radius.
        about: key of the works; None when there are none.
    """

    key: str
    who: str
    at_s: float
    words: str
    lon: float
    lat: float
    accuracy_m: float
    about: str | None
    telling: Telling


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that is true in the demo; ``rendered`` is always true, since every picture is.

    Attributes:
        sites: the machines that the pictures show at work; every one is also one of ``works``.
        look_alikes: what the pictures show and must not alarm.
    """

    rendered: bool
    seed: int
    sites: tuple[TrueSite, ...]
    cameras: tuple[TrueCamera, ...]
    works: tuple[TrueWork, ...]
    look_alikes: tuple[TrueLookAlike, ...]
    reports: tuple[TrueReport, ...]
