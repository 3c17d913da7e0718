"""Which cameras are worth asking about a place that something else felt: those that see most of where it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.geo import near_frame
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.dedupe.facts import Policy
    from pipewarden.locate.facts import Coverage, GroundPoint
    from pipewarden.network.facts import ZoneAnswer

RADIUS_95 = 2.4477  # sigmas that hold 95 of 100 points of a round normal in the plane: sqrt(-2 ln 0.05)


def radius_m(place: GroundPoint) -> float:
    """Return the radius that holds the place in 95 of 100 cases, metres."""
    return RADIUS_95 * place.sigma_m


def worth_a_look(answer: ZoneAnswer, at: datetime | None, now: datetime, policy: Policy) -> bool:
    """Return whether it lies in a pipe's range as far as anybody knows, and is news: an old report pulls no picture.

    The zone has the place's error in it already (network.facts.ZoneAnswer).
    """
    news = at is None or abs((now - at).total_seconds()) <= policy.cue_within_s
    return news and answer.zone is not Zone.OUTSIDE


def seeing(place: GroundPoint, views: Sequence[Coverage], policy: Policy) -> list[UUID]:
    """Return the cameras whose ground holds the place or enough of where it may be, most first, at most so many."""
    frame = near_frame(place.lon, place.lat)
    here = shapely.Point(frame.to_metres(np.array([(place.lon, place.lat)]))[0])
    about = here.buffer(max(radius_m(place), 1.0), quad_segs=4)
    found = []
    for one in views:
        ground = shapely.make_valid(shapely.Polygon(frame.to_metres(np.array(one.ring))))
        share = float(shapely.intersection(ground, about).area / about.area)
        if share >= policy.cue_share or ground.contains(here):
            found.append((-share, str(one.camera_id), one.camera_id))
    return [camera_id for _, _, camera_id in sorted(found)[: policy.cue_cameras]]
