"""What the reports of a time add up to: how many, how soon they were answered, what was decided."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from pipewarden.casework.facts import ACCIDENT_WITHIN, Measure, ReportFigures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from pipewarden.casework.facts import Site


def figures(sites: Iterable[Site], since: datetime, until: datetime, now: datetime) -> ReportFigures:
    """Return the figures of the reports and accidents of ``sites`` from ``since`` until before ``until``.

    An accident whose hour is not over yet is neither in time nor late. Medians are of what was answered; the rest is
    counted as open, so that a fast answer to few does not hide the many without one.
    """
    held = list(sites)
    reports = [one for site in held for one in site.reports if since <= one.reported_at < until]
    answered = [one for one in reports if one.answered_at is not None]
    outcomes = [one.outcome for one in answered if one.outcome is not None]
    strikes = [one.strike for one in held if one.strike is not None and since <= one.strike.at < until]
    in_time = [one for one in strikes if one.reported_at is not None and one.reported_at - one.at <= ACCIDENT_WITHIN]
    waiting = [one for one in strikes if one.reported_at is None and now - one.at <= ACCIDENT_WITHIN]
    return ReportFigures(
        reports=len(reports),
        acknowledged=sum(one.acknowledged_at is not None for one in reports),
        answered=len(answered),
        open=len(reports) - len(answered),
        median_answer_h=_median_h(one.answered_at - one.reported_at for one in answered if one.answered_at is not None),
        measures=dict(sorted(Counter(one.measure for one in outcomes).items())),
        fines_fen=sum(one.amount_fen for one in outcomes if one.measure is Measure.FINE),
        strikes=len(strikes),
        strikes_in_time=len(in_time),
        strikes_late=len(strikes) - len(in_time) - len(waiting),
    )


def _median_h(spans: Iterable[timedelta]) -> float | None:
    hours = [one.total_seconds() / 3600 for one in spans]
    return median(hours) if hours else None
