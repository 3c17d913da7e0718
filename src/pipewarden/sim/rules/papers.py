"""What the slice of papers would know of the day: filed works as the judge takes them, until that slice is there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.judge.facts import Permitted
from pipewarden.kit.geo import LocalFrame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.sim.facts import TrueWork

_HALF_M = 12.0  # of the permitted square: no two works of the day lie nearer than 24 m
_ROOM = timedelta(hours=1)  # an owner files a little more time than the works take


def permitted_works(works: Iterable[TrueWork], start: datetime) -> tuple[Permitted, ...]:
    """Return the filed works among ``works`` (备案): where and when they may go on.

    Args:
        works: of the day.
        start: the moment from which their seconds count.
    """
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * _HALF_M
    return tuple(
        Permitted(
            key=one.key,
            ring=tuple((float(lon), float(lat)) for lon, lat in LocalFrame(one.lon, one.lat).to_lonlat(square)),
            starts_at=start + timedelta(seconds=one.start_s) - _ROOM,
            ends_at=start + timedelta(seconds=one.end_s) + _ROOM,
        )
        for one in works
        if one.filed
    )
