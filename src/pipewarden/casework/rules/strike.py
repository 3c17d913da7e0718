"""What a strike asks for at once, and how its events add up."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from pipewarden.casework.facts.site import SiteState
from pipewarden.casework.facts.strike import (
    CallLine,
    Damage,
    DamageSaid,
    Facility,
    Ground,
    Known,
    LineCalled,
    Reach,
    RootCause,
    Situation,
    Spoken,
    StrikeFile,
    StrikeOpened,
    StrikeOver,
    StrikePlaced,
    StrikePlan,
    Task,
    TaskDone,
    TaskGiven,
)
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import PressureClass, Regime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.casework.facts.strike import Gas, NumberKind, StrikeBody, StrikeContact, StrikeEvent
    from pipewarden.casework.rules.strike_file import StrikePolicy, TaskRule
    from pipewarden.network.facts.isolation import Broken, Isolation

Line = TypeVar("Line", CallLine, Task)
LOCAL = ZoneInfo("Asia/Shanghai")
DRILL = Spoken("【演练】", "[DRILL] ")
_CLASS = {
    PressureClass.LOW: Spoken("低压", "low pressure"),
    PressureClass.MEDIUM: Spoken("中压", "medium pressure"),
    PressureClass.SUB_HIGH: Spoken("次高压", "sub-high pressure"),
    PressureClass.HIGH: Spoken("高压", "high pressure"),
    PressureClass.UNKNOWN: Spoken("压力不明", "pressure unknown"),
}
_UNKNOWN = Spoken("管道情况不明", "the pipe is not known")
_FEW = 10  # fewer damages than this are no rate that could be compared


def reach(policy: StrikePolicy, broken: Broken | None, gas: Gas) -> Reach:
    """Return how far people are led away: the largest number that speaks, times the gas's factor, rounded up.

    Args:
        policy: in force.
        broken: what was hit; None counts as an unknown pressure.
        gas: in it.
    """
    rules = policy.radius
    cls = PressureClass.UNKNOWN if broken is None else broken.pressure_class
    grounds = [
        Ground("least", rules.least.m, rules.least.basis),
        Ground(f"class.{cls.value}", rules.by_class[cls].m, rules.by_class[cls].basis),
    ]
    mpa = rules.potential.top_mpa.get(cls)
    if broken is not None and broken.regime is Regime.LONG_DISTANCE:
        mpa = rules.potential.long_distance_mpa
        grounds.append(Ground("long_distance", rules.long_distance.m, rules.long_distance.basis))
    if broken is not None and broken.diameter_mm is not None and mpa is not None:
        metres = rules.potential.factor * math.sqrt(mpa * broken.diameter_mm**2)
        what = f"potential.{mpa:g}MPa.DN{broken.diameter_mm:.0f}"
        grounds.append(Ground(what, round(metres, 1), rules.potential.basis))
    factor = rules.by_gas[gas]
    widest = max(one.m for one in grounds) * factor.factor
    radius = math.ceil(round(widest / rules.round_to_m, 6)) * rules.round_to_m
    grounds.append(Ground(f"gas.{gas.value}.x{factor.factor:g}", radius, factor.basis))
    return Reach(radius, gas, cls, tuple(grounds), policy.version)


def remarks_of(isolation: Isolation) -> tuple[str, ...]:
    """Return the codes of everything that limits the answer, the network's own first."""
    broken = isolation.broken
    more = ["no_customers"] if isolation.pipes else []
    more += ["class_unknown"] if broken is not None and broken.pressure_class is PressureClass.UNKNOWN else []
    more += ["diameter_unknown"] if broken is not None and broken.diameter_mm is None else []
    return (*isolation.remarks, *more)


def calls(
    policy: StrikePolicy, contacts: Mapping[NumberKind, StrikeContact], filled: Mapping[str, Spoken], *, drill: bool
) -> tuple[CallLine, ...]:
    """Return the call sheet in its order; a number that the tenant does not have is None."""
    found = []
    for rule in policy.calls:
        own = None if rule.contact is None else contacts.get(rule.contact)
        name = Spoken(rule.zh, rule.en)
        if own is not None:
            name = Spoken(f"{rule.zh} {own.name}".strip(), f"{rule.en} {own.name}".strip())
        found.append(
            CallLine(
                key=rule.key,
                name=_marked(name, drill=drill),
                who=str(rule.who),
                words=_marked(_fill(Spoken(rule.words_zh, rule.words_en), filled), drill=drill),
                basis=rule.basis,
                number=rule.number if own is None else own.number,
                since=None if own is None else own.since,
            )
        )
    return tuple(found)


