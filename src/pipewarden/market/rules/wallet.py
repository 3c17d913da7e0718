"""Amounts as people write them, and what a wallet holds: integers inside, decimals at the rim, never a float."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipewarden.kit.errors import InputError
from pipewarden.ledger.facts import Asset
from pipewarden.market.rules.addresses import person
from pipewarden.market.rules.amounts import shown

if TYPE_CHECKING:
    from uuid import UUID

_YUAN = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?")
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def yuan(units: int) -> str:
    """Return units of 0.0001 元 as a decimal with four places."""
    return shown(units, Asset.CNY)


def fen_of(text: str) -> int:
    """Return an amount in 元 with at most two decimals as 分.

    Raises:
        InputError: it is not written so, or is nothing.
    """
    found = _YUAN.fullmatch(text)
    fen = 0 if found is None else int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if fen <= 0:
        raise InputError(
            field="amount", problem="is no amount in 元 with at most two decimals", fix="Write it like 12.50."
        )
    return fen


def cash_of(person_id: UUID) -> str:
    """Return the address of a person's cash."""
    return person(person_id, Asset.CNY)


def points_of(person_id: UUID) -> str:
    """Return the address of a person's points."""
    return person(person_id, Asset.PTS)


def day_of(at: datetime, zone: str) -> datetime:
    """Return when the day of ``at`` began in ``zone``."""
    return at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def month_text(at: datetime, zone: str) -> str:
    """Return the month of a moment in ``zone`` as yyyy-mm."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"


def month_of(text: str, zone: str) -> tuple[datetime, datetime]:
    """Return the moments between which a month lies.

    Raises:
        InputError: it is not yyyy-mm.
    """
    found = _MONTH.fullmatch(text)
    if found is None:
        raise InputError(field="month", problem="is no month", fix="Write it like 2026-11.")
    first = datetime(int(found[1]), int(found[2]), 1, tzinfo=ZoneInfo(zone))
    later = first + timedelta(days=32)
    return first, later.replace(day=1)


def months_in_a_row(months: set[str], now: str) -> int:
    """Return how many months up to ``now`` and of its year have a payment without a gap, ``now`` counted in."""
    count, month = 1, int(now[5:])
    while month > 1 and f"{now[:5]}{month - 1:02d}" in months:
        count, month = count + 1, month - 1
    return count
