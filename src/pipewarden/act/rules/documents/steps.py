"""Papers of the steps before, during and after the works: filing, pipe, briefing, plan, standby, completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.rules.documents import recorded, words
from pipewarden.act.rules.documents.found import Found, last_event, signed, who
from pipewarden.act.rules.documents.notices import violation_row
from pipewarden.act.rules.documents.numbers import local_day, local_time
from pipewarden.act.rules.plan import LOCAL
from pipewarden.casework.facts import Advanced, SiteState, StandbyChecked

if TYPE_CHECKING:
    from pipewarden.act.facts import Source
    from pipewarden.casework.facts import Decision, Proof, Required, SiteEvent

Rows = tuple[tuple[str, ...], ...]
_ANY = "不限"


def _step(source: Source, to: SiteState) -> tuple[SiteEvent | None, Proof | None, object]:
    """Return the step of the main path that a paper belongs to, its proof and its record."""
    event = last_event(source, Advanced, lambda one: getattr(one, "to", None) is to)
    body = None if event is None else event.body
    proof = body.proof if isinstance(body, Advanced) else None
    return event, proof, recorded.record_of(event)


def _of_step(
    step: tuple[SiteEvent | None, Proof | None, object], fields: dict[str, str], rows: dict[str, Rows] | None = None
) -> Found:
    event, proof, record = step
    return Found(
        fields=fields,
        rows=rows or {},
        signatures=recorded.signatures(record) or signed(proof),
        about=None if event is None else event.id,
        event_id=None if event is None else event.id,
    )


def filing(source: Source) -> Found:
    """备案表: the works as filed and the answer that the house gave at once."""
    step = _step(source, SiteState.FILED)
    decision = None if source.filing is None else source.filing.decision
    found = _of_step(step, {"search_result": "" if decision is None else _searched(decision)})
    if decision is None:
        return found
    local = tuple(
        dict.fromkeys(f"{one.clause}：{one.zh}。" for one in decision.required if one.law and not _national(one))
    )
    rows = {"overlaps": _overlaps(decision), "requirements": tuple(_requirement(one) for one in decision.required)}
    return Found(found.fields, rows, local, found.signatures, about=found.about, event_id=found.event_id)


def _national(one: Required) -> bool:
    return one.pack in {"CN", "CN-LONGDISTANCE"}


def _searched(decision: Decision) -> str:
    return f"{words.ZONES[decision.zone]}（{local_time(decision.at)}）"


def _overlaps(decision: Decision) -> Rows:
    return tuple(
        (
            words.CLASSES.get(one.pressure_class, "未知"),
            words.RANGES.get(one.zone, ""),
            f"{one.metres:.1f}",
            str(one.stations or ""),
        )
        for one in decision.overlaps
    )


def _requirement(one: Required) -> tuple[str, str, str]:
    due = _ANY if one.due_at is None else local_time(one.due_at)
    clause = one.clause if one.law else f"产品默认，非法定（{one.pack}）"
    return f"{words.EFFECTS[one.effect]}{one.zh}", f"{due}（已逾期）" if one.late else due, clause


def location(source: Source) -> Found:
    """管线现状确认表: where the pipe really lies."""
    step = _step(source, SiteState.LOCATED)
    _, proof, record = step
    known = recorded.lasting(source.events)
    fields = {
        "located_at": recorded.moment(record, "held_at"),
        "trial_pit": recorded.yes_or_no(known, "exposed", "管道已露出", "管道未露出"),
        "differences": "" if proof is None else proof.words,
        "lines": recorded.yes_or_no(known, "signs_up", "已设置", "未设置"),
    }
    return _of_step(step, fields, {"points": recorded.points(known)})


def briefing(source: Source) -> Found:
    """安全技术交底记录: who was told what."""
    step = _step(source, SiteState.BRIEFED)
    event, proof, record = step
    at = recorded.moment(record, "held_at") or ("" if event is None else local_time(event.at))
    there = recorded.attendees(record) or _names(proof)
    fields = {
        "briefed_at": at,
        "briefers": recorded.people(record, "operator") or who(source, event),
        "hand_dig": recorded.number(record, "hand_dig_m", "米内人工开挖"),
        "standby_person": recorded.text(record, "standby_person"),
        "hotline": recorded.text(record, "emergency_phone"),
        "questions": recorded.yes_or_no(record, "quiz_passed", "全部考核合格", "有人考核不合格，不得上岗"),
        "signs": recorded.yes_or_no(record, "signs_up", "已设置", "未设置"),
    }
    return _of_step(step, fields, {"attendees": there})


def _names(proof: Proof | None) -> Rows:
    return () if proof is None else tuple((name, "", "", "", "") for name in proof.signed_by)


def agreement(source: Source) -> Found:
    """保护协议: what the parties agreed."""
    step = _step(source, SiteState.PLAN_SIGNED)
    known = recorded.lasting(source.events)
    filed = source.filing
    fields = {
        "scope": "" if filed is None else f"{filed.works.words}　{words.METHODS[filed.works.method]}".strip(),
        "inspection": recorded.number(known, "inspections_per_day", "次/日"),
        "clearance": recorded.number(known, "clear_distance_m", "米"),
    }
    return _of_step(step, fields)


def plan(source: Source) -> Found:
    """保护方案: how the pipe is kept from harm; what experts decide is written by hand or told."""
    step = _step(source, SiteState.PLAN_SIGNED)
    known = recorded.lasting(source.events)
    fields = {
        "hand_dig": recorded.number(known, "hand_dig_m", "米内人工开挖"),
        "standby": recorded.text(known, "standby_person"),
        "hotline": recorded.text(known, "emergency_phone"),
    }
    return _of_step(step, fields)


def standby(source: Source) -> Found:
    """旁站记录: the check-ins of one local day, the last one's or that of the event named."""
    event = last_event(source, StandbyChecked)
    if event is None:
        return Found()
    day = event.at.astimezone(LOCAL).date()
    that_day = [
        one for one in source.events if isinstance(one.body, StandbyChecked) and one.at.astimezone(LOCAL).date() == day
    ]
    record = recorded.record_of(that_day[-1])
    broken = [one for one in source.site.violations if one.opened_at.astimezone(LOCAL).date() == day]
    rows = {
        "checks": tuple(_check(one) for one in that_day),
        "violations": tuple(
            (
                *violation_row(source, one)[:3],
                "未整改" if one.fixed_at is None else f"已整改 {local_time(one.fixed_at)}",
            )
            for one in broken
        ),
    }
    fields = {
        "date": local_day(event.at),
        "guardian": recorded.text(record, "standby_person") or who(source, event),
        "shift_in": recorded.moment(record, "shift_from"),
        "shift_out": recorded.moment(record, "shift_until"),
        "pipe_distance": recorded.number(record, "pipe_distance_m", "米"),
        "exposed": recorded.yes_or_no(record, "exposed", "是", "否"),
    }
    return Found(fields, rows, about=event.id, event_id=event.id)


