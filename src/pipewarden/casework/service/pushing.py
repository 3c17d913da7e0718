"""What the judge needs to know: where somebody is in charge already, and which filed works want nobody there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.casework import store
from pipewarden.casework.rules.matching_file import weights_at
from pipewarden.casework.rules.windows import windows
from pipewarden.casework.service.filing_check import filing_zone
from pipewarden.dedupe.facts import Policy
from pipewarden.judge import service as judge
from pipewarden.judge.facts import OpenPlace
from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from pipewarden.casework.facts import Filing
    from pipewarden.kit.work import Work

_REACH_M = Policy().site_m
_CORNERS = 12
_MOST = 1000


def push_windows(work: Work, filing: Filing) -> None:
    """Tell the judge what a filing permits from now on: what it permitted before is taken back with it."""
    weights = weights_at(store.shipped_matching(), work.now())
    suits = {} if weights is None else weights.suits
    zone = filing_zone(filing.works.place, filing.filed_at)
    judge.set_permitted_of(work, str(filing.id), windows(filing, zone, suits, work.now()))


def push_places(work: Work) -> int:
    """Tell the judge the places that somebody has accepted and return how many; nothing is written where none changed.

    A site that nobody has accepted yet silences nothing.
    """
    sites = store.weighed.in_hand(work, limit=_MOST)
    places = tuple(
        OpenPlace(str(one.id), _ring(one.lon, one.lat), one.alarm_id)
        for one in sites
        if one.lon is not None and one.lat is not None
    )
    if places != judge.open_places(work):
        judge.set_open_places(work, places)
    return len(places)


def _ring(lon: float, lat: float) -> tuple[tuple[float, float], ...]:
    """Return a closed ring about a place, corners as lon, lat in degrees WGS-84."""
    frame = near_frame(lon, lat)
    middle = frame.to_metres(np.array([(lon, lat)]))[0]
    angles = np.linspace(0.0, 2.0 * math.pi, _CORNERS, endpoint=False)
    corners = frame.to_lonlat(middle + _REACH_M * np.column_stack((np.cos(angles), np.sin(angles))))
    ring = [(float(east), float(north)) for east, north in corners]
    return (*ring, ring[0])
