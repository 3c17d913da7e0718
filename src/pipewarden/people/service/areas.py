"""The area tree: shared administrative divisions and each tenant's own beats, and what a point lies in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import PLATFORM, Actor, Area, AreaRef, Ground, NewArea, PointAreas, ScopedRow
from pipewarden.people.rules import area as rules
from pipewarden.people.rules.access import allows
from pipewarden.people.service.access import require, require_row, visible
from pipewarden.people.service.audit import record
from pipewarden.people.store import areas as store

if TYPE_CHECKING:
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.kit.work import Work

_LONGEST_NAME = 100
_GROUNDS: dict[str, Ground] = {}
_MOST_GROUNDS = 64


def add_area(work: Work, actor: Actor, wanted: NewArea, *, shared: bool = False) -> Area:
    """Add an area to the tenant worked for, or to the shared tree when ``shared``.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not there; the parent is not in sight.
        InputError: key, name or polygon is unusable, or the key is taken among the sisters.
        RefusedError: the tree would be too deep.
    """
    tenant_id = PLATFORM if shared else work.tenant_id
    parent = None
    if wanted.parent_id is not None:
        parent = visible(store.by_id(work.session, wanted.parent_id, [PLATFORM, work.tenant_id]), "parent area")
        rules.check_parent(tenant_id, parent)
    require_row(actor, "area:manage", _row(tenant_id, parent), "area")
    if not 0 < len(wanted.name.strip()) <= _LONGEST_NAME or not wanted.name.isprintable():
        raise InputError(field="name", problem="is empty, too long or not printable", fix="Give 1-100 characters.")
    wkb, bbox, rings = (None, None, ()) if wanted.wkb is None else rules.read_polygon(wanted.wkb)
    if store.key_taken(work.session, tenant_id, wanted.parent_id, rules.check_key(wanted.key)):
        raise InputError(field="key", problem=f"{wanted.key!r} is taken there", fix="Choose another key.")
    area_id = work.ids.new()
    made = Area(
        id=area_id,
        tenant_id=tenant_id,
        parent_id=wanted.parent_id,
        path=rules.path_under(None if parent is None else parent.path, area_id),
        key=wanted.key,
        name=wanted.name.strip(),
        wkb=wkb,
        bbox=bbox,
        jurisdiction=rules.check_jurisdiction(wanted.jurisdiction),
        created_at=work.now(),
    )
    store.add(work.session, made, rings)
    details = {"key": made.key, "parent": None if parent is None else str(parent.id)}
    record(work, actor, "area.added", ("area", made.id), details, tenant_id=tenant_id)
    return made


def redraw_area(work: Work, actor: Actor, area_id: UUID, wkb: bytes) -> Area:
    """Replace an area's outline; rows stamped with its path keep the stamp until they are stamped anew.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in sight.
        InputError: the polygon is unusable.
    """
    found = _manageable(work, actor, area_id)
    good, bbox, rings = rules.read_polygon(wkb)
    made = Area(
        id=found.id,
        tenant_id=found.tenant_id,
        parent_id=found.parent_id,
        path=found.path,
        key=found.key,
        name=found.name,
        wkb=good,
        bbox=bbox,
        jurisdiction=found.jurisdiction,
        created_at=found.created_at,
    )
    store.redraw(work.session, made, rings)
    record(work, actor, "area.redrawn", ("area", area_id), {"rings": len(rings)}, tenant_id=found.tenant_id)
    return made


def move_area(work: Work, actor: Actor, area_id: UUID, parent_id: UUID | None) -> int:
    """Hang an area and all below it under another parent; return how many areas moved, 0 when it is there already.

    Rows that carry a stamped path must be stamped anew by their slice, which reads the audit entry ``area.moved``.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in sight.
        InputError: the key is taken there, or the parent belongs to another tenant.
        RefusedError: the parent lies below the area.
    """
    found = _manageable(work, actor, area_id)
    parent = None
    if parent_id is not None:
        parent = visible(store.by_id(work.session, parent_id, [PLATFORM, work.tenant_id]), "parent area")
    rules.check_move(found, parent)
    require_row(actor, "area:manage", _row(found.tenant_id, parent), "area")
    if found.parent_id == parent_id:
        return 0
    if store.key_taken(work.session, found.tenant_id, parent_id, found.key):
        raise InputError(field="key", problem=f"{found.key!r} is taken there", fix="Rename one of the two first.")
    path = rules.path_under(None if parent is None else parent.path, found.id)
    moved = store.move(work.session, found, parent, path)
    details = {"from": found.path, "to": path, "moved": moved}
    record(work, actor, "area.moved", ("area", area_id), details, tenant_id=found.tenant_id)
    return moved


def _manageable(work: Work, actor: Actor, area_id: UUID) -> Area:
    found = visible(store.by_id(work.session, area_id, [PLATFORM, work.tenant_id]), "area")
    require_row(actor, "area:manage", _row(found.tenant_id, found), "area")
    return found


def _row(tenant_id: UUID, area: Area | None) -> ScopedRow:
    areas = () if area is None else (AreaRef(area.tenant_id, area.path),)
    return ScopedRow(tenant_id=tenant_id, areas=areas)


def areas(work: Work) -> list[Area]:
    """Return the shared areas and the tenant's own, parents before children; names and outlines are no secret there."""
    return store.all_of(work.session, work.tenant_id)