def _check(event: SiteEvent) -> tuple[str, ...]:
    proof = event.body.proof if isinstance(event.body, StandbyChecked) else None
    if proof is None:
        return ("",) * 5
    where = "" if proof.lon is None or proof.lat is None else f"{proof.lon:.5f}\n{proof.lat:.5f}"
    reading = recorded.number(recorded.record_of(event), "gas_lel_pct", "%LEL")
    count = str(len(proof.pictures)) if proof.pictures else ""
    return f"{event.at.astimezone(LOCAL):%H:%M}", where, reading, count, proof.words


def completion(source: Source) -> Found:
    """完工复验单: what was checked when the works had ended."""
    step = _step(source, SiteState.COMPLETED)
    event, proof, record = step
    fields = {
        "completed_at": "" if event is None else local_time(event.at),
        "damage": recorded.yes_or_no(record, "undamaged", "无损伤或者已修复", "有损伤"),
        "as_built": "" if recorded.told(record, "as_built") is None else "已测量并移交",
        "conclusion": "" if proof is None else proof.words,
    }
    return _of_step(step, fields, {"checks": _checks(record)})


def _checks(record: object) -> Rows:
    if record is None:
        return ()
    cover = recorded.number(record, "cover_m", "米")
    leak = recorded.yes_or_no(record, "leak_tight", "合格", "不合格")
    signs = recorded.yes_or_no(record, "signs_restored", "已恢复", "未恢复")
    whole = recorded.yes_or_no(record, "undamaged", "无损伤或者已修复", "有损伤")
    measured = "" if recorded.told(record, "as_built") is None else "已移交"
    return (
        ("漏气检测", "无泄漏", leak, ""),
        ("管道及防腐层", "无损伤或者已修复", whole, ""),
        ("覆土", "不小于设计埋深", cover, ""),
        ("警示标志", "已恢复", signs, ""),
        ("竣工测量", "已移交", measured, ""),
    )
