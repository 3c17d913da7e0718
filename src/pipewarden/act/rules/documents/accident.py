"""生产安全事故快报: the statutory report of a strike (生产安全事故报告和调查处理条例 第九条、第十二条、第十三条).

Six contents are asked for. What the strike's file holds is filled in; how many are dead, missing or hurt nobody can
read off a file, so these are lines for a hand or fields that a person says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipewarden.act.rules.documents.found import Found, last_event
from pipewarden.act.rules.documents.numbers import local_day, local_time
from pipewarden.casework.facts import ACCIDENT_WITHIN, AccidentReported, Struck
from pipewarden.casework.facts.strike import (
    HEARD_AGAIN,
    NO_WORDS,
    Gas,
    LineCalled,
    Situation,
    StrikeOpened,
    StrikeOver,
    StrikePlaced,
    TaskDone,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.act.facts import Source
    from pipewarden.casework.facts import SiteEvent
    from pipewarden.casework.facts.strike import StrikeEvent, StrikeFile

Rows = tuple[tuple[str, ...], ...]
_CHANGES_FOR: Final = timedelta(days=30)  # 第十三条
_GASES: Final[Mapping[Gas, str]] = {Gas.NATURAL: "天然气", Gas.LPG: "液化石油气", Gas.COAL: "人工煤气"}
_FIRST, _AGAIN = "首报", "补报（前报：{}）"
_IN_TIME, _LATE = "是", "否，签发时已超过"
_UNSAID: Final = "管道被挖断"


def accident(source: Source) -> Found:
    """生产安全事故快报: one strike of the site, the last or the one that is named."""
    event = last_event(source, Struck)
    if event is None:
        return Found()
    file, log = _file(source, event)
    at = event.at if file is None else file.at
    earlier = source.numbers.get(event.id, "")
    fields = {
        "stage": _AGAIN.format(earlier) if earlier else _FIRST,
        "struck_at": local_time(at),
        "deadline": local_time(at + ACCIDENT_WITHIN),
        "timely": _IN_TIME if source.at <= at + ACCIDENT_WITHIN else _LATE,
        "changes_until": local_day(at + _CHANGES_FOR),
        **_told(source, event),
    }
    if file is None:
        said = event.body.words if isinstance(event.body, Struck) else ""
        return Found(fields | {"course": "" if said == NO_WORDS else said}, about=event.id, event_id=event.id)
    fields |= _of_file(source, file, log)
    rows = {"log": _course(source, log), "measures": _measures(source, file, log)}
    return Found(fields, rows, about=event.id, event_id=event.id)


def _file(source: Source, event: SiteEvent) -> tuple[StrikeFile | None, tuple[StrikeEvent, ...]]:
    """Return the strike that an event of the site began, or that was open when it happened."""
    began = [one for one in source.strikes if one[0].at >= event.at]
    stood = [one for one in source.strikes if one[0].at < event.at]
    return began[0] if began else stood[-1] if stood else (None, ())


def _told(source: Source, event: SiteEvent) -> dict[str, str]:
    """Return whom the site says was told since, and when."""
    told = [one for one in source.events if one.version > event.version and isinstance(one.body, AccidentReported)]
    if not told or not isinstance(told[-1].body, AccidentReported):
        return {}
    to = told[-1].body.to
    return {"recipient": to, "told_at": f"{local_time(told[-1].at)} 已报 {to}"}


def _of_file(source: Source, file: StrikeFile, log: tuple[StrikeEvent, ...]) -> dict[str, str]:
    said = [one.body.words for one in log if isinstance(one.body, Situation)]
    said = [one for one in said if not one.startswith(HEARD_AGAIN)]
    found = {
        "place": f"{source.area}（{file.lon:.5f}, {file.lat:.5f}）处",
        "coordinates": f"东经 {file.lon:.6f}°，北纬 {file.lat:.6f}°",
        "gas": _GASES[file.gas],
        "course": file.words,
        "scene": said[-1] if said else "",
        "radius": f"{file.plan.reach.radius_m:.0f} 米（系统起步值，以现场指挥决定为准）",
        "danger": "没有解除险情的记录" if file.over_at is None else f"{local_time(file.over_at)} 已解除",
    }
    if source.pipe is not None and file.plan.isolation.pipes:
        isolation = file.plan.isolation
        found["outage"] = f"按管网图 {len(isolation.pipes)} 段管、{isolation.ends} 处末端，户数待核"
    if (damage := file.damage) is not None:
        found["outage"] = f"{damage.homes} 户，{damage.hours:g} 小时（损坏记录）"
        found["loss"] = f"约 {damage.cost_cny:.0f} 元（损坏记录）"
    return found


def _situation(body: Situation) -> str:
    said = body.words.removeprefix(HEARD_AGAIN)
    again = "再次接报：" if said != body.words else ""
    return again + (_UNSAID if said == NO_WORDS else said)


def _course(source: Source, log: tuple[StrikeEvent, ...]) -> Rows:
    """Return what was reported of it, in order."""
    rows = []
    for one in log:
        body = one.body
        if isinstance(body, StrikeOpened):
            rows.append((one.at, f"接报：{body.words or _UNSAID}", one.actor))
        elif isinstance(body, Situation):
            rows.append((one.at, _situation(body), one.actor))
        elif isinstance(body, StrikeOver):
            rows.append((one.at, f"险情解除：{body.words}", one.actor))
    return _named(source, rows)


def _measures(source: Source, file: StrikeFile, log: tuple[StrikeEvent, ...]) -> Rows:
    """Return the calls that were made and the tasks that are done, in order."""
    lines = {one.key: one.name.zh for one in file.plan.calls}
    tasks = {one.key: one.text.zh for one in file.plan.tasks}
    rows = []
    for one in log:
        body = one.body
        if isinstance(body, LineCalled):
            rows.append((one.at, _with(f"电话通知 {lines.get(body.key, body.key)}", body.said), one.actor))
        elif isinstance(body, TaskDone):
            rows.append((one.at, _with(tasks.get(body.key, body.key), body.said), one.actor))
        elif isinstance(body, StrikePlaced):
            rows.append((one.at, f"核实位置和管道，疏散半径 {body.plan.reach.radius_m:.0f} 米", one.actor))
    return _named(source, rows)


def _with(what: str, said: str) -> str:
    return f"{what}：{said}" if said else what


def _named(source: Source, rows: list[tuple[datetime, str, str | None]]) -> Rows:
    return tuple(
        (local_time(at), what, "系统" if actor is None else source.names.get(actor, "")) for at, what, actor in rows
    )
