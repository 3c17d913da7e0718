"""What the foundry's routes take and answer."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import UploadFile  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, Clean, Moment, Name, Sentence
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.foundry import Ask, CallState, Kind, Life, Purpose
from pipewarden.market.http.shapes import AmountIn, AmountOut, out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.market.facts.foundry import (
        Call,
        Contract,
        Example,
        Version,
    )
    from pipewarden.market.rules.foundry_file import ExamplesPolicy

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,59}$", description="How it is called for ever.")]
Part = Annotated[int, Field(ge=0, le=10_000, description="Parts of ten thousand.")]
Told = dict[str, Any]
_SIDES = 4
_MOST_JSON = 100_000


class VersionIn(Asked):
    """What a version is made of."""

    content: Annotated[Told, Field(description="The kind's own form: docs/capabilities.md.")]


class LineIn(VersionIn):
    """A capability to be built."""

    slug: Slug
    kind: Kind
    title: Name


class ReviewIn(Asked):
    """What a reviewer says."""

    accept: bool
    words: Annotated[Sentence, Field(max_length=1000)]


class EvaluateIn(Asked):
    """How a version is measured."""

    again: Annotated[bool, Field(description="Put those questions once more that were not answered.")] = False


class PriceIn(Asked):
    """What a call costs."""

    price: AmountIn


class CanaryIn(Asked):
    """How many calls it answers."""

    percent: Annotated[int, Field(ge=1, le=100)]


class ContractIn(Asked):
    """How a price is shared."""

    expert: Part
    house: Part
    reviewers: Part
    since: Annotated[Moment, Field(description="An expert's part shrinks only after the days of notice.")]


class DemandIn(Asked):
    """So many calls wanted, for a budget that the purse fills at once."""

    title: Annotated[Name, Field(max_length=80)]
    wanted: Annotated[int, Field(ge=1, le=10_000_000)]
    budget: AmountIn


class ExampleForm(Asked):
    """A labelled picture on its way in."""

    picture: Annotated[UploadFile, Field(description="JPEG, PNG, WebP or HEIC; only a masked copy is kept.")]
    label: Annotated[str, Field(min_length=1, max_length=200), Clean]
    purpose: Purpose
    source: Annotated[str, Field(max_length=200, description="Pictures of one never stand on two sides."), Clean] = ""
    part: Annotated[str, Field(max_length=120, description="left,top,width,height as shares 0-1."), Clean] = ""


class TryForm(Asked):
    """What is asked of a version."""

    picture: Annotated[UploadFile | None, Field(description="JPEG, PNG, WebP or HEIC, at most 8 MB.")] = None
    given: Annotated[str, Field(max_length=_MOST_JSON, description="A JSON object."), Clean] = ""


class InvokeForm(TryForm):
    """A call."""

    request_id: Annotated[str, Field(min_length=1, max_length=200, description="Your own; once for ever."), Clean]
    demand_id: Annotated[UUID | None, Field(description="Which demand pays; the oldest open one where none is.")] = None
    wait: Annotated[bool, Field(description="Answer at once where that can be done.")] = True


class VersionOut(BaseModel):
    """One version."""

    number: int
    state: Life
    made_at: datetime
    price: AmountOut | None
    percent: Annotated[int, Field(description="Of the calls, as a canary.")]
    figures: Annotated[Told | None, Field(description="Each share with its 95 % interval.")]
    card: Annotated[Told | None, Field(description="Of what data, and what it cannot see.")]
    frozen_set: str | None


class EvaluatedOut(BaseModel):
    """A version that was measured, or pictures that wait for an answer first."""

    version: VersionOut
    waiting: int


class ExampleOut(BaseModel):
    """One labelled picture."""

    id: UUID
    label: str
    purpose: Purpose
    source: str
    made_at: datetime


class ExampleCountOut(BaseModel):
    """How many pictures there are of one label and purpose."""

    label: str
    purpose: Purpose
    count: int


class ExampleNeedsOut(BaseModel):
    """How many pictures it takes."""

    least: Annotated[int, Field(description="Of each label, to train.")]
    frozen: Annotated[int, Field(description="Of the frozen set.")]
    most: Annotated[int, Field(description="Of one capability.")]


class ExamplePage(BaseModel):
    """A page of labelled pictures, the first first; counts are of all."""

    items: list[ExampleOut]
    next: str | None
    counts: list[ExampleCountOut]
    needs: ExampleNeedsOut


class ContractOut(BaseModel):
    """How a price is shared from a moment on."""

    since: datetime
    expert: int
    house: int
    reviewers: int


class ContractsOut(BaseModel):
    """Every contract, the first first."""

    items: list[ContractOut]


class DemandOpenedOut(BaseModel):
    """A demand that was opened."""

    id: UUID
    title: str
    wanted: int
    budget_id: UUID


class CallOut(BaseModel):
    """One call."""

    id: UUID
    request_id: str | None
    state: CallState
    asked_at: datetime
    answered_at: datetime | None
    answer: Told
    said_by: str
    abstained: Annotated[bool, Field(description="It says that it does not know; that is an answer.")]
    problem: str
    price: AmountOut


def version_out(one: Version) -> VersionOut:
    """Return a version as it is answered."""
    return VersionOut(**_version(one))


def _version(one: Version) -> dict[str, Any]:
    return {
        "number": one.number,
        "state": one.state,
        "made_at": one.made_at,
        "price": None if one.price is None else out(one.price, Asset.CNY),
        "percent": one.percent,
        "figures": None if one.figures is None else dict(one.figures),
        "card": None if one.card is None else dict(one.card),
        "frozen_set": one.frozen,
    }


def example_out(one: Example) -> ExampleOut:
    """Return a labelled picture as it is answered."""
    return ExampleOut(id=one.id, label=one.label, purpose=one.purpose, source=one.source, made_at=one.made_at)


def counts_out(found: Mapping[tuple[str, Purpose], int]) -> list[ExampleCountOut]:
    """Return counts as they are answered."""
    return [ExampleCountOut(label=label, purpose=purpose, count=count) for (label, purpose), count in found.items()]


def needs_out(policy: ExamplesPolicy) -> ExampleNeedsOut:
    """Return how many pictures it takes as it is answered."""
    return ExampleNeedsOut(least=policy.least, frozen=policy.frozen, most=policy.most)


def contract_out(one: Contract) -> ContractOut:
    """Return a contract as it is answered."""
    return ContractOut(since=one.since, expert=one.expert, house=one.house, reviewers=one.reviewers)


def call_out(one: Call) -> CallOut:
    """Return a call as it is answered."""
    return CallOut(
        id=one.id,
        request_id=one.request_id,
        state=one.state,
        asked_at=one.asked_at,
        answered_at=one.answered_at,
        answer=dict(one.answer),
        said_by=one.said_by,
        abstained=one.abstained,
        problem=one.problem,
        price=out(one.units, Asset.CNY),
    )


def ask_of(form: TryForm) -> Ask:
    """Return what a form asks.

    Raises:
        InputError: ``given`` is no JSON object of plain values.
    """
    picture = None if form.picture is None else form.picture.file.read()
    try:
        given = json.loads(form.given, parse_constant=_no_number) if form.given else {}
    except (ValueError, RecursionError) as error:
        raise InputError(field="given", problem="is no JSON", fix="Send a JSON object.") from error
    if not isinstance(given, dict) or "\\u0000" in json.dumps(given):
        raise InputError(field="given", problem="is no JSON object of plain text", fix="Send a JSON object.")
    return Ask(picture or None, given)


def part_of(word: str) -> tuple[float, float, float, float] | None:
    """Return the part of a picture that four numbers name; None for no word.

    Raises:
        InputError: they are not four numbers.
    """
    if not word:
        return None
    try:
        sides = [float(one) for one in word.split(",")]
    except ValueError:
        sides = []
    if len(sides) != _SIDES:
        raise InputError(field="part", problem="is not four numbers", fix="Write left,top,width,height.")
    return sides[0], sides[1], sides[2], sides[3]


def _no_number(word: str) -> float:
    raise ValueError(word)
