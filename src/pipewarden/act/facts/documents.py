"""Documents: what each kind must say, what one says, how it is laid out, and what the register keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  pydantic reads the types where a fact is stored
from enum import StrEnum
from typing import Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts import Filing, Site, SiteEvent, ViolationKind  # noqa: TC001  as above
from pipewarden.casework.facts.strike import StrikeEvent, StrikeFile  # noqa: TC001  as above
from pipewarden.network.facts import PipeHere  # noqa: TC001  as above


class DocumentKind(StrEnum):
    """The papers of works near gas pipes (domain.md 4.5)."""

    NOTICE = "notice"  # 告知函
    FILING = "filing"  # 备案表
    LOCATION = "location"  # 管线现状确认表
    BRIEFING = "briefing"  # 安全技术交底记录
    AGREEMENT = "agreement"  # 保护协议
    PLAN = "plan"  # 保护方案
    STANDBY = "standby"  # 旁站记录
    RECTIFICATION = "rectification"  # 整改通知单
    STOP = "stop"  # 停工通知单
    RESUMPTION = "resumption"  # 复工确认单
    REPORT = "report"  # 隐患上报函
    COMPLETION = "completion"  # 完工复验单
    ACCIDENT = "accident"  # 生产安全事故快报


class Need(StrEnum):
    """What happens where nobody knows a field; nothing is ever made up."""

    REQUIRED = "required"  # the document is refused
    BLANK = "blank"  # a line is printed, to be filled by hand
    OPTIONAL = "optional"  # a dash is printed


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a kind.

    Attributes:
        columns: headings of a table; empty for one text.
        least: rows printed at least, the rest of them empty, to be filled by hand.
        rows: what stands there where nobody says otherwise: the items of a check, without results.
    """

    key: str
    zh: str
    need: Need
    columns: tuple[str, ...] = ()
    least: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a template.

    Attributes:
        type: a heading, a paragraph, numbered lines, a table of labels and values, a table of rows, or signatures.
        text: of a heading or a paragraph; ``{key}`` stands for a field.
        lines: of a list.
        cells: of a table of labels and values, row by row: label, value, label, value; ``{key}`` as above.
        rows: the field whose rows a table shows; the columns are the field's.
        parties: who signs.
    """

    type: Literal["heading", "text", "list", "facts", "grid", "signatures"]
    text: str = ""
    lines: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    rows: str = ""
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """How a kind is laid out: data, never code, so that a tenant's own can do nothing but print.

    Attributes:
        letter: with the issuer's name as a letterhead and a recipient; else a form.
        seal: whether a place for the issuer's seal is left at the end.
    """

    version: str
    title: str
    letter: bool
    seal: bool
    blocks: tuple[Block, ...]
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind of document as ``policy/documents`` names it.

    Attributes:
        prefix: of its numbers.
        decides: whether only who decides at a site may issue it.
        timed: whether the minute of its issue is printed, not only the day.
        fields: by key.
    """

    kind: DocumentKind
    title: str
    prefix: str
    decides: bool
    fields: tuple[FieldSpec, ...]
    template: Template
    timed: bool = False

    def field(self, key: str) -> FieldSpec | None:
        """Return a field by its key."""
        return next((one for one in self.fields if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed as what; ``picture`` is the SHA-256 of a picture brought to the site, empty where there is none."""

    party: str
    name: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What people say beside what is on record.

    Attributes:
        fields: texts by key.
        rows: tables by key.
        refused: the receiver would not sign; ``witness`` saw it.
    """

    fields: dict[str, str] = field(default_factory=dict)
    rows: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    refused: bool = False
    witness: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """All that is on record for a document, gathered once; rules make its fields of it.

    Attributes:
        issuer: the tenant's name.
        by: who issues it.
        area: name of the area that the site lies in; empty where there is none.
        filing: that the site belongs to, where the actor may read it.
        pipe: the nearest pipe, where the actor may read the network there.
        kinds: violations by code.
        names: of those who acted, by the events' words for them.
        about: the event, violation, stop order or report that the document speaks of; None takes the last that fits.
        numbers: of the site's stop notices and accident reports that count, by what they speak of; the newest one's.
        strikes: the site's real strikes, oldest first, with what happened to each, where the actor may read them.
    """

    site: Site
    events: tuple[SiteEvent, ...]
    issuer: str
    by: str
    at: datetime
    area: str = ""
    filing: Filing | None = None
    pipe: PipeHere | None = None
    kinds: dict[str, ViolationKind] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    about: UUID | None = None
    numbers: dict[UUID, str] = field(default_factory=dict)
    strikes: tuple[tuple[StrikeFile, tuple[StrikeEvent, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentData:
    """What one document says.

    Attributes:
        fields: texts by key; what nobody knows is not there.
        rows: tables by key.
        clauses: the law, as people read it.
        about: what it speaks of, where that is one thing.
        event_id: the event it belongs to, so that the paper and the step name each other.
        missing: keys of required fields that nobody knows.
        blank: keys that will be printed as lines.
    """

    kind: DocumentKind
    fields: dict[str, str]
    rows: dict[str, tuple[tuple[str, ...], ...]]
    clauses: tuple[str, ...]
    signatures: tuple[Signature, ...] = ()
    refused: bool = False
    witness: str = ""
    about: UUID | None = None
    event_id: UUID | None = None
    missing: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line: text, or a blank so many characters wide."""

    text: str = ""
    blank: int = 0


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """One place for a signature on the sheet; ``image`` names one of the sheet's images."""

    party: str
    name: str
    image: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a sheet, ready to be drawn.

    Attributes:
        cells: of a table of labels and values; every other cell is a label.
        columns: headings of a table of rows; ``rows`` its cells.
        widths: of those columns in a PDF, one to another; all alike where there are none.
    """

    type: Literal["heading", "text", "list", "facts", "grid", "signatures", "refusal"]
    runs: Runs = ()
    lines: tuple[Runs, ...] = ()
    cells: tuple[tuple[Runs, ...], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Runs, ...], ...] = ()
    widths: tuple[int, ...] = ()
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document laid out, the same for PDF and docx.

    Attributes:
        kind: None of a paper that belongs to no site: a report of figures.
        day: as Chinese letters write it.
        number: empty for a draft.
        verify: the address that tells whether it is genuine; empty where the house has none outside.
        mark: printed across every page: a draft, a sample.
    """

    kind: DocumentKind | None
    title: str
    letter: bool
    seal: bool
    issuer: str
    number: str
    day: str
    recipient: Runs
    parts: tuple[Part, ...]
    clauses: tuple[str, ...]
    by: str
    verify: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Void:
    """Why an issued document no longer counts."""

    at: datetime
    by: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """One issued document; it never changes, it can only be voided.

    Attributes:
        template: whose, and which version: ``shipped 2026-11-26``, ``own 3``.
        sha256: of the PDF.
        replaces: the document that was voided for it.
        void: None while it counts.
        replaced_by: the document that counts instead of it.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    kind: DocumentKind
    number: str
    title: str
    issuer: str
    issued_at: datetime
    issued_by: UUID
    template: str
    sha256: str
    size: int
    about: UUID | None = None
    event_id: UUID | None = None
    replaces: UUID | None = None
    void: Void | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """One version of a tenant's own template; the newest counts. ``template`` is None where it goes back to ours."""

    id: UUID
    tenant_id: UUID
    kind: DocumentKind
    number: int
    template: Template | None
    note: str
    made_at: datetime
    made_by: UUID


@dataclass(frozen=True, slots=True)
class Offer:
    """A document that fits a site now and is not there yet; nobody is forced.

    Attributes:
        about: what it would speak of; None for the next step, which has not happened.
        why: ``strike``, ``step``, ``next``, ``violation``, ``stop``, ``resumption`` or ``report``.
    """

    kind: DocumentKind
    about: UUID | None
    why: str
