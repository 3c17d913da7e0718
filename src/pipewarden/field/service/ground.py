"""Whose ground a place is: a citizen does not know which company's pipe lies there, and need not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.network import service as network
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work

_NEAR_DEG = 0.01  # a kilometre


def tenant_at(work: Work, place: tuple[float, float] | None) -> UUID | None:
    """Return the operator whose ground holds a place; None where none does, or several might.

    Its own areas first, then the map of pipes that reaches there (the smallest map where two do), then the only
    operator of the house, which hears everything that is said here.

    Args:
        work: of anybody.
        place: lon, lat in degrees WGS-84; None is no place.
    """
    tenants = [one.id for one in people.tenants(work, people.operator())]
    if place is not None:
        for tenant_id in tenants:
            area = people.area_at(replace(work, tenant_id=tenant_id), *place)
            if area is not None and area.tenant_id == tenant_id:
                return tenant_id
        maps = network.operators_at(work, place)
        if maps:
            return maps[0]
    return tenants[0] if len(tenants) == 1 else None


def waits_here(work: Work, place: tuple[float, float]) -> bool:
    """Say whether a place is no ground of the tenant: it has drawn areas, none holds it, and no pipe of its is near."""
    if all(one.wkb is None for one in people.areas(work)) or people.area_at(work, *place) is not None:
        return False
    lon, lat = place
    around = (lon - _NEAR_DEG, lat - _NEAR_DEG, lon + _NEAR_DEG, lat + _NEAR_DEG)
    return not network.near(work, around, at=work.now())
