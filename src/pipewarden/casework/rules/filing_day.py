"""Days on which filed works are dug: declared once a day, taken back the same day, missing where works are seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.casework.facts import (
    MACHINES,
)
from pipewarden.casework.facts.filing_day import Day, DayStarted, DayState, DayTold
from pipewarden.kit.errors import InputError, RefusedError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts import (
        Filing,
    )
    from pipewarden.casework.facts.filing_day import DayTakenBack

KEPT = 40  # declared days that a filing's sum carries; its events keep all of them
MOST_HEADS = 1000
LATEST = timedelta(days=2)  # a phone without a line may bring a declaration so long after the day, and it is late then


def check_day(filing: Filing, body: DayStarted | DayTakenBack, at: datetime) -> None:
    """Refuse what does not fit the days that were declared so far; of which day it is here, ``check_now`` asks.

    Raises:
        RefusedError: the day is declared already; what is taken back was not declared.
        InputError: the day is more than a few days off, before the works begin, or what is said of it cannot be meant.
    """
    there = any(one.said.day == body.day for one in filing.days)
    if isinstance(body, DayStarted):
        if there:
            raise RefusedError(field="day", problem="is declared already", fix="Take it back first, on the same day.")
        _check_said(filing, body, at)
    elif not there:
        raise RefusedError(field="day", problem="was not declared", fix="Nothing is to be taken back.")


def _check_said(filing: Filing, body: DayStarted, at: datetime) -> None:
    if abs(body.day - at.date()) > LATEST + timedelta(days=1):  # whatever the zone
        raise InputError(field="day", problem="is not today", fix="Declare the day on which you dig, in its morning.")
    if body.day < filing.works.valid_from.date():  # a zone east of Greenwich begins on the evening before, UTC
        raise InputError(field="day", problem="lies before the works begin", fix="Have the filing revised first.")
    if not 1 <= body.heads <= MOST_HEADS:
        fix = f"Say how many people, 1 to {MOST_HEADS}."
        raise InputError(field="heads", problem=f"{body.heads} is no crew", fix=fix)
    if unknown := [one for one in body.machines if one not in MACHINES]:
        fix = f"Take of {', '.join(MACHINES)}."
        raise InputError(field="machines", problem=f"{unknown[0]!r} is no known type", fix=fix)
    if (body.opens is None) != (body.shuts is None):
        raise InputError(field="hours", problem="have no beginning or no end", fix="Give both, or neither.")


def check_now(body: DayStarted | DayTakenBack, at: datetime, zone: ZoneInfo) -> None:
    """Refuse a day that has not come there, is long gone, or is taken back when it is over.

    Raises:
        InputError: as said.
    """
    today = at.astimezone(zone).date()
    if isinstance(body, DayStarted):
        if not today - LATEST <= body.day <= today:
            fix = f"Declare {today.isoformat()}, or one of the {LATEST.days} days before it that was forgotten."
            raise InputError(field="day", problem="is not today", fix=fix)
    elif body.day != today:
        raise InputError(field="day", problem="is over", fix="A day is taken back while it lasts.")


def with_day(filing: Filing, body: DayStarted | DayTakenBack, at: datetime) -> Filing:
    """Return the filing with a day declared, or without one that is taken back."""
    others = tuple(one for one in filing.days if one.said.day != body.day)
    if not isinstance(body, DayStarted):
        return replace(filing, days=others)
    days = sorted((*others, Day(at, body)), key=lambda one: one.said.day)
    return replace(filing, days=tuple(days[-KEPT:]))


def day_told(filing: Filing, at: datetime, seen_at: datetime | None, zone: ZoneInfo) -> DayTold:
    """Return how the local day of a moment stands at a site of this filing.

    Args:
        filing: the site's.
        at: the moment.
        seen_at: when works were seen at the site last.
        zone: of the place.
    """
    today = at.astimezone(zone).date()
    seen = seen_at if seen_at is not None and seen_at.astimezone(zone).date() == today else None
    day = next((one for one in filing.days if one.said.day == today), None)
    if day is None:
        state = DayState.QUIET if seen is None else DayState.MISSING
    else:
        state = DayState.LATE if is_late(filing, day, zone) else DayState.DECLARED
    return DayTold(filing.id, today, state, day, seen)


def is_late(filing: Filing, day: Day, zone: ZoneInfo) -> bool:
    """Return whether a day was declared after its works should have begun; without hours, after the day."""
    opens = day.said.opens
    if opens is None and filing.works.hours is not None:
        opens = filing.works.hours.opens
    heard = day.at.astimezone(zone)
    if opens is None:
        return heard.date() > day.said.day
    return heard > datetime.combine(day.said.day, opens, zone)
