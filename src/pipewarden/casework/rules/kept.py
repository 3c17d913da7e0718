"""What later steps and rules want to know of records: kept with the site, so that nobody reads its history for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework.facts import Kept, MapError, SiteState, Substep

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import MapDoubted, Site, StepRecord

_HOUR_S = 3600.0


def noted(kept: Kept, record: StepRecord | None, step: SiteState | Substep | None) -> Kept:
    """Return what is kept after a record; ``step`` is None for a check-in, a record None from before there were any."""
    if record is None:
        return kept
    kept = replace(kept, operators=_with(kept.operators, record.operators()))
    if record.hand_dig_m is not None and step in (SiteState.BRIEFED, SiteState.PLAN_SIGNED):
        kept = replace(kept, hand_dig_m=max(kept.hand_dig_m or 0.0, record.hand_dig_m))
    if step is SiteState.BRIEFED:
        kept = replace(kept, briefed=tuple(sorted(record.operators())))
    if step is Substep.LATE_BRIEFING:
        kept = replace(kept, briefed=_with(kept.briefed or (), record.operators()))
    if step is Substep.AGREEMENT:
        kept = replace(kept, agreed_until=record.valid_until)
    if isinstance(step, Substep):
        kept = replace(kept, done=tuple(one for one in Substep if one in {*kept.done, step}))
    return _shift(kept, record) if step is None else kept


def done(site: Site, at: datetime) -> frozenset[str]:
    """Return the steps and substeps that were done and still hold; an agreement that has run out does not."""
    until = site.kept.agreed_until
    over = {Substep.AGREEMENT} if until is not None and until <= at else set()
    return frozenset({one.value for one in site.passed} | {one.value for one in set(site.kept.done) - over})


def changed(kept: Kept) -> Kept:
    """Return what a change of the works leaves: the pipe lies where it was found, briefing and agreement are undone."""
    left = tuple(one for one in kept.done if one in (Substep.MARKING, Substep.TRIAL_PITS))
    return replace(kept, briefed=None, agreed_until=None, hand_dig_m=None, done=left)


def doubted(kept: Kept, body: MapDoubted, at: datetime) -> Kept:
    """Return what is kept after a measurement against the map; a pipe that it has not is graver than any distance."""
    before = kept.map_error
    if before is not None and (before.off_m is None or (body.off_m is not None and body.off_m <= before.off_m)):
        return kept
    return replace(kept, map_error=MapError(body.pipe_id, body.off_m, at))


def _shift(kept: Kept, record: StepRecord) -> Kept:
    """Count each hour once, also where two shifts are written down over each other."""
    begin, end = record.shift_from, record.shift_until
    if begin is None or end is None:
        return kept
    if kept.standby_to is not None:
        begin = max(begin, kept.standby_to)
    if end <= begin:
        return kept
    return replace(kept, standby_h=kept.standby_h + (end - begin).total_seconds() / _HOUR_S, standby_to=end)


def _with(names: tuple[str, ...], more: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({*names, *more}))
