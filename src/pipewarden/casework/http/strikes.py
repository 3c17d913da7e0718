"""Strikes over HTTP: one call to report, one answer with everything that the reader may see."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from starlette.responses import Response

from pipewarden.casework import service
from pipewarden.casework.facts.strike import NumberKind
from pipewarden.casework.http.strikes_asked import (
    NumberIn,
    PlaceIn,
    SpanQuery,
    StrikeActIn,
    StrikeQuery,
    StrikeReportIn,
    strike_body_of,
)
from pipewarden.casework.http.strikes_told import (
    DamageOut,
    GroundOut,
    IsolationOut,
    LineOut,
    NumberOut,
    NumberPage,
    RadiusOut,
    RemarkOut,
    SpokenOut,
    StrikeDamageOut,
    StrikeEventOut,
    StrikeEventPage,
    StrikeFiguresOut,
    StrikeFileOut,
    StrikePage,
    TaskOut,
)
from pipewarden.casework.rules.strike_csv import damage_csv
from pipewarden.kit.web import CursorsHere, Paged, ReasonHere, WorkHere, actor_of, corners, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, Viewed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.casework.facts.strike import StrikeContact, StrikeFile
    from pipewarden.kit.work import Work

routes = router(tags=["strikes"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "One row for each damage record."}
}
_REPORT = timedelta(hours=1)  # 生产安全事故报告和调查处理条例 第九条
_READ, _WORK, _DECIDE, _PIPES = "strike:read", "strike:work", "strike:decide", "network:read"


@routes.post("/strikes", status_code=201)
def report_strike(work: WorkHere, actor: ActorHere, asked: StrikeReportIn) -> StrikeFileOut:
    """Report that a pipe was hit. Everybody who is signed in may; the answer says at once what is to be done."""
    file = service.report_strike(
        work,
        actor,
        place=None if asked.lon is None or asked.lat is None else (asked.lon, asked.lat),
        site_id=asked.site_id,
        alarm_id=asked.alarm_id,
        words=asked.words,
        gas=asked.gas,
        drill=asked.drill,
    )
    return _one(work, actor, file)


@routes.get("/strikes")
def list_strikes(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[StrikeQuery, Query()]
) -> StrikePage:
    """List strikes as far as your role and area reach, newest first."""
    place = cursors.read("strikes", query.cursor)
    after = None if place is None else UUID(place)
    found = service.strikes(work, actor, over=query.over, drill=query.drill, limit=query.limit + 1, after=after)
    rows = found[: query.limit]
    more = cursors.write("strikes", str(rows[-1].id)) if len(found) > query.limit else None
    doers = [(one.tenant_id, who) for one in rows for who in _persons(one)]
    people.listed(work, actor, "strikes", query.model_dump(exclude={"cursor"}), doers)
    return StrikePage(items=_outs(work, actor, rows, listed=True), next=more)


@routes.get("/strikes/damages.csv", response_class=Response, responses=_CSV)
def export_damages(
    work: WorkHere, actor: ActorHere, span: Annotated[SpanQuery, Query()], reason: ReasonHere
) -> Response:
    """Take the damage records out as CSV; no cell of it runs as a formula. Drills are not in it."""
    found = service.damages(work, actor, span.since, span.until)
    people.viewed(work, actor, Viewed.EXPORT, ("damages", work.tenant_id), reason)
    people.record(work, actor, "strike.exported", ("tenant", work.tenant_id), {"rows": len(found)})
    headers = {"Content-Disposition": "attachment; filename=damages.csv"}
    return Response(damage_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


@routes.get("/strikes/figures")
def get_strike_figures(work: WorkHere, actor: ActorHere, span: Annotated[SpanQuery, Query()]) -> StrikeFiguresOut:
    """Return damages per 1,000 filed works and per 100 km, with every count."""
    found = service.strike_figures(work, actor, span.since, span.until)
    return StrikeFiguresOut.model_validate(found, from_attributes=True)


@routes.get("/strikes/{strike_id}")
def get_strike(work: WorkHere, actor: ActorHere, strike_id: UUID) -> StrikeFileOut:
    """Return one strike, as far as you may see it."""
    return _one(work, actor, service.strike(work, actor, strike_id))


@routes.get("/strikes/{strike_id}/events")
def list_strike_events(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged, strike_id: UUID
) -> StrikeEventPage:
    """Return the log, oldest first; nothing in it is ever changed."""
    after = cursors.read("strike-events", page.cursor) or 0
    found = service.strike_log(work, actor, strike_id, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    more = cursors.write("strike-events", rows[-1].version) if len(found) > page.limit else None
    names = people.names(work, {one.actor for one in rows if one.actor is not None})
    items = [
        StrikeEventOut(
            id=one.id,
            version=one.version,
            kind=one.body.kind,
            at=one.at,
            actor=None if one.actor is None else names.get(one.actor),
            key=getattr(one.body, "key", None),
            words=getattr(one.body, "words", None) or getattr(one.body, "said", None),
        )
        for one in rows
    ]
    return StrikeEventPage(items=items, next=more)


@routes.post("/strikes/{strike_id}/events")
def act_on_strike(work: WorkHere, actor: ActorHere, strike_id: UUID, asked: StrikeActIn) -> StrikeFileOut:
    """Tick off a call or a task, give one, tell how it stands, move it, end it, or complete the damage record."""
    act = asked.act
    if isinstance(act, PlaceIn):
        place = None if act.lon is None or act.lat is None else (act.lon, act.lat)
        made = service.placed_anew(work, actor, strike_id, place=place, gas=act.gas, pipe_id=act.pipe_id)
    else:
        made = service.act_on_strike(work, actor, strike_id, strike_body_of(act))
    return _one(work, actor, made)


@routes.get("/strikes/{strike_id}/damage")
def get_damage(work: WorkHere, actor: ActorHere, strike_id: UUID) -> StrikeDamageOut:
    """Return the damage record, or what the site, its filing and the map fill in of it."""
    file = service.strike(work, actor, strike_id, _DECIDE)
    damage = file.damage or service.draft_damage(work, file)
    told = DamageOut.model_validate(damage, from_attributes=True)
    return StrikeDamageOut(complete=file.damage is not None, damage=told)


@routes.get("/strike-contacts")
def list_strike_contacts(work: WorkHere, actor: ActorHere) -> NumberPage:
    """List the operator's own numbers, and which are missing."""
    found = service.strike_contacts(work, actor)
    today = work.now().date()
    there = {one.kind for one in found if one.since <= today}
    return NumberPage(
        items=[_contact(one) for one in found], missing=[kind for kind in NumberKind if kind not in there]
    )


