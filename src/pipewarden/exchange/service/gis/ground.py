"""What lies or stands there: pipes and facilities, cameras, areas."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import shapely

from pipewarden.exchange.facts.gis import Feature, FeaturePage, Narrow
from pipewarden.network import service as network
from pipewarden.network.facts import Kind, PressureClass
from pipewarden.people import service as people
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipewarden.kit.work import Work
    from pipewarden.network.service import Taken
    from pipewarden.people.facts import Actor, Area
    from pipewarden.sense.facts import Camera

    Place = list[object] | None

_PIPES, _FACILITIES = (Kind.PIPE,), (Kind.STATION, Kind.VALVE)
_LAST_ROW = (1 << 31) - 1  # of a database's integer
_CAMERA_READ, _AREA_READ = "camera:read", "area:read"


def pipes(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:
    """Return a page of pipes."""
    return _taken(work, actor, _PIPES, narrow, limit=limit, place=place)


def facilities(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:
    """Return a page of stations and valves."""
    return _taken(work, actor, _FACILITIES, narrow, limit=limit, place=place)


def pipe(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one pipe by ``version.row``."""
    return _one(work, actor, _PIPES, feature_id)


def facility(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one facility by ``version.row``."""
    return _one(work, actor, _FACILITIES, feature_id)


def _taken(
    work: Work, actor: Actor, kinds: Collection[Kind], narrow: Narrow, *, limit: int, place: Place
) -> FeaturePage:
    after = None if place is None else (UUID(str(place[0])), int(str(place[1])))
    found, more = network.take_out(work, actor, kinds, box=narrow.box, after=after, limit=limit)
    going_on = None if more is None else [str(more[0]), more[1]]
    return FeaturePage(tuple(_laid(work, one) for one in found), going_on)


def _one(work: Work, actor: Actor, kinds: Collection[Kind], feature_id: str) -> Feature | None:
    version, _, row = feature_id.partition(".")
    try:
        place = (UUID(version), int(row))
    except ValueError:
        return None
    if not 0 < place[1] <= _LAST_ROW or f"{place[0]}.{place[1]}" != feature_id:
        return None
    found = network.take_one(work, actor, kinds, place)
    return None if found is None else _laid(work, found)


def _laid(work: Work, one: Taken) -> Feature:
    pipe = one.pipe
    said = {
        "pipe_id": pipe.pipe_id,
        "regime": one.regime.value,
        "pressure_class": pipe.pressure_class.value,
        "assumed": pipe.pressure_class is PressureClass.UNKNOWN,
        "pressure": pipe.pressure,
        "diameter_mm": pipe.diameter_mm,
        "material": pipe.material,
        "depth_m": pipe.depth_m,
        "year": pipe.year,
        "sigma_m": pipe.sigma_m,
        "label": pipe.label,
    }
    if pipe.kind is not Kind.PIPE:
        said = {"kind": pipe.kind.value, **said}
    return Feature(f"{one.version_id}.{pipe.row}", work.tenant_id, pipe.geometry, said)


def cameras(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:
    """Return a page of cameras."""
    after = None if place is None else UUID(str(place[0]))
    found = sense.seen_cameras(work, actor, _CAMERA_READ, limit=limit + 1, after=after, box=narrow.box)
    shown = found[:limit]
    return FeaturePage(tuple(_cameras(work, shown)), [str(shown[-1].id)] if len(found) > limit else None)


def camera(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one camera."""
    found = sense.seen_cameras(work, actor, _CAMERA_READ, limit=1, only=UUID(feature_id))
    return next(iter(_cameras(work, found)), None)


def _cameras(work: Work, found: list[Camera]) -> list[Feature]:
    healths = sense.healths(work, found)
    made = []
    for one in found:
        health = healths.get(one.id)
        said = {
            "key": one.key,
            "name": one.name,
            "state": None if health is None or health.state is None else health.state.value,
            "state_since": None if health is None else health.since,
            "calibrated": one.calibration is not None,
            "rendered": one.rendered,
        }
        made.append(Feature(str(one.id), one.tenant_id, point(one.lon, one.lat), said))
    return made


def areas(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:  # noqa: ARG001  as its fellows
    """Return a page of areas; there are some thousands at the most, and the tree is read whole wherever it is shown."""
    people.require(actor, _AREA_READ)
    begin = 0 if place is None else int(str(place[0]))
    found = people.areas(work)
    more: Place = [begin + limit] if len(found) > begin + limit else None
    return FeaturePage(tuple(_area(one) for one in found[begin : begin + limit]), more)


def area(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one area."""
    people.require(actor, _AREA_READ)
    return _area(people.area(work, UUID(feature_id)))


def _area(one: Area) -> Feature:
    said = {
        "key": one.key,
        "name": one.name,
        "parent_id": None if one.parent_id is None else str(one.parent_id),
        "jurisdiction": one.jurisdiction,
    }
    return Feature(str(one.id), one.tenant_id, one.wkb, said)


def point(lon: float | None, lat: float | None) -> bytes | None:
    """Return a place as WKB; None where it is not known."""
    return None if lon is None or lat is None else bytes(shapely.to_wkb(shapely.Point(lon, lat)))
