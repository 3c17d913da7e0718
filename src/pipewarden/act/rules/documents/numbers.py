"""Numbers and days of documents, in the civil time of China."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.rules.plan import LOCAL

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.act.facts import KindSpec


def year_of(at: datetime) -> int:
    """Return the local year in which a number counts."""
    return at.astimezone(LOCAL).year


def number_of(prefix: str, year: int, place: int) -> str:
    """Return a document's number, for instance ``告知-2026-000123``."""
    return f"{prefix}-{year}-{place:06d}"


def local_day(at: datetime) -> str:
    """Return the day as letters write it: 2026年3月5日 (GB/T 9704-2012 7.3.5.4, no leading zeros)."""
    there = at.astimezone(LOCAL)
    return f"{there.year}年{there.month}月{there.day}日"


def local_time(at: datetime) -> str:
    """Return day and time."""
    return f"{local_day(at)} {at.astimezone(LOCAL):%H:%M}"


def issue_day(spec: KindSpec, at: datetime) -> str:
    """Return what stands above the seal: the day, of a kind that must be in time the minute, too."""
    return local_time(at) if spec.timed else local_day(at)
