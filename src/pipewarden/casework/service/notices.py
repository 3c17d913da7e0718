"""Notices of works for anybody beside them (通告): of every operator, without names, phones or exact places.

Of Beijing's strikes most were inside compounds (domain.md 0): who lives there sees more than any camera.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework import store
from pipewarden.casework.facts.notice import Notice, Notices
from pipewarden.casework.facts.strike import NumberKind
from pipewarden.casework.rules import notice as rules
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.casework.store import SiteFilter
from pipewarden.casework.store.notice_policy import shipped_notices
from pipewarden.kit.geo import distance_m
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.casework.facts import Compound, Filing
    from pipewarden.casework.facts.notice import NoticePolicy
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work

    Place = tuple[float, float]

_MOST = 50  # told of one place; more is a building site of its own
_FURTHEST_M = 500.0  # a place that is not known better is no place beside anything
_RIM_DEG = 0.02  # a large compound reaches so far from where somebody stands in it


def notices(work: Work, place: Place, accuracy_m: float) -> Notices:
    """Return what is told at a place of every operator's works: in or beside its compound, else around it.

    Args:
        work: of anybody; nobody's reach is asked, so that nothing here may tell more than everybody may know.
        place: lon, lat in degrees WGS-84.
        accuracy_m: its error; one that is very poor is told of nothing but the hotline.
    """
    policy = shipped_notices()
    found: list[Notice] = []
    compound, hotline = None, None
    for tenant in people.tenants(work, people.operator()):
        here = replace(work, tenant_id=tenant.id)
        there = rules.compound_of(store.compounds.near(here, _box(place)), place, min(accuracy_m, _FURTHEST_M))
        if accuracy_m <= _FURTHEST_M:
            mine = [*_filed(here, policy, place, there), *_verified(here, policy, place, there)]
            found += mine
        if compound is None and there is not None:
            compound = there.name
        if hotline is None and (there is not None or people.area_at(here, *place) is not None):
            number = store.strikes.contacts_on(here, work.now().date()).get(NumberKind.HOTLINE)
            hotline = None if number is None else (number.name, number.number)
    ordered = sorted(found, key=lambda one: (one.distance_m, one.since, one.lon, one.lat))
    return Notices(compound, hotline, tuple(ordered[:_MOST]))


def _box(place: Place) -> tuple[float, float, float, float]:
    lon, lat = place
    return lon - _RIM_DEG, lat - _RIM_DEG, lon + _RIM_DEG, lat + _RIM_DEG


def _beside(policy: NoticePolicy, ground: bytes, place: Place, compound: Compound | None) -> bool:
    if compound is None:
        return rules.metres_to(ground, place) <= policy.around_m
    return rules.apart_m(ground, compound.area) <= policy.beside_m


def _filed(work: Work, policy: NoticePolicy, place: Place, compound: Compound | None) -> list[Notice]:
    now = work.now()
    return [
        _of_filing(work, policy, place, one)
        for one in store.filings.near(work, _box(place), since=now)
        if rules.is_told(policy, one, now) and _beside(policy, one.works.area, place, compound)
    ]


def _of_filing(work: Work, policy: NoticePolicy, place: Place, one: Filing) -> Notice:
    works = one.works
    inside = shapely.from_wkb(works.area).representative_point()
    lon, lat = people.on_grid(inside.x, inside.y)
    return Notice(
        state=state_at(one, work.now()).value,
        method=works.method.value,
        since=works.valid_from,
        until=works.valid_until,
        hours=works.hours,
        urgent=works.urgent,
        lon=lon,
        lat=lat,
        distance_m=rules.rounded(distance_m(place, (lon, lat))),
        look_for=rules.words_for(policy, works.method.value),
    )


def _verified(work: Work, policy: NoticePolicy, place: Place, compound: Compound | None) -> list[Notice]:
    """Return works that a person has seen and nobody has filed."""
    scope = store.SiteRow.tenant_id == work.tenant_id
    wanted = SiteFilter(open=True, bbox=_box(place))
    return [
        _of_site(policy, place, one)
        for one in store.sites.page(work, scope, wanted, limit=200)
        if one.site.verified
        and one.site.filing_id is None
        and one.site.lon is not None
        and one.site.lat is not None
        and _beside(policy, _point(one.site.lon, one.site.lat), place, compound)
    ]


def _point(lon: float, lat: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.Point(lon, lat)))


def _of_site(policy: NoticePolicy, place: Place, one: Filed) -> Notice:
    lon, lat = people.on_grid(one.site.lon or 0.0, one.site.lat or 0.0)
    return Notice(
        state="verified",
        method=rules.ANY,
        since=one.opened_at,
        until=None,
        hours=None,
        urgent=False,
        lon=lon,
        lat=lat,
        distance_m=rules.rounded(distance_m(place, (lon, lat))),
        look_for=rules.words_for(policy, rules.ANY),
    )
