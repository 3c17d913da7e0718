"""The one scoped query: an actor's grants as a WHERE clause, for every list, get, tile, export and stream.

It is compiled from the actor alone and sends no query of its own. ``rules.access.allows`` says the same in Python, and
a property test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from pipewarden.people.facts import PLATFORM, Actor, Area, Grant, Scope, refused
from pipewarden.people.store.areas import AreaRow, contains_point, under

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy import SQLColumnExpression


@dataclass(frozen=True, slots=True)
class ScopedTable:
    """The columns by which a table's rows are owned; what is None matches nothing, so forgetting one opens nothing.

    Name one way to the area: a stamped ``area_path`` (fastest; see ``people.service.areas_at``), an ``area_id``, or
    ``lon`` and ``lat`` in degrees WGS-84.

    Attributes:
        tenant_id: whose row it is.
        owner_id: the person or API key that made it, for the scope own.
        hidden: true for rows that are in nobody's scope: what the house tests itself with.
    """

    tenant_id: SQLColumnExpression[UUID]
    owner_id: SQLColumnExpression[UUID] | SQLColumnExpression[UUID | None] | None = None
    area_path: SQLColumnExpression[str] | SQLColumnExpression[str | None] | None = None
    area_id: SQLColumnExpression[UUID] | SQLColumnExpression[UUID | None] | None = None
    lon: SQLColumnExpression[float] | SQLColumnExpression[float | None] | None = None
    lat: SQLColumnExpression[float] | SQLColumnExpression[float | None] | None = None
    hidden: SQLColumnExpression[bool] | None = None


def scope_filter(actor: Actor, permission: str, table: ScopedTable) -> ColumnElement[bool]:
    """Return the condition that picks the rows on which ``actor`` may do ``permission``.

    Raises:
        ForbiddenError: no membership of the actor gives the permission at any scope (403). A row that the condition
            does not pick is to be answered as absent (404): see ``people.service.visible``.
    """
    grants = actor.grants_for(permission)
    if not grants:
        raise refused(actor, permission)
    shown = true() if table.hidden is None else table.hidden.is_(False)
    if any(grant.scope is Scope.PLATFORM for grant in grants):
        return shown
    parts = [*_tenants(grants, table), *_areas(grants, table), *_own(actor, grants, table)]
    return and_(shown, or_(*parts)) if parts else false()


def area_filter(actor: Actor, permission: str, table: ScopedTable, area: Area) -> ColumnElement[bool]:
    """Return the condition for an area's outline: the scope of a reader who has nothing but that area.

    It narrows what ``scope_filter`` reaches and replaces nothing of it.

    Raises:
        ForbiddenError: as for ``scope_filter``.
    """
    if not area.path:
        return false()
    grants = tuple(
        replace(grant, scope=Scope.TENANTS_IN_AREA, tenant_id=area.tenant_id, area_path=area.path)
        for grant in actor.grants_for(permission)[:1]
    )
    return scope_filter(replace(actor, grants=grants), permission, table)


def _tenants(grants: Iterable[Grant], table: ScopedTable) -> list[ColumnElement[bool]]:
    tenants = sorted({grant.tenant_id for grant in grants if grant.scope is Scope.TENANT})
    return [table.tenant_id.in_(tenants)] if tenants else []


def _areas(grants: Iterable[Grant], table: ScopedTable) -> list[ColumnElement[bool]]:
    """One condition for each (tenant, scope), whatever the number of memberships."""
    paths: dict[tuple[Scope, UUID], set[str]] = {}
    for grant in grants:
        if grant.scope in {Scope.AREA, Scope.TENANTS_IN_AREA} and grant.area_path is not None:
            paths.setdefault((grant.scope, grant.tenant_id), set()).add(grant.area_path)
    parts = []
    for (scope, tenant_id), prefixes in sorted(paths.items()):
        inside = _inside(table, _outermost(prefixes), {PLATFORM, tenant_id})
        if inside is not None:
            parts.append(inside if scope is Scope.TENANTS_IN_AREA else and_(table.tenant_id == tenant_id, inside))
    return parts


def _inside(table: ScopedTable, prefixes: list[str], owners: set[UUID]) -> ColumnElement[bool] | None:
    if table.area_path is not None:
        return or_(*under(table.area_path, prefixes))
    if table.area_id is not None:
        below = select(AreaRow.id).where(AreaRow.tenant_id.in_(sorted(owners)), or_(*under(AreaRow.path, prefixes)))
        return table.area_id.in_(below)
    if table.lon is not None and table.lat is not None:
        return contains_point(prefixes, sorted(owners), table.lon, table.lat)
    return None


def _outermost(prefixes: set[str]) -> list[str]:
    """Leave out what lies below another of the paths: it adds nothing."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not (kept and prefix.startswith(kept[-1])):
            kept.append(prefix)
    return kept


def _own(actor: Actor, grants: Iterable[Grant], table: ScopedTable) -> list[ColumnElement[bool]]:
    tenants = sorted({grant.tenant_id for grant in grants if grant.scope is Scope.OWN})
    if not tenants or table.owner_id is None:
        return []
    mine = table.owner_id == actor.id
    return [mine if PLATFORM in tenants else and_(mine, table.tenant_id.in_(tenants))]
