"""Outcomes over HTTP: what became of each site that ended, and what they add up to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework.facts import SiteState
from pipewarden.casework.facts.strike import RootCause
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, CursorsHere, Moment, PageQuery, WorkHere, actor_of, router
from pipewarden.learn import service
from pipewarden.learn.facts.outcome import Found, Papers
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts import Version
    from pipewarden.learn.facts.outcome import Outcome

routes = router(tags=["outcomes"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_MOST_CHOICES = 20


class OutcomeQuery(PageQuery):
    """Which outcomes are asked for."""

    site_id: UUID | None = None
    since: Annotated[Moment | None, Field(description="Ended then or later.")] = None
    until: Annotated[Moment | None, Field(description="Ended before then.")] = None
    true: Annotated[bool | None, Field(description="Whether there were works.")] = None
    missed: Annotated[bool | None, Field(description="Works in a camera's view that none raised.")] = None
    struck: Annotated[bool | None, Field(description="Whether a pipe was hit there.")] = None
    whole: Annotated[bool, Field(description="Also those that a newer one of their site stands instead of.")] = False


class FiguresQuery(Asked):
    """Which time is asked for."""

    since: Annotated[Moment, Field(description="From then on.")]
    until: Annotated[Moment, Field(description="Until before then.")]


class SaidOut(BaseModel):
    """What somebody on the spot said."""

    event_id: UUID
    true: bool
    code: str
    by: Annotated[str | None, Field(description="Who, for instance `person:<id>`.")]
    by_name: str | None
    at: datetime


class ShownOut(BaseModel):
    """What stood for an alarm when the site ended."""

    alarm_id: UUID
    picture: Annotated[str, Field(description="SHA-256; empty where no machine was seen.")]
    box: Annotated[tuple[float, float, float, float] | None, Field(description="Left, top, width, height, pixels.")]


class StruckOut(BaseModel):
    """A pipe was hit there, in earnest."""

    strike_id: UUID | None
    at: datetime
    root_cause: Annotated[RootCause | None, Field(description="Of the damage record.")]
    near_miss: bool | None


class OutcomeOut(BaseModel):
    """One episode of a site that has ended."""

    id: UUID
    tenant_id: UUID
    site_id: UUID
    event_id: Annotated[UUID, Field(description="The event that ended it.")]
    version: Annotated[int, Field(description="Of the site, at that event.")]
    ended: SiteState
    code: str
    alarms: Annotated[list[ShownOut], Field(description="The site's own first, then those of sites it took over.")]
    true: Annotated[bool | None, Field(description="Whether there were works; null: nobody looked.")]
    said: list[SaidOut]
    found: Annotated[list[Found], Field(description="What told of it, the first first.")]
    source: Annotated[str, Field(description="The first stream, for instance a camera's key.")]
    papers: Papers
    zone: Zone
    level: int
    cls: str | None
    type: str | None
    lon: float | None
    lat: float | None
    first_seen: datetime | None
    opened_at: datetime
    arrived_at: datetime | None
    verified_at: datetime | None
    ended_at: datetime
    violations: list[str]
    struck: StruckOut | None
    missed: bool
    views: Annotated[list[str], Field(description="Cameras that had the works in view and raised nothing.")]
    rendered: Annotated[bool, Field(description="Rendered pictures: counted in no figure.")]
    models: list[str]
    policies: dict[str, str]


class OutcomePage(BaseModel):
    """A page of outcomes, those that ended last first."""

    items: list[OutcomeOut]
    next: str | None


class OutcomeFiguresOut(BaseModel):
    """What the sites that ended in a time add up to, rendered ones left out."""

    since: datetime
    until: datetime
    ended: int
    true: Annotated[int, Field(description="Of `ended`: there were works.")]
    untrue: Annotated[int, Field(description="Of `ended`: there were none.")]
    unsaid: Annotated[int, Field(description="Of `ended`: nobody looked.")]
    unfiled: Annotated[int, Field(description="Of `true`.")]
    papers_unknown: Annotated[int, Field(description="Of `true`.")]
    in_view: Annotated[int, Field(description="Of `true`: a camera raised it or had it in view.")]
    missed: Annotated[int, Field(description="Of `in_view`: no camera raised it.")]
    struck: Annotated[int, Field(description="Of `ended`.")]
    near_misses: Annotated[int, Field(description="Of `struck`: no gas came out.")]
    rendered: Annotated[int, Field(description="Left out of all of these.")]


class DataOut(BaseModel):
    """Pictures that a model learnt from."""

    name: str
    licence: str | None
    pictures: int | None


class ScoreOut(BaseModel):
    """One figure of a model, with the set that it was measured on."""

    set: str
    figure: str
    value: float | None
    low: Annotated[float | None, Field(description="95 % interval, where one was measured.")] = None
    high: float | None = None
    pictures: int | None = None


class UnseenOut(BaseModel):
    """What a model cannot see, as its card says."""

    zh: str
    en: str


class ModelVersionOut(BaseModel):
    """One version of a model."""

    version: str
    sha256: str
    bytes: int
    registered_at: datetime
    active: Annotated[bool, Field(description="It is the one that looks.")]
    challenger: Annotated[bool, Field(description="It stands beside the active one; nothing looks with it yet.")]
    dataset: Annotated[str | None, Field(description="The house's own data set; null: not trained here.")]
    licence: str
    threshold: Annotated[dict[str, float], Field(description="Least score per class; empty where it has none.")]
    data: list[DataOut]
    scores: list[ScoreOut]
    blind: Annotated[UnseenOut | None, Field(description="Null where its card says nothing.")]


class ChoiceOut(BaseModel):
    """A version was made the one that looks."""

    version: str
    at: datetime
    by: Annotated[str, Field(description="`shipped` for a release, else who, for instance `person:<id>`.")]
    by_name: str | None


class ModelOut(BaseModel):
    """One model with its versions, the newest first, and which looked since when, the last first."""

    name: str
    versions: list[ModelVersionOut]
    choices: list[ChoiceOut]


class ModelsOut(BaseModel):
    """The models of the tenant's registry by name; none before a worker has run."""

    items: list[ModelOut]


