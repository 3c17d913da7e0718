"""Rule packs over HTTP: which law gives which ranges where, and the columns that are known by name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Moment, WorkHere, actor_of, router
from pipewarden.network import service
from pipewarden.network.facts import Datum, Kind, PressureClass, Regime
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.network.rules.packs import Range, Value
    from pipewarden.network.service import PackHeld

routes = router(tags=["network"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class PacksQuery(Asked):
    """Which day."""

    at: Annotated[Moment | None, Field(description="As they stood at this moment; now when left out.")] = None


class ClausedOut(BaseModel):
    """A range with the clause that gives it."""

    value: Annotated[float, Field(description="Metres.")]
    clause: str
    confidence: Annotated[str, Field(description="H the text was read, M a second source, L one word, INFER ours.")]


class RangesOut(BaseModel):
    """The ranges of one kind and class, its parents' wider ones included."""

    kind: Kind
    pressure_class: PressureClass
    protect: ClausedOut | None
    control: ClausedOut | None


class PackDutyOut(BaseModel):
    """A number of the workflow with its clause."""

    name: str
    value: str
    clause: str
    confidence: str


class UnderOut(BaseModel):
    """An active network that stands under a pack."""

    number: int
    regime: Regime
    jurisdiction: str
    length_km: float


class PackOut(BaseModel):
    """One pack: from when, by which law."""

    pack: str
    name: str
    regime: Regime
    datum: Annotated[Datum, Field(description="From where ranges are measured.")]
    parent: str | None
    since: date
    until: Annotated[date | None, Field(description="The last day.")]
    holds: bool
    sources: list[str]
    note: str
    ranges: list[RangesOut]
    duties: list[PackDutyOut]
    networks: Annotated[list[UnderOut], Field(description="Your active networks under it.")]


class PacksOut(BaseModel):
    """Every pack; those of your own networks first."""

    items: list[PackOut]
    mappings: Annotated[list[str], Field(description="Mappings of columns that are shipped.")]


@routes.get("/rule-packs")
def list_rule_packs(work: WorkHere, actor: ActorHere, query: Annotated[PacksQuery, Query()]) -> PacksOut:
    """List the rule packs with their ranges, clauses and days; a pack is chosen by a network's jurisdiction."""
    found = service.packs_held(work, actor, query.at or work.now())
    return PacksOut(items=[_pack(one) for one in found], mappings=service.mapping_names(actor))


def _pack(held: PackHeld) -> PackOut:
    one = held.pack
    return PackOut(
        **{name: getattr(one, name) for name in ("pack", "name", "regime", "datum", "parent", "note")},
        since=one.effective.start,
        until=one.effective.to,
        holds=held.holds,
        sources=list(one.sources),
        ranges=_ranges(held),
        duties=[PackDutyOut(name=name, **duty.model_dump()) for name, duty in one.duties.items()],
        networks=[UnderOut.model_validate(each, from_attributes=True) for each in held.networks],
    )


def _ranges(held: PackHeld) -> list[RangesOut]:
    """Return the classes of pipe, then of stations; a valve's are its pipe's, an unknown class has the strictest."""
    if held.ranges is None:
        return []
    told = {key: one for key, one in held.ranges.table.items() if key[0] is not Kind.VALVE}
    known = [(key, one) for key, one in told.items() if key[1] is not PressureClass.UNKNOWN and _said(one)]
    order = list(Kind)
    return [
        RangesOut(kind=kind, pressure_class=cls, protect=_claused(one.protect), control=_claused(one.control))
        for (kind, cls), one in sorted(known, key=lambda each: order.index(each[0][0]))
    ]


def _said(one: Range) -> bool:
    return one.protect is not None or one.control is not None


def _claused(value: Value | None) -> ClausedOut | None:
    return None if value is None else ClausedOut.model_validate(value, from_attributes=True)
