"""Papers that are handed over: a notice, an order to put right or to stop, a leave to go on, a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.rules.documents.common import shared
from pipewarden.act.rules.documents.found import Found, chosen, last_event, pictures, signed, who
from pipewarden.act.rules.documents.numbers import local_time
from pipewarden.casework.facts import (
    Advanced,
    Noted,
    Reported,
    Resumed,
    Severity,
    SiteState,
    StopOrdered,
    StopRefused,
    Verified,
    ViolationOpened,
)

if TYPE_CHECKING:
    from pipewarden.act.facts import Source
    from pipewarden.casework.facts import Proof, SiteEvent, Violation

Rows = tuple[tuple[str, ...], ...]


def notice(source: Source) -> Found:
    """告知函: to who digs, with what the person on the spot saw."""
    step = last_event(source, Advanced, lambda one: getattr(one, "to", None) is SiteState.NOTIFIED)
    looks = [one.body for one in source.events if isinstance(one.body, Verified)]
    proof = step.body.proof if step is not None and isinstance(step.body, Advanced) else None
    return Found(
        fields={"recipient": _recipient(source), "today": looks[-1].proof.words if looks else ""},
        signatures=signed(proof),
        refused=proof is not None and proof.refused,
        witness="" if proof is None else proof.witness,
        about=None if step is None else step.id,
        event_id=None if step is None else step.id,
    )


def rectification(source: Source) -> Found:
    """整改通知单: one violation, as it was opened."""
    site = source.site
    one = chosen(source, ((each.id, each) for each in site.violations))
    if one is None:
        return Found(fields={"recipient": _recipient(source)})
    opened = _opened(source, one)
    kind = source.kinds.get(one.code)
    until = "" if one.due_at is None else local_time(one.due_at)
    what = kind.zh if kind is not None else one.code
    return Found(
        fields={
            "recipient": _recipient(source),
            "fact": f"{what}（{one.reason}）" if one.reason else what,
            "fact_at": local_time(one.opened_at),
            "evidence": _evidence(source, opened),
            "clause": one.clause,
            "penalty": "" if kind is None else kind.penalty,
            "order": _order(one.severity),
            "deadline": until,
        },
        about=one.id,
        event_id=None if opened is None else opened.id,
    )


def _order(severity: Severity) -> str:
    if severity is Severity.MAJOR:
        return "立即停止违章作业，消除隐患，经我公司复查合格后方可继续施工。"
    return "在期限内整改完毕，并通知我公司复查。"


def stop(source: Source) -> Found:
    """停工通知单: one stop order, with the violations open then."""
    one = chosen(source, ((each.id, each) for each in source.site.stops))
    if one is None:
        return Found(fields={"recipient": _recipient(source)})
    event = next((e for e in source.events if isinstance(e.body, StopOrdered) and e.body.stop_id == one.id), None)
    at = one.ordered_at
    broken = [
        each
        for each in source.site.violations
        if each.opened_at <= at and (each.fixed_at is None or each.fixed_at > at)
    ]
    return Found(
        fields={
            "recipient": _recipient(source),
            "fact": one.reason,
            "fact_at": local_time(one.ordered_at),
            "clause": "；".join(dict.fromkeys(each.clause for each in broken)),
            "evidence": _evidence(source, event),
        },
        about=one.id,
        event_id=None if event is None else event.id,
    )


def resumption(source: Source) -> Found:
    """复工确认单: the stop order that was lifted, and what was said when it was."""
    lifted = [one for one in source.site.stops if one.resumed_at is not None]
    one = chosen(source, ((each.id, each) for each in lifted))
    if one is None:
        return Found(fields={"recipient": _recipient(source)})
    event = next((e for e in source.events if isinstance(e.body, Resumed) and e.body.stop_id == one.id), None)
    proof: Proof | None = event.body.proof if event is not None and isinstance(event.body, Resumed) else None
    return Found(
        fields={
            "recipient": _recipient(source),
            "stop_number": source.numbers.get(one.id, ""),
            "stopped_at": local_time(one.ordered_at),
            "stop_reason": one.reason,
            "removed": "" if proof is None else proof.words,
            "resumed_at": "" if one.resumed_at is None else local_time(one.resumed_at),
            "confirmed_by": who(source, event),
        },
        signatures=signed(proof),
        about=one.id,
        event_id=None if event is None else event.id,
    )


def report(source: Source) -> Found:
    """隐患上报函: what was found and done, to the authority."""
    one = chosen(source, ((each.id, each) for each in source.site.reports))
    event = None
    if one is not None:
        event = next((e for e in source.events if isinstance(e.body, Reported) and e.body.report_id == one.id), None)
    broken = source.site.violations
    return Found(
        fields={
            "recipient": "" if one is None else one.to,
            "fact": "" if one is None else one.reason,
            "request": "请依法责令停止施工、消除隐患，并将处理结果函告我公司。",
            "evidence": _count(source),
        },
        rows={"measures": _measures(source), "violations": tuple(violation_row(source, each) for each in broken)},
        about=None if one is None else one.id,
        event_id=None if event is None else event.id,
    )


def _recipient(source: Source) -> str:
    filed = shared(source)
    return filed.get("contractor", "") or filed.get("owner", "")


def _opened(source: Source, one: Violation) -> SiteEvent | None:
    return next(
        (e for e in source.events if isinstance(e.body, ViolationOpened) and e.body.violation_id == one.id), None
    )


def _evidence(source: Source, event: SiteEvent | None) -> str:
    """Return the pictures on record up to an event, the last that were brought."""
    until = source.at if event is None else event.at
    proofs = [getattr(e.body, "proof", None) for e in source.events if e.at <= until]
    return next((shown for one in reversed(proofs) if (shown := pictures(one))), "")


def _count(source: Source) -> str:
    shas = {sha for e in source.events if (one := getattr(e.body, "proof", None)) is not None for sha in one.pictures}
    shas |= {sha for e in source.events if isinstance(e.body, Noted) for sha in e.body.pictures}
    return f"现场照片 {len(shas)} 张" if shas else ""


def violation_row(source: Source, one: Violation) -> tuple[str, str, str, str]:
    """Return when, what, by which clause, by which clause it may be fined."""
    kind = source.kinds.get(one.code)
    return (
        local_time(one.opened_at),
        one.code if kind is None else kind.zh,
        one.clause,
        "" if kind is None else kind.penalty,
    )


def _measures(source: Source) -> Rows:
    """Return what was done at the site so far, in the order in which it was."""
    rows = []
    for event in source.events:
        body = event.body
        said = ""
        if isinstance(body, Advanced) and body.to is SiteState.NOTIFIED:
            said = "送达告知函" + ("（拒签）" if body.proof.refused else "")
        elif isinstance(body, ViolationOpened):
            kind = source.kinds.get(body.code)
            said = f"指出违章：{body.code if kind is None else kind.zh}"
        elif isinstance(body, StopOrdered):
            said = f"要求停工：{body.reason}"
        elif isinstance(body, StopRefused):
            said = "对方拒不停工" + (f"：{body.proof.words}" if body.proof.words else "")
        if said:
            rows.append((local_time(event.at), said, who(source, event) or "系统"))
    return tuple(rows)