@routes.get("/models", tags=["models"])
def list_models(work: WorkHere, actor: ActorHere) -> ModelsOut:
    """List the models that look at pictures: versions, since when, data, scores and what each cannot see."""
    found = service.registry(work, actor)
    names = people.names(work, {choice.actor for one in found for choice in one.choices})
    return ModelsOut(
        items=[
            ModelOut(
                name=one.name,
                versions=[_version(version) for version in one.versions],
                choices=[
                    ChoiceOut(
                        version=choice.model.ref.version,
                        at=choice.at,
                        by=choice.actor,
                        by_name=names.get(choice.actor),
                    )
                    for choice in one.choices[:_MOST_CHOICES]
                ],
            )
            for one in found
        ]
    )


def _version(one: Version) -> ModelVersionOut:
    model, told = one.standing.model, one.card
    plain = {
        "version": model.ref.version,
        "sha256": model.ref.sha256,
        "bytes": model.bytes,
        "registered_at": model.registered_at,
        "active": one.standing.champion,
        "challenger": one.standing.challenger,
        "dataset": one.standing.trained_on,
        "licence": str(one.entry.get("licence", "")),
        "threshold": one.entry.get("threshold") or {},
        "data": told.get("data", []),
        "scores": told.get("scores", []),
        "blind": told.get("blind"),
    }
    return ModelVersionOut.model_validate(plain)


@routes.get("/outcomes")
def list_outcomes(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[OutcomeQuery, Query()]
) -> OutcomePage:
    """List what became of sites that ended, as far as your role and area reach, the last one first."""
    people.require(actor, service.READ_OUTCOMES)
    place = cursors.read("outcomes", query.cursor)
    before = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    wanted = service.OutcomeFilter(**query.model_dump(exclude={"limit", "cursor"}))
    found = service.outcomes(work, actor, wanted, limit=query.limit + 1, before=before)
    rows = found[: query.limit]
    more = None
    if len(found) > query.limit:
        more = cursors.write("outcomes", [rows[-1].ended_at.isoformat(), str(rows[-1].id)])
    shown = [(one.tenant_id, said.actor) for one in rows for said in one.said]
    people.listed(work, actor, "outcomes", query.model_dump(exclude={"cursor"}), shown)
    return OutcomePage(items=_out(work, rows), next=more)


@routes.get("/outcomes/figures")
def outcome_figures(work: WorkHere, actor: ActorHere, query: Annotated[FiguresQuery, Query()]) -> OutcomeFiguresOut:
    """Add up what ended in a time: how many true, unfiled, missed by cameras, struck, each of how many."""
    people.require(actor, service.READ_OUTCOMES)
    if query.until <= query.since:
        raise InputError(field="until", problem="is not after since", fix="Name a later moment.")
    found = service.outcome_figures(work, actor, query.since, query.until)
    return OutcomeFiguresOut.model_validate(found, from_attributes=True)


def _out(work: Work, rows: list[Outcome]) -> list[OutcomeOut]:
    names = people.names(work, {said.actor for one in rows for said in one.said if said.actor is not None})
    return [_one(one, names) for one in rows]


def _one(one: Outcome, names: dict[str, str]) -> OutcomeOut:
    said = [
        SaidOut(
            event_id=word.event_id,
            true=word.true,
            code=word.code,
            by=word.actor,
            by_name=None if word.actor is None else names.get(word.actor),
            at=word.at,
        )
        for word in one.said
    ]
    plain = {name: getattr(one, name) for name in OutcomeOut.model_fields if name != "said"}
    return OutcomeOut.model_validate(plain | {"said": said}, from_attributes=True)
