"""Which month a report is of, and when it is over: months of the place, not of the server's clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipewarden.insight.facts import Span
from pipewarden.kit.errors import InputError

LOCAL = ZoneInfo("Asia/Shanghai")  # where every pack that is shipped counts its days; no tenant says another
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def month_of(words: str, now: datetime, field: str = "month") -> date:
    """Return the first day of a month that is over.

    Args:
        words: as ``2026-10``.
        now: the moment.
        field: who said it.

    Raises:
        InputError: it is no month, or not over.
    """
    if not _MONTH.fullmatch(words):
        raise InputError(field=field, problem=f"{words[:20]!r} is no month", fix="Write it like 2026-10.")
    first = date(int(words[:4]), int(words[5:]), 1)
    if first > last_month(now):
        fix = f"Take {named(last_month(now))} or an earlier one; figures until now are on the page."
        raise InputError(field=field, problem=f"{words} is not over", fix=fix)
    return first


def last_month(now: datetime) -> date:
    """Return the first day of the month before the one that runs."""
    return before(now.astimezone(LOCAL).date().replace(day=1))


def before(first: date) -> date:
    """Return the first day of the month before."""
    return first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)


def span_of_month(first: date) -> Span:
    """Return the month from its first midnight to the next month's, UTC."""
    after = first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)  # noqa: PLR2004  December
    return Span(_midnight(first), _midnight(after))


def named(first: date) -> str:
    """Return a month in short: ``2026-10``."""
    return f"{first:%Y-%m}"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)
