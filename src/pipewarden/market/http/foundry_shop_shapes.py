"""What the shop answers: a capability with its figure and price, how a version stands, what was bought."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.kit.web import PageQuery, ShareOut
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.foundry import Act, Aisle, Kind
from pipewarden.market.facts.metering import DemandState
from pipewarden.market.http.foundry_shapes import Told, VersionOut, version_out
from pipewarden.market.http.shapes import AmountOut, out
from pipewarden.market.rules.foundry_cards import headline

if TYPE_CHECKING:
    from pipewarden.market.facts.foundry import Bought, Form, Line, ShopItem, Standing, Version, VersionEvent


class ListQuery(PageQuery):
    """How the shop is asked."""

    aisle: Annotated[Aisle, Field(description="All, those that answer calls, your own, or those to be reviewed.")] = (
        Aisle.ALL
    )
    kind: Kind | None = None


class CannotOut(BaseModel):
    """What a version cannot see, in two languages."""

    zh: str
    en: str


class HeadlineOut(BaseModel):
    """The one figure that a version is known by."""

    right: Annotated[ShareOut, Field(description="Of what it answered, what was right.")]
    answered: Annotated[ShareOut | None, Field(description="Of what it was asked; null where it always answers.")]
    basis: Annotated[str, Field(description="pictures that were never trained on, or the cases that it brings along.")]


class LineOut(BaseModel):
    """A capability in the shop."""

    slug: str
    kind: Kind
    title: str
    platform: Annotated[bool, Field(description="The platform's, sold to every tenant.")]
    mine: bool
    calls: Annotated[int, Field(description="Paid and answered, of everybody.")]
    price: Annotated[AmountOut | None, Field(description="Of a call, of the version that sells.")]
    headline: Annotated[HeadlineOut | None, Field(description="Of the version that sells, else of the newest.")]
    cannot: CannotOut | None
    sells: Annotated[int | None, Field(description="Which version answers calls: the live one, else a canary.")]
    waits: Annotated[int | None, Field(description="Which version waits for your review.")]
    live: VersionOut | None
    newest: VersionOut


class LinePage(BaseModel):
    """A page of the shop, by slug."""

    items: list[LineOut]
    next: str | None


class EventOut(BaseModel):
    """What happened to a version."""

    at: datetime
    act: Act
    body: Told


class AskedFieldOut(BaseModel):
    """One value that a rule card is given."""

    id: str
    type: Annotated[str, Field(description="number, truth or word.")]
    zh: str
    unit: str
    words: Annotated[list[str], Field(description="Which there are; any where none is named.")]


class MeaningOut(BaseModel):
    """What an id in an answer means."""

    id: str
    zh: str
    en: str


class FormOut(BaseModel):
    """What whoever calls must know."""

    takes: Annotated[str, Field(description="picture, question or values.")]
    fields: list[AskedFieldOut]
    says: list[MeaningOut]


class AgainstOut(BaseModel):
    """Why you may not review it."""

    code: str
    zh: str
    en: str


class SignOut(BaseModel):
    """Something to look at before it sells; it stops nothing by itself."""

    code: Annotated[str, Field(description="together: wrong alike as labellers; turns: each accepted the other's.")]
    reviewer: Annotated[int, Field(description="Which of those who accepted it, from 1; who that is, the audit says.")]
    same: int
    of: int
    expected: float


class VersionStandingOut(BaseModel):
    """How a version stands for you."""

    accepted: int
    accepts: Annotated[int, Field(description="So many must accept it.")]
    asked: Annotated[bool, Field(description="Its author asked for a review of these figures.")]
    against: AgainstOut | None
    answered: Annotated[int, Field(description="Paid calls.")]
    failed: int
    least: Annotated[int, Field(description="Calls that a canary must answer before it may be live.")]
    most_percent: int
    signs: Annotated[list[SignOut], Field(description="For managers alone.")]


class VersionWholeOut(VersionOut):
    """One version with what it is made of, for whom that concerns, and what happened to it."""

    content: Annotated[Told, Field(description="Empty for whoever only buys.")]
    form: FormOut
    standing: VersionStandingOut
    events: list[EventOut]


class LineWholeOut(BaseModel):
    """A capability with its versions."""

    slug: str
    kind: Kind
    title: str
    platform: bool
    mine: bool
    calls: Annotated[int, Field(description="Paid and answered, of everybody.")]
    versions: list[VersionOut]


class BoughtOut(BaseModel):
    """A demand for calls of a capability."""

    id: UUID
    title: str
    wanted: int
    taken: Annotated[int, Field(description="Calls that were admitted or answered.")]
    state: DemandState
    made_at: datetime
    left: Annotated[AmountOut, Field(description="Free to pay calls.")]


class BoughtPage(BaseModel):
    """Demands for a capability, the newest first, 50 at most."""

    items: list[BoughtOut]


def whole_out(one: Version, events: list[VersionEvent], form: Form, stands: Standing) -> VersionWholeOut:
    """Return a version with everything as it is answered; who acted stands in the audit chain."""
    told = [EventOut(at=event.at, act=event.act, body=dict(event.body)) for event in events]
    taken = FormOut.model_validate(
        {
            "takes": form.takes,
            "fields": [dict(each) for each in form.fields],
            "says": [dict(each) for each in form.says],
        }
    )
    return VersionWholeOut(
        **version_out(one).model_dump(),
        content=dict(one.content),
        form=taken,
        standing=VersionStandingOut.model_validate(asdict(stands)),
        events=told,
    )


def shop_out(one: ShopItem, tenant_id: UUID, person_id: UUID) -> LineOut:
    """Return a capability as the shop shows it."""
    line, shown = one.line, one.sells or one.newest
    figure, cannot = headline(shown.figures), (shown.card or {}).get("cannot")
    return LineOut(
        slug=line.slug,
        kind=line.kind,
        title=line.title,
        platform=line.tenant_id != tenant_id,
        mine=line.author_id == person_id,
        calls=one.calls,
        price=None if one.sells is None or one.sells.price is None else out(one.sells.price, Asset.CNY),
        headline=None if figure is None else HeadlineOut.model_validate(asdict(figure)),
        cannot=None if cannot is None else CannotOut.model_validate(cannot),
        sells=None if one.sells is None else one.sells.number,
        waits=None if one.waits is None else one.waits.number,
        live=None if one.live is None else version_out(one.live),
        newest=version_out(one.newest),
    )


def line_out(line: Line, versions: list[Version], tenant_id: UUID, person_id: UUID, calls: int) -> LineWholeOut:
    """Return a capability with its versions as it is answered."""
    return LineWholeOut(
        slug=line.slug,
        kind=line.kind,
        title=line.title,
        platform=line.tenant_id != tenant_id,
        mine=line.author_id == person_id,
        calls=calls,
        versions=[version_out(one) for one in versions],
    )


def bought_out(one: Bought) -> BoughtOut:
    """Return a demand as it is answered."""
    demand, left = one.demand, out(one.left, Asset.CNY)
    return BoughtOut(
        id=demand.id,
        title=demand.title,
        wanted=demand.wanted,
        taken=demand.taken,
        state=demand.state,
        made_at=demand.made_at,
        left=left,
    )
