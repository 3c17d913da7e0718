"""Coverage in pipe metres: what the cameras that stand see, and what moving ones saw beyond it.

It counts ground on which a machine would be found and placed, by the street's geometry alone: a parked lorry or a fence
that hides what lies behind is not known here. Only pictures that could be read count.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import shapely

from pipewarden.kit.errors import InputError
from pipewarden.locate import store
from pipewarden.locate.facts import ClassCovered, Covered
from pipewarden.locate.rules import outlines, shape_of, together
from pipewarden.locate.service.placing import coverage
from pipewarden.network import service as network
from pipewarden.network.facts import PressureClass
from pipewarden.people import service as people
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from shapely import Geometry

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import Camera, Trip

NETWORK, CAMERAS = "network:read", "camera:read"
LONGEST = timedelta(days=31)
MOST_VIEWS = 20_000
_MOST_CAMERAS = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """Which pictures count: from ``since`` up to but not at ``until``, inside the area named or everywhere."""

    since: datetime
    until: datetime
    area_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Ground:
    """Ground as polygons in WGS-84 degrees: what was asked about, what the cameras see, what the trips saw."""

    asked: Geometry
    fixed: Geometry
    trips: Geometry
    cameras: int
    views: int


def covered(work: Work, actor: Actor, span: Span) -> Covered:
    """Return the metres of pipe by class that are seen, inside what the actor may see.

    Raises:
        ForbiddenError: the actor reads no network, or no cameras.
        NotFoundError: no such area.
        InputError: the span is empty, longer than 31 days, or holds more than 20,000 pictures.
    """
    ground = _ground(work, actor, span)
    whole, fixed = _metres(work, ground.asked), _metres(work, ground.fixed)
    seen = _metres(work, shapely.union(ground.fixed, ground.trips))
    return Covered(
        since=span.since,
        until=span.until,
        cameras=ground.cameras,
        views=ground.views,
        classes=tuple(
            ClassCovered(
                pressure_class=cls,
                metres=whole[cls],
                fixed_m=min(fixed.get(cls, 0.0), whole[cls]),
                seen_m=min(max(seen.get(cls, 0.0), fixed.get(cls, 0.0)), whole[cls]),
            )
            for cls in PressureClass
            if whole.get(cls, 0.0) > 0
        ),
    )


def seen_shapes(work: Work, actor: Actor, span: Span) -> dict[str, list[list[list[list[float]]]]]:
    """Return the ground seen as GeoJSON MultiPolygon coordinates: ``fixed``, ``trips`` beyond it, ``both`` together.

    Raises:
        ForbiddenError, NotFoundError, InputError: as for ``covered``.
    """
    ground = _ground(work, actor, span)
    return {
        "fixed": shape_of(ground.fixed),
        "trips": shape_of(shapely.difference(ground.trips, ground.fixed)),
        "both": shape_of(shapely.union(ground.fixed, ground.trips)),
    }


def trip_metres(work: Work, trip: Trip) -> dict[PressureClass, float]:
    """Return the metres of pipe by class that the pictures of a trip showed; each metre counts once."""
    summed = sense.trip_sums(work, [trip])[trip.id]
    if summed.first_at is None or summed.last_at is None:
        return {}
    after = summed.last_at + timedelta(microseconds=1)
    rings = store.views(work, summed.first_at, after, stream=trip.stream, limit=MOST_VIEWS)
    return _metres(work, together(rings))


def _ground(work: Work, actor: Actor, span: Span) -> _Ground:
    if not timedelta(0) < span.until - span.since <= LONGEST:
        raise InputError(field="until", problem="is not after since by up to 31 days", fix="Ask about a day.")
    reach = people.ground(work, actor, NETWORK).wkb
    cameras = sense.seen_cameras(work, actor, CAMERAS, limit=_MOST_CAMERAS)
    asked = _extent(work)
    if reach is not None:
        asked = shapely.intersection(asked, shapely.from_wkb(reach))
    if span.area_id is not None:
        outline = people.area(work, span.area_id).wkb
        asked = shapely.intersection(asked, shapely.Polygon() if outline is None else shapely.from_wkb(outline))
    rings = store.views(work, span.since, span.until, limit=MOST_VIEWS + 1)
    if len(rings) > MOST_VIEWS:
        raise InputError(
            field="since",
            problem=f"until until hold more than {MOST_VIEWS:,} pictures",
            fix="Ask about a shorter time.",
        )
    standing = _standing(work, cameras)
    return _Ground(
        asked=asked,
        fixed=together(standing, asked),
        trips=together(rings, asked),
        cameras=len(standing),
        views=len(rings),
    )


def _standing(work: Work, cameras: list[Camera]) -> list[tuple[tuple[float, float], ...]]:
    """Return what each camera that stands covers; a neighbour tenant's, which an authority may see, are left out."""
    mine = [coverage(work, one) for one in cameras if one.tenant_id == work.tenant_id and not one.moves]
    return [one.ring for one in mine if one is not None]


def _extent(work: Work) -> Geometry:
    active = [one.extent for one in network.versions(work) if one.active]
    boxes = [shapely.box(*extent).buffer(1e-4) for extent in active]  # ten metres: a line on the rim has an inside
    return shapely.union_all(boxes) if boxes else shapely.Polygon()


def _metres(work: Work, ground: Geometry) -> dict[PressureClass, float]:
    outer, holes = outlines(ground)
    summed: defaultdict[PressureClass, float] = defaultdict(float)
    for stretch in network.metres_in(work, outer, holes) if outer else ():
        summed[stretch.pressure_class] += stretch.metres
    return summed
