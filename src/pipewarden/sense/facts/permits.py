"""What a government's permit list or a one-call centre says: works allowed or announced at a place for a time.

Every list, whatever its country, becomes the same ``Permit``; a row that cannot is refused with row, field and fix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  dataclass fields are read at run time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from xml.etree import ElementTree as ET


class Method(StrEnum):
    """How the ground is opened; OTHER where the list does not say."""

    OPEN_CUT = "open_cut"
    TRENCHLESS = "trenchless"
    PILING = "piling"
    DRILLING = "drilling"
    BLASTING = "blasting"
    EXCAVATION = "excavation"
    PIPE_JACKING = "pipe_jacking"
    OTHER = "other"


class Role(StrEnum):
    """Whose name stands in a permit."""

    OWNER = "owner"
    CONTRACTOR = "contractor"
    SUPERVISING_ENGINEER = "supervising_engineer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Party:
    """One name of a permit; ``contact`` is a phone or mail as the list gives it."""

    role: Role
    name: str
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row of a list as a reader found it, before anybody understood it.

    Attributes:
        file: name of the file that holds it.
        row: its number in that file, from 1.
        values: its fields, nested as they came; ``@row`` is the element's name in XML.
        crs: the reference system that the file states for all of its rows; None when it states none.
        element: the row in XML, where its geometry stands; None in JSON.
    """

    file: str
    row: int
    values: Mapping[str, Any]
    crs: str | None = None
    element: ET.Element | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Works that a list allows or announces.

    Attributes:
        source: name of the mapping that read it.
        source_id: the list's own id of it; with ``revision`` unique in a list.
        file: name of the file it stood in.
        row: its number in that file, from 1.
        area: WKB of a valid polygon or multipolygon, lon/lat WGS-84; None where the list draws no area.
        line: WKB of the line or point that the list draws instead, lon/lat WGS-84; such a permit covers no ground.
        width_m: the list's own width that made ``area`` of a line or point; None where the list drew the area.
        valid_from: UTC; None where the list holds no dates: such a permit covers no moment.
        valid_until: UTC, itself excluded.
        zone: the place's own time zone, in which its days and hours are meant.
        hours: (begin, end) in minutes of the place's own day, end excluded and 1440 at most; an end at or before the
            begin lies on the next day. Empty where none are stated: the whole day.
        method: how the ground is opened.
        machines: types as ``perceive`` names them: excavator, loader_dozer, dump_truck, other.
        depth_m: the deepest it says.
        parties: who is named.
        urgent: emergency works that may begin before they are announced.
        status: the list's own word for where it stands.
        work: what is done, in the list's words.
        place: where, in the list's words.
        hours_words: the hours in the list's words.
    """

    source: str
    source_id: str
    file: str
    row: int
    zone: str
    method: Method = Method.OTHER
    revision: str | None = None
    area: bytes | None = None
    line: bytes | None = None
    width_m: float | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: tuple[tuple[int, int], ...] = ()
    machines: tuple[str, ...] = ()
    depth_m: float | None = None
    parties: tuple[Party, ...] = ()
    urgent: bool = False
    status: str | None = None
    work: str | None = None
    place: str | None = None
    hours_words: str | None = None

    def covers(self, at: datetime) -> bool:
        """Say whether ``at`` (aware) lies in the permitted days: from included, until excluded."""
        return self.valid_from is not None and self.valid_until is not None and self.valid_from <= at < self.valid_until


@dataclass(frozen=True, slots=True)
class PermitProblem:
    """Why one row is refused: where it stands, what is wrong, what to do."""

    file: str
    row: int
    field: str
    problem: str
    fix: str


@dataclass(frozen=True, slots=True)
class PermitNote:
    """What a reader should know of a row that was taken, or why a row is no permit."""

    file: str
    row: int
    field: str
    words: str


@dataclass(frozen=True, slots=True)
class NumberGap:
    """Messages of a one-call centre that never came: ``first`` to ``last``, both missing.

    ``day`` is the place's own day of the message that came next.
    """

    station: str
    day: date
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class NumberHeard:
    """One message of a one-call centre, by the number that it was sent under; ``day`` is the place's own."""

    station: str
    day: date
    number: int


@dataclass(frozen=True, slots=True)
class PermitEnd:
    """A row that says that a permit no longer holds (cancelled, refused, over): of its revision and all older ones.

    ``revision`` is None where the list numbers none: whatever was known of it ends.
    """

    source_id: str
    revision: str | None
    file: str
    row: int
    words: str


@dataclass(frozen=True, slots=True)
class PermitReport:
    """What became of a list; nothing is left out of it in silence.

    Attributes:
        mapping: name of the mapping.
        files: how many were read.
        read: rows found; each is taken, refused or passed over.
        taken: rows that became a permit.
        refused: one problem for each row that an import would leave out.
        passed: rows that are no permit (cancelled, no works), with the reason.
        warned: what is doubtful of the rows taken.
        areas: permits with an area; the others have a line or a point only.
        undated: permits without dates.
        urgent: permits of emergency works.
        by_method: permits of each method, the frequent first.
        begins: the earliest moment that a permit covers, UTC.
        ends: the latest end, UTC.
        gaps: messages that are missing by the sender's own numbers.
    """

    mapping: str
    files: int
    read: int
    taken: int
    refused: tuple[PermitProblem, ...] = ()
    passed: tuple[PermitNote, ...] = ()
    warned: tuple[PermitNote, ...] = ()
    areas: int = 0
    undated: int = 0
    urgent: int = 0
    by_method: Mapping[Method, int] = field(default_factory=dict)
    begins: datetime | None = None
    ends: datetime | None = None
    gaps: tuple[NumberGap, ...] = ()

    @property
    def whole(self) -> bool:
        """Say whether an import would take all of it; by default an import takes all or nothing."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class PermitList:
    """The permits of a list and the report of reading it.

    Attributes:
        ends: what the list takes back, also of permits that only an earlier list held.
        heard: the sender's numbers of all rows, refused and cancelled ones included.
    """

    permits: tuple[Permit, ...]
    report: PermitReport
    ends: tuple[PermitEnd, ...] = ()
    heard: tuple[NumberHeard, ...] = ()