def tasks(
    policy: StrikePolicy,
    isolation: Isolation,
    areas: Sequence[str],
    filled: Mapping[str, Spoken],
    find: Callable[[str, int], UUID | None],
    *,
    drill: bool,
) -> tuple[Task, ...]:
    """Return the task board.

    Args:
        policy: in force.
        isolation: a task for each valve or station to shut.
        areas: that the radius meets, by name.
        filled: what stands for the names in braces.
        find: (role, how many of this role had a task before) to whoever is on duty.
        drill: mark it.
    """
    given: dict[str, int] = {}
    made = []
    for rule in policy.tasks:
        for key, what in _abouts(rule, isolation, areas):
            turn = given.get(rule.role, 0)
            given[rule.role] = turn + 1
            text = _fill(Spoken(rule.zh, rule.en), {**filled, "what": what})
            made.append(Task(key, _marked(text, drill=drill), rule.role.value, rule.basis, find(rule.role, turn)))
    return tuple(made)


def _abouts(rule: TaskRule, isolation: Isolation, areas: Sequence[str]) -> list[tuple[str, Spoken]]:
    if rule.each == "closing":
        if not isolation.close:
            return [(rule.key, Spoken("图上没有可关的阀，请查竣工图", "a valve from the drawings: the map has none"))]
        return [
            (
                f"{rule.key}-{number}",
                Spoken(f"{one.pipe_id}（{one.distance_m:.0f} m）", f"{one.pipe_id} ({one.distance_m:.0f} m)"),
            )
            for number, one in enumerate(isolation.close, start=1)
        ]
    if rule.each == "area":
        names = "、".join(areas[:5])
        return [(rule.key, Spoken(names or "半径内全部", names or "everybody inside"))]
    homes = Spoken(
        f"{len(isolation.pipes)} 段管、{isolation.ends} 处末端",
        f"{len(isolation.pipes)} pipes, {isolation.ends} ends",
    )
    return [(rule.key, homes)]


def words_of(place: str, broken: Broken | None, radius_m: float, at: datetime) -> dict[str, Spoken]:
    """Return what stands for the names in braces."""
    time = f"{at.astimezone(LOCAL):%H:%M}"
    return {
        "place": Spoken(place, place),
        "pipe": pipe_words(broken),
        "radius_m": Spoken(f"{radius_m:.0f}", f"{radius_m:.0f}"),
        "time": Spoken(time, time),
    }


def pipe_words(broken: Broken | None) -> Spoken:
    """Return the pipe as people say it on the phone."""
    if broken is None:
        return _UNKNOWN
    name = _CLASS[broken.pressure_class]
    size = "" if broken.diameter_mm is None else f" DN{broken.diameter_mm:.0f}"
    return Spoken(f"{name.zh}管{size}", f"{name.en} pipe{size}")


def _fill(text: Spoken, filled: Mapping[str, Spoken]) -> Spoken:
    return Spoken(
        text.zh.format_map({name: said.zh for name, said in filled.items()}),
        text.en.format_map({name: said.en for name, said in filled.items()}),
    )


def _marked(text: Spoken, *, drill: bool) -> Spoken:
    return Spoken(DRILL.zh + text.zh, DRILL.en + text.en) if drill else text


def check_follows(file: StrikeFile, body: StrikeBody) -> None:
    """Refuse what cannot follow.

    Raises:
        InputError: no such line or task.
        RefusedError: the danger is over already, or a drill is to leave a record.
    """
    if isinstance(body, LineCalled) and body.key not in {one.key for one in file.plan.calls}:
        raise InputError(field="key", problem=f"{body.key!r} is no line of the sheet", fix="Take a key of the sheet.")
    if isinstance(body, TaskGiven | TaskDone) and body.key not in {one.key for one in file.plan.tasks}:
        raise InputError(field="key", problem=f"{body.key!r} is no task of the board", fix="Take a key of the board.")
    if isinstance(body, StrikeOver | StrikePlaced) and file.over_at is not None:
        raise RefusedError(field="strike", problem="is over already", fix="Report a new one if gas comes out again.")
    if isinstance(body, DamageSaid) and file.drill:
        raise RefusedError(field="strike", problem="is a drill", fix="A drill leaves no damage record.")
    if isinstance(body, DamageSaid):
        for name in ("homes", "hours", "cost_cny"):
            if getattr(body.damage, name) < 0:
                raise InputError(field=name, problem="is below zero", fix="Give zero or more.")


