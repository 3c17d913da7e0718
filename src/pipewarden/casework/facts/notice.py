"""Notices of works for whoever lives or works beside them: no names, no phones, no place finer than 100 m."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from pipewarden.casework.facts.filing import Hours


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """How near works are told of, and what to look for: Chinese, English by method; ``any`` for the others."""

    version: str
    beside_m: float
    around_m: float
    ahead: timedelta
    look_for: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Notice:
    """Works near a place.

    Attributes:
        state: ``filed``, ``answered`` or ``valid`` as the filing stands; ``verified``: seen, and filed by nobody.
        method: as filed; ``any`` where none is.
        since: when the works may begin; of verified ones when they were first heard of.
        until: when they must have ended; None where nobody has filed it.
        lon: middle of a square of at least 100 m, degrees WGS-84; ``lat`` too.
        distance_m: from the asker's place to that middle, to ten metres.
    """

    state: str
    method: str
    since: datetime
    until: datetime | None
    hours: Hours | None
    urgent: bool
    lon: float
    lat: float
    distance_m: int
    look_for: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Notices:
    """Everything that somebody at a place is told: in which compound they are, and whom to ring."""

    compound: str | None
    hotline: tuple[str, str] | None
    items: tuple[Notice, ...]