@routes.post("/strike-contacts", status_code=201)
def set_strike_contact(work: WorkHere, actor: ActorHere, asked: NumberIn) -> NumberOut:
    """Put a number on record from a day on; the one before stays readable."""
    return _contact(
        service.set_contact(work, actor, asked.kind, name=asked.name, number=asked.number, since=asked.since)
    )


def _contact(one: StrikeContact) -> NumberOut:
    return NumberOut.model_validate(one, from_attributes=True)


def _one(work: Work, actor: Actor, file: StrikeFile) -> StrikeFileOut:
    return _outs(work, actor, [file], listed=False)[0]


def _persons(file: StrikeFile) -> list[object]:
    """Return whom a call sheet names: who was given a task, who did it, who called."""
    tasks, calls = file.plan.tasks, file.plan.calls
    return [*(one.person_id for one in tasks), *(one.done_by for one in tasks), *(one.done_by for one in calls)]


def _outs(work: Work, actor: Actor, files: Sequence[StrikeFile], *, listed: bool) -> list[StrikeFileOut]:
    """Return strikes as far as the reader may see them; the caller has scoped them. In a list valves are left out."""
    works, decides, pipes = (service.sees(work, actor, files, one) for one in (_WORK, _DECIDE, _PIPES))
    reported = service.reported_at(work, files)
    return [
        _out(work, one, reported.get(one.id), may_work=one.id in works, may_decide=one.id in decides).model_copy(
            update={"isolation": _isolation(work, one) if one.id in pipes and not listed else None}
        )
        for one in files
    ]


def _out(
    work: Work, file: StrikeFile, reported_at: datetime | None, *, may_work: bool, may_decide: bool
) -> StrikeFileOut:
    plan, policy = file.plan, service.policy_now(work)
    whole = may_work or may_decide
    lines = [one for one in plan.calls if whole or one.who == "reporter"]
    done_by = {*(one.done_by for one in lines), *(one.done_by for one in plan.tasks)}
    names = people.names(work, {one for one in done_by if one is not None})
    persons = people.person_names(work, {one.person_id for one in plan.tasks if one.person_id is not None})
    radius = RadiusOut(
        m=plan.reach.radius_m,
        polygon=corners(service.circle((file.lon, file.lat), plan.reach.radius_m)),
        grounds=[GroundOut.model_validate(one, from_attributes=True) for one in plan.reach.grounds],
        commander=SpokenOut(zh=policy.commander.zh, en=policy.commander.en),
        policy=plan.reach.policy,
    )
    return StrikeFileOut(
        id=file.id,
        tenant_id=file.tenant_id,
        drill=file.drill,
        site_id=file.site_id,
        at=file.at,
        lon=file.lon,
        lat=file.lat,
        words=file.words,
        gas=file.gas,
        radius=radius,
        areas=list(plan.areas),
        isolation=None,
        calls=[
            LineOut(
                key=one.key,
                name=SpokenOut(zh=one.name.zh, en=one.name.en),
                number=one.number,
                since=one.since,
                who=one.who,
                words=SpokenOut(zh=one.words.zh, en=one.words.en),
                basis=one.basis,
                done_at=one.done_at,
                done_by=names.get(one.done_by) if whole and one.done_by is not None else None,
                said=one.said if whole else "",
            )
            for one in lines
        ],
        tasks=[
            TaskOut(
                key=one.key,
                text=SpokenOut(zh=one.text.zh, en=one.text.en),
                role=one.role,
                basis=one.basis,
                person_id=one.person_id,
                person=None if one.person_id is None else persons.get(one.person_id),
                done_at=one.done_at,
                done_by=None if one.done_by is None else names.get(one.done_by),
                said=one.said,
            )
            for one in plan.tasks
        ]
        if whole
        else None,
        report_due_at=file.at + _REPORT,
        reported_at=reported_at,
        over_at=file.over_at,
        recorded=file.damage is not None,
        may_work=may_work,
        may_decide=may_decide,
        version=file.version,
    )


def _isolation(work: Work, file: StrikeFile) -> IsolationOut:
    found = file.plan.isolation
    words = service.policy_now(work).remarks
    told = IsolationOut.model_validate(
        {
            name: getattr(found, name)
            for name in ("basis", "broken", "others", "close", "pipes", "metres", "stations", "ends")
        }
        | {"lines": [corners(line) for line in found.lines], "remarks": []},
        from_attributes=True,
    )
    remarks = [
        RemarkOut(code=code, text=SpokenOut(zh=words[code].zh, en=words[code].en)) for code in service.remarks_of(found)
    ]
    return told.model_copy(update={"remarks": remarks})