def apply_strike(file: StrikeFile | None, event: StrikeEvent) -> StrikeFile:
    """Return the strike after one event."""
    body = event.body
    if isinstance(body, StrikeOpened):
        return StrikeFile(
            id=event.strike_id,
            tenant_id=event.tenant_id,
            drill=body.drill,
            site_id=body.site_id,
            reporter=event.actor or "",
            words=body.words,
            at=event.at,
            lon=body.lon,
            lat=body.lat,
            gas=body.gas,
            plan=body.plan,
            involved=body.involved,
            version=event.version,
        )
    if file is None or event.version != file.version + 1:
        raise ValueError("a strike begins with its report, and its events follow on each other")
    return replace(_after(file, event, body), version=event.version)


def _after(file: StrikeFile, event: StrikeEvent, body: StrikeBody) -> StrikeFile:
    plan = file.plan
    match body:
        case StrikePlaced():
            involved = tuple(dict.fromkeys((*file.involved, *body.involved)))
            kept = _kept(plan, body.plan)
            file = replace(file, lon=body.lon, lat=body.lat, gas=body.gas, plan=kept, involved=involved)
        case LineCalled():
            file = replace(file, plan=replace(plan, calls=tuple(_ticked(one, body, event) for one in plan.calls)))
        case TaskDone():
            file = replace(file, plan=replace(plan, tasks=tuple(_ticked(one, body, event) for one in plan.tasks)))
        case TaskGiven():
            board = tuple(replace(o, person_id=body.person_id) if o.key == body.key else o for o in plan.tasks)
            involved = tuple(dict.fromkeys((*file.involved, body.person_id)))
            file = replace(file, plan=replace(plan, tasks=board), involved=involved)
        case StrikeOver():
            file = replace(file, over_at=event.at)
        case DamageSaid():
            file = replace(file, damage=body.damage)
        case Situation() | StrikeOpened():
            pass
    return file


def _ticked(one: Line, body: LineCalled | TaskDone, event: StrikeEvent) -> Line:
    """Return a line ticked off, if it is the one; who was first stays."""
    if one.key != body.key or one.done_at is not None:
        return one
    return replace(one, done_at=event.at, done_by=event.actor, said=body.said)


def _kept(before: StrikePlan, after: StrikePlan) -> StrikePlan:
    """Return the new plan with what was ticked off before: calls by key, tasks by what they say.

    A task that says something else now (a wider radius, another area) is to be done again; how far off a valve lies
    changes nothing about its being shut.
    """
    called = {one.key: one for one in before.calls if one.done_at is not None}
    done = {_says(one): one for one in before.tasks if one.done_at is not None}
    lines = tuple(
        replace(one, done_at=was.done_at, done_by=was.done_by, said=was.said)
        if (was := called.get(one.key)) is not None
        else one
        for one in after.calls
    )
    board = tuple(
        replace(one, done_at=did.done_at, done_by=did.done_by, said=did.said)
        if (did := done.get(_says(one))) is not None
        else one
        for one in after.tasks
    )
    return replace(after, calls=lines, tasks=board)


def _says(task: Task) -> str:
    name, _, _ = task.text.zh.rpartition("（")
    return name if "-" in task.key and name else task.text.zh


def prefilled(
    file: StrikeFile, site: Site | None, *, filed: bool, work_type: str, machine: str, now: datetime
) -> Damage:
    """Return the damage record as far as the house knows it; what it does not know is unknown, none or zero."""
    broken = file.plan.isolation.broken
    passed = frozenset() if site is None else site.passed
    stood = site is not None and site.standby_at is not None
    return Damage(
        facility=Facility.MAIN if broken is not None else Facility.UNKNOWN,
        pressure_class=PressureClass.UNKNOWN if broken is None else broken.pressure_class,
        diameter_mm=None if broken is None else broken.diameter_mm,
        depth_m=None if broken is None else broken.depth_m,
        work_type=work_type,
        machine=machine,
        filed=Known.YES if filed else Known.NO,
        briefed=Known.YES if SiteState.BRIEFED in passed else Known.NO,
        marked_right=Known.UNKNOWN,
        hand_dug=Known.UNKNOWN,
        standby_present=Known.YES if stood else Known.NO,
        root_cause=RootCause.OTHER if filed else RootCause.UNFILED,
        homes=0,
        hours=round(((file.over_at or now) - file.at).total_seconds() / 3600, 1),
        cost_cny=0.0,
        near_miss=False,
    )


def rate(count: int, of: float, per: float) -> float | None:
    """Return ``count`` per ``per`` of what there is; None where there is nothing."""
    return None if of <= 0 else round(count * per / of, 3)


def few(count: int) -> bool:
    """Return whether a count is too small for its rate to be compared with another."""
    return count < _FEW
