"""Which cameras are worth asking about a place that something else felt: those that see most of where it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.dedupe.rules.sighting import box_about
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


class Views:
    """The ground that cameras see, ready to be asked about many places."""

    def __init__(self, views: Sequence[Coverage]) -> None:
        """Take what each camera sees."""
        self._views = views
        self._tree = shapely.STRtree([shapely.Polygon(one.ring) for one in views])

    def near(self, place: GroundPoint, reach_m: float) -> list[Coverage]:
        """Return those whose surrounding box comes within ``reach_m`` of a place."""
        found = self._tree.query(shapely.box(*box_about(place, reach_m)))
        return [self._views[int(at)] for at in sorted(found)]


def seeing(place: GroundPoint, views: Views, policy: Policy) -> list[UUID]:
    """Return the cameras whose ground holds the place or enough of where it may be, most first, at most so many."""
    frame = near_frame(place.lon, place.lat)
    here = shapely.Point(frame.to_metres(np.array([(place.lon, place.lat)]))[0])
    reach_m = max(radius_m(place), 1.0)
    about = here.buffer(reach_m, quad_segs=4)
    found = []
    for one in views.near(place, reach_m):
        ground = shapely.make_valid(shapely.Polygon(frame.to_metres(np.array(one.ring))))
        share = float(shapely.intersection(ground, about).area / about.area)
        if share >= policy.cue_share or ground.contains(here):
            found.append((-share, str(one.camera_id), one.camera_id))
    return [camera_id for _, _, camera_id in sorted(found)[: policy.cue_cameras]]