def area(work: Work, area_id: UUID) -> Area:
    """Return one area that the tenant sees.

    Raises:
        NotFoundError: there is none.
    """
    return visible(store.by_id(work.session, area_id, [PLATFORM, work.tenant_id]), "area")


def ground(work: Work, actor: Actor, permission: str) -> Ground:
    """Return the part of the map on which the actor holds a permission over rows of the tenant worked for.

    The rule that decides is the one of every row: a row without a place is reached by who sees the whole tenant, a row
    inside an area by whose grant reaches that area.

    Raises:
        ForbiddenError: no membership gives the permission (403).
    """
    require(actor, permission)
    if allows(actor, permission, ScopedRow(work.tenant_id)):
        return Ground("everywhere", None)
    held = [
        area_id
        for area_id, area in store.drawn(work.session, work.tenant_id)
        if allows(actor, permission, ScopedRow(work.tenant_id, areas=(area,)))
    ]
    key = hashlib.sha256(b"".join(store.digests(work.session, held))).hexdigest()
    known = _GROUNDS.get(key)
    if known is None:
        known = Ground(key, rules.join(store.outlines(work.session, held)))
        if len(_GROUNDS) >= _MOST_GROUNDS:  # a union costs milliseconds; forgetting all is simplest
            _GROUNDS.clear()
        _GROUNDS[key] = known
    return known


def areas_at(work: Work, lonlat: NDArray[np.float64]) -> list[PointAreas]:
    """Return, for each point, the deepest area that contains it and the jurisdiction there, in one query.

    Where:
        lonlat: shape (n, 2), degrees WGS-84; a point with NaN lies nowhere.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    real = points[np.isfinite(points).all(axis=1)]
    if not len(real):
        return [PointAreas(area=None, jurisdiction=None)] * len(points)
    (west, south), (east, north) = real.min(axis=0), real.max(axis=0)
    near = store.near(work.session, work.tenant_id, (float(west), float(south), float(east), float(north)))
    return rules.deepest_of_each(near, points)


def area_at(work: Work, lon: float, lat: float) -> Area | None:
    """Return the deepest area that contains a point (degrees WGS-84), or None."""
    return areas_at(work, np.array([[lon, lat]]))[0].area


def jurisdiction_at(work: Work, lon: float, lat: float) -> str | None:
    """Return the key of the rule pack that holds at a point: its deepest area's, or the nearest ancestor's."""
    return areas_at(work, np.array([[lon, lat]]))[0].jurisdiction
