"""Counts over judged alarms: precision, estimated recall, what each rule stopped, what another threshold would do."""

from __future__ import annotations

from collections import Counter
from math import exp, lgamma, log, log1p
from typing import TYPE_CHECKING

from pipewarden.judge.facts import Advice, Code, Estimate, Figures, ReasonFigure, RuleFigure, Source, Verdict
from pipewarden.kit.shares import Share, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipewarden.judge.facts import FalseAlarm, Judged

_TAIL = 0.025
_STEPS = 60  # halvings: 1e-18, below what a float tells apart
_MOST_ADVICE = 20
_MOST_NEWEST = 20  # of a reason: what one reads through to see what the house gets wrong
_COUNTED = (
    Code.FILED,
    Code.OPEN_SITE,
    Code.YARD,
    Code.OUTSIDE_CORRIDOR,
    Code.BACKGROUND,
    Code.PASSING,
    Code.NOT_STATIONARY,
    Code.PARKED,
    Code.UNCHANGED,
    Code.OUT_OF_RANGE,
    Code.MODEL_NO,
)


def exact(hits: int, of: int) -> Share:
    """Return a share with its exact 95 % interval (C. J. Clopper and E. S. Pearson 1934): never too narrow."""
    if of == 0:
        return Share(0, 0, None, 0.0, 1.0)
    low = 0.0 if hits == 0 else _root(lambda p: _at_least(hits, of, p) - _TAIL)
    high = 1.0 if hits == of else _root(lambda p: _TAIL - (1 - _at_least(hits + 1, of, p)))
    return Share(hits, of, hits / of, low, high)


def _root(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _at_least(hits: int, of: int, p: float) -> float:
    """Return the chance of ``hits`` or more among ``of`` at a share ``p``; the shorter tail is summed."""
    if p <= 0 or p >= 1:
        return float(p >= 1 or hits == 0)
    above = hits > of * p
    places = range(hits, of + 1) if above else range(hits)
    total = sum(
        exp(lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(p) + (of - k) * log1p(-p)) for k in places
    )
    return total if above else 1 - total


def recall(rows: Sequence[Judged]) -> Estimate:
    """Return the estimated recall; of what no detector saw it says nothing."""
    found = sum(one.verdict is Verdict.CONFIRMED and not one.audited for one in rows)
    rejected = sum(one.audited or (one.verdict is Verdict.REJECTED and one.by is not Source.PERSON) for one in rows)
    looked_at = [one for one in rows if one.audited and one.decided is not None]
    audited = exact(sum(one.decided is True for one in looked_at), len(looked_at))
    missed = None if audited.value is None else rejected * audited.value
    return Estimate(
        found=found,
        rejected=rejected,
        audited=audited,
        missed=missed,
        value=None if missed is None else _part(found, missed),
        low=_part(found, rejected * audited.high),
        high=_part(found, rejected * audited.low),
    )


def _part(found: int, missed: float) -> float | None:
    return None if found + missed == 0 else found / (found + missed)


def figures(rows: Sequence[Judged], since: datetime, until: datetime) -> Figures:
    """Return how the judge did with these alarms, which were made from ``since`` to ``until``."""
    reviewed = [one for one in rows if one.decided is not None and not one.audited]
    frames, calls, cost = sum(one.frames for one in rows), sum(one.calls for one in rows), sum(one.cost for one in rows)
    confirmed = sum(one.verdict is Verdict.CONFIRMED for one in rows)
    return Figures(
        since=since,
        until=until,
        alarms=len(rows),
        frames=frames,
        confirmed=confirmed,
        rejected=sum(one.verdict is Verdict.REJECTED for one in rows),
        waiting=sum(one.verdict is Verdict.PERSON for one in rows),
        precision=wilson(sum(one.decided is True for one in reviewed), len(reviewed)),
        recall=recall(rows),
        repeats=sum(max(0, one.frames - 1) for one in rows),
        calls=calls,
        calls_saved=max(0, frames - calls),
        cost=cost,
        cost_per_site=None if confirmed == 0 else cost / confirmed,
        advice=advise(rows, since, until),
    )


def rule_figures(rows: Sequence[Judged]) -> list[RuleFigure]:
    """Return for each reason that may silence how many alarms it stopped and, by reviewers, how many wrongly."""
    found = []
    for code in _COUNTED:
        stopped = [one for one in rows if code in one.stopped_by]
        looked_at = [one for one in stopped if one.decided is not None]
        wrong = wilson(sum(one.decided is True for one in looked_at), len(looked_at))
        found.append(RuleFigure(code, len(stopped), wrong))
    return found


def by_reason(rows: Sequence[FalseAlarm]) -> list[ReasonFigure]:
    """Return false alarms by their reason, the commonest first; what nobody said is not listed."""
    counted = Counter(one.code for one in rows)
    return [
        ReasonFigure(code, alarms, tuple(one for one in rows if one.code is code)[:_MOST_NEWEST])
        for code, alarms in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def advise(rows: Sequence[Judged], since: datetime, until: datetime) -> tuple[Advice, ...]:
    """Return what higher thresholds of the screen would have spared and cost, at most twenty, the gentlest first.

    Only what people have looked at counts; a report has no score and stays whatever the threshold.
    """
    reviewed = [one for one in rows if one.decided is not None and not one.audited and one.score > 0]
    scores = sorted({round(one.score, 2) for one in reviewed})[1:]
    if not scores:
        return ()
    step = max(1, -(-len(scores) // _MOST_ADVICE))
    days = max(1, round((until - since).total_seconds() / 86400))
    made = []
    for threshold in scores[step - 1 :: step]:
        gone = [one for one in reviewed if one.score < threshold]
        lost = sum(one.decided is True for one in gone)
        part = len(gone) / len(reviewed)
        sites = f"−{lost} true site{'' if lost == 1 else 's'}" if lost else "no true site lost"
        words = f"{threshold:.2f}: −{part:.0%} reviews, {sites} in {days} days".replace("%", " %")
        made.append(Advice(threshold, len(gone), part, lost, words))
    return tuple(made)
