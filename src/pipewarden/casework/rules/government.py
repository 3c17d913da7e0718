"""What the reports of a time add up to: how many, how soon they were answered, what was decided."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from pipewarden.casework.facts import ACCIDENT_WITHIN, Measure, ReportFigures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime, timedelta
    from uuid import UUID

    from pipewarden.casework.facts import Site

    Happened = tuple[UUID, datetime, str]  # site, moment, kind


def figures(
    sites: Iterable[Site], accidents: Iterable[Happened], since: datetime, until: datetime, now: datetime
) -> ReportFigures:
    """Return the figures of the reports and accidents of ``sites`` from ``since`` until before ``until``.

    An accident whose hour is not over yet is neither in time nor late. Medians are of what was answered; the rest is
    counted as open, so that a fast answer to few does not hide the many without one.

    Args:
        sites: as they stand.
        accidents: every ``struck`` and ``accident_reported`` that happened to them, of each site oldest first.
        since: from then on.
        until: until before then.
        now: the present.
    """
    held = list(sites)
    reports = [one for site in held for one in site.reports if since <= one.reported_at < until]
    answered = [one for one in reports if one.answered_at is not None]
    outcomes = [one.outcome for one in answered if one.outcome is not None]
    merged = {one.id for one in held if one.merged_into is not None}
    strikes = [(at, told) for at, told in _strikes(accidents, merged) if since <= at < until]
    in_time = [at for at, told in strikes if told is not None and told - at <= ACCIDENT_WITHIN]
    waiting = [at for at, told in strikes if told is None and now - at <= ACCIDENT_WITHIN]
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


def _strikes(accidents: Iterable[Happened], merged: Collection[UUID]) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield when each strike was, and when the first report after it; one untold on a merged site went to the other."""
    untold: dict[UUID, list[datetime]] = {}
    for site_id, at, kind in accidents:
        if kind == "struck":
            untold.setdefault(site_id, []).append(at)
        else:
            yield from ((struck, at) for struck in untold.pop(site_id, []))
    for site_id, left in untold.items():
        if site_id not in merged:
            yield from ((struck, None) for struck in left)


def _median_h(spans: Iterable[timedelta]) -> float | None:
    hours = [one.total_seconds() / 3600 for one in spans]
    return median(hours) if hours else None
