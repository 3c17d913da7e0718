"""What the slices of papers and sites would know of the day, as the judge takes it, until those slices are there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.judge.facts import OpenPlace, Permitted
from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.rules.works import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.judge.facts import Ring
    from pipewarden.sim.facts import TrueReport, TrueWork

_HALF_M = 12.0  # of the square of a permit or a site: no two works of the day lie nearer than 24 m
_STAFF = frozenset({"patroller", "grid_worker"})  # a dispatcher opens a site on their word, not on a resident's pin
_ROOM = timedelta(hours=1)  # an owner files a little more time than the works take


def permitted_works(works: Iterable[TrueWork], start: datetime) -> tuple[Permitted, ...]:
    """Return the filed works among ``works`` (备案): where and when they may go on.

    Args:
        works: of the day.
        start: the moment from which their seconds count.
    """
    return tuple(
        Permitted(
            key=one.key,
            ring=_square(one.lon, one.lat),
            starts_at=start + timedelta(seconds=one.start_s) - _ROOM,
            ends_at=start + timedelta(seconds=one.end_s) + _ROOM,
        )
        for one in works
        if one.filed
    )


def open_sites(works: Iterable[TrueWork], reports: Iterable[TrueReport], at_s: float) -> tuple[OpenPlace, ...]:
    """Return the sites that a dispatcher keeps open at ``at_s`` seconds of the day, around the pins as they were told.

    One for each report of field staff, from its moment until its works are over.
    """
    roles = {one.key: one.role for one in PEOPLE}
    ends = {one.key: one.end_s for one in works}
    return tuple(
        OpenPlace(key=one.key, ring=_square(one.lon, one.lat), alarm_id=None)
        for one in reports
        if roles[one.who] in _STAFF and one.at_s <= at_s < ends.get(one.about or "", one.at_s)
    )


def _square(lon: float, lat: float) -> Ring:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * _HALF_M
    return tuple((float(x), float(y)) for x, y in LocalFrame(lon, lat).to_lonlat(corners))
