"""Compounds: imported whole or not at all, and what it means to lie inside one: the prior, the risk, a look at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from duty_town import NORTH, SOUTH, DutyTown
from pyproj import Transformer

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import Discovery, InCompound, SiteState
from pipewarden.casework.rules.compound import holds, in_compound, read_compounds
from pipewarden.casework.rules.matching import match
from pipewarden.casework.rules.matching_file import weights_at
from pipewarden.casework.service import matching
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, Role

DEGREE_M = 111_320.0


def square(place: tuple[float, float], half: float = 0.001) -> dict[str, Any]:
    (lon, lat), h = place, half
    ring = [[lon - h, lat - h], [lon + h, lat - h], [lon + h, lat + h], [lon - h, lat + h], [lon - h, lat - h]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(key: str | int | None, geometry: Any, **said: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "Feature", "properties": said, "geometry": geometry}
    return made if key is None else made | {"id": key}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)} | more


@pytest.fixture
def town(work: Any, clock: Any) -> DutyTown:
    return DutyTown(work, clock)


def bring(town: DutyTown, body: object, crs: str | None = "EPSG:4326") -> Any:
    root = people.operator(town.work.tenant_id)
    return service.import_compounds(town.work, root, body, crs=crs, name="c.geojson")


def test_new_ones_are_added_known_ones_redrawn_and_none_is_removed(town: DutyTown) -> None:
    first = bring(town, collection(feature("a", square(NORTH), name="A 院"), feature(7, square(SOUTH), 名称="B 院")))
    assert (first.added, first.redrawn, first.same) == (("a", "7"), (), 0)
    second = bring(town, collection(feature("a", square(NORTH, 0.002), name="A 院")))
    assert (second.added, second.redrawn, second.same) == ((), ("a",), 0)
    assert bring(town, collection(feature("a", square(NORTH, 0.002), name="A 院"))).same == 1
    known = store.compounds.all_of(town.work)
    assert {key: one.name for key, one in known.items()} == {"a": "A 院", "7": "B 院"}


def test_another_reference_system_is_turned_and_its_contradiction_refused(town: DutyTown) -> None:
    way = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
    flat = square(NORTH)
    flat["coordinates"] = [[list(way.transform(*one)) for one in flat["coordinates"][0]]]
    bring(town, collection(feature("m", flat)), crs="EPSG:4548")
    (one,) = store.compounds.near(town.work, (*NORTH, *NORTH))
    assert holds([one], NORTH) == one
    with pytest.raises(InputError, match="these look like metres"):
        bring(town, collection(feature("m", flat)))
    said = {"type": "name", "properties": {"name": "EPSG:4548"}}
    with pytest.raises(InputError, match="the file itself says"):
        bring(town, collection(feature("m", square(NORTH)), crs=said))
    with pytest.raises(InputError, match="never guessed"):
        bring(town, collection(feature("m", square(NORTH))), crs=None)


BOW = {"type": "Polygon", "coordinates": [[[116.7, 39.5], [116.701, 39.501], [116.701, 39.5], [116.7, 39.501],
                                            [116.7, 39.5]]]}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ([], "c.geojson", "is no GeoJSON FeatureCollection"),
        (collection(), "c.geojson", "holds 0 compounds"),
        (collection("x"), "c.geojson feature 1", "is no GeoJSON feature"),
        (collection(feature(None, square(NORTH))), "c.geojson feature 1", "has no id"),
        (collection(feature("a", {"type": "Point", "coordinates": [1, 2]})), "c.geojson feature 1", "is a Point"),
        (collection(feature("a", None)), "c.geojson feature 1", "has no geometry"),
        (collection(feature("a", {"type": "Polygon", "coordinates": [[[1]]]})), "c.geojson feature 1", "cannot be"),
        (collection(feature("a", {"type": "Polygon", "coordinates": []})), "c.geojson feature 1", "is empty"),
        (collection(feature("a", BOW)), "c.geojson feature 1", "is no simple area"),
        (collection(feature("a", square(NORTH, 0.02))), "c.geojson feature 1", "more than 4"),
        (collection(feature("a", square(NORTH), name="x" * 101)), "c.geojson feature 1", "more than 100 characters"),
        (
            collection(feature("a", square(NORTH)), feature("a", square(SOUTH))),
            "c.geojson feature 2",
            "as feature 1 has",
        ),
    ],
)
def test_a_bad_file_is_refused_whole_with_feature_and_fix(
    town: DutyTown, body: object, field: str, problem: str
) -> None:
    with pytest.raises(InputError) as refused:
        bring(town, body)
    assert refused.value.field == field
    assert problem in refused.value.problem
    assert refused.value.fix
    assert not store.compounds.any_there(town.work)


def test_who_may_not_draw_areas_imports_none(town: DutyTown) -> None:
    patroller = town.actor(town.person(Role.PATROLLER, area=town.north))
    with pytest.raises(ForbiddenError):
        service.import_compounds(town.work, patroller, collection(), crs="EPSG:4326", name="c")


def test_the_error_of_a_place_decides_only_what_lies_on_one_side() -> None:
    body = collection(feature("a", square((116.7, 39.5))), feature("b", square((116.7, 39.5), 0.0005)))
    read = read_compounds(body, lambda points, _own: np.asarray(points), "c")
    compounds = [store.compounds.Compound(id=None, key=key, name=name, area=area) for key, name, area in read]  # type: ignore[arg-type]
    east = 116.701
    metre = 1 / (DEGREE_M * float(np.cos(np.radians(39.5))))
    assert in_compound(compounds, (east - 5 * metre, 39.5), 20.0) is InCompound.INSIDE
    assert in_compound(compounds, (east + 15 * metre, 39.5), 20.0) is InCompound.UNKNOWN
    assert in_compound(compounds, (east + 25 * metre, 39.5), 20.0) is InCompound.OUTSIDE
    assert in_compound([], (east, 39.5), 20.0) is InCompound.OUTSIDE
    smallest = holds(compounds, (116.7, 39.5))
    assert smallest is not None
    assert smallest.key == "b"
    assert holds(compounds, (116.8, 39.5)) is None


def test_without_any_compound_nobody_knows_and_another_tenants_say_nothing(town: DutyTown) -> None:
    assert matching.ground_at(town.work, NORTH, 10.0) == (InCompound.UNKNOWN, None)
    bring(town, collection(feature("a", square(NORTH), name="A 院")))
    assert matching.ground_at(town.work, NORTH, 10.0) == (InCompound.INSIDE, "A 院")
    assert matching.ground_at(town.work, SOUTH, 10.0) == (InCompound.OUTSIDE, None)
    other = replace(town.work, tenant_id=town.work.ids.new())
    assert matching.ground_at(other, NORTH, 10.0) == (InCompound.UNKNOWN, None)


def test_works_told_of_in_a_compound_outside_every_range_are_looked_at_again_after_a_false_alarm(street: Any) -> None:
    street.zone = Zone.OUTSIDE

    def told() -> Any:
        street.report(at=NORTH)
        street.judge()
        alarms = [one.id for one in street.alarms()]
        service.follow(street.work, alarms)
        return store.sites.lock_of_alarms(street.work, alarms), alarms

    assert told()[0] == {}
    street.clock.advance(timedelta(minutes=1))
    bring(street, collection(feature("a", square(NORTH), name="A 院")))
    filed, (alarm,) = told()
    assert filed[alarm].site.zone is Zone.OUTSIDE
    root = street.root()
    judge.decide(
        street.work, root, alarm, code=ReviewCode.PASSING, words="", silence=timedelta(hours=1), policy=JudgePolicy()
    )
    service.follow(street.work, [alarm])
    assert store.sites.lock_of_alarms(street.work, [alarm])[alarm].site.state is SiteState.FALSE
    street.clock.advance(timedelta(minutes=1))
    filed, _ = told()
    assert filed[alarm].site.state is SiteState.DISCOVERED
    assert store.history.events(street.work, filed[alarm].site.id)[-1].body.kind == "reopened"


def test_works_told_of_in_a_compound_get_their_site_while_the_judge_is_down(street: Any) -> None:
    street.zone = Zone.OUTSIDE
    street.report(at=NORTH)
    street.clock.advance(timedelta(minutes=2))
    assert jobs.look_for_waiting(street.begin) == 0
    bring(street, collection(feature("a", square(NORTH), name="A 院")))
    assert jobs.look_for_waiting(street.begin) == 1
    assert jobs.look_for_waiting(street.begin) == 0


def test_an_import_weighs_the_open_sites_on_its_ground_anew(town: DutyTown) -> None:
    site = town.site(NORTH, zone=Zone.CONTROL)
    service.renew(town.work, [site.id])
    (before,) = store.weighed.lock_free(town.work, [site.id])
    assert (before.filing, before.compound) == ("unfiled", None)
    assert before.risk_score is not None
    bring(town, collection(feature("a", square(NORTH), name="A 院")))
    (after,) = store.weighed.lock_free(town.work, [site.id])
    assert (after.filing, after.compound) == ("unfiled", "A 院")
    assert after.risk_score == pytest.approx(before.risk_score * 1.2 * 1.2 / 1.02 / 1.02)
    assert "12% of works inside a compound" in matching.filing_of(town.work, after).reason


def test_the_prior_of_a_compound_is_told() -> None:
    at = datetime(2026, 3, 4, 4, tzinfo=UTC)
    weights = weights_at(store.shipped_matching(), at)
    assert weights is not None
    inside, street = (match(Discovery(NORTH, 5.0, at, None, one), [], weights) for one in (True, None))
    said = "12% of works inside a compound, mostly below the threshold of permits are filed"
    assert inside.reason == f"{street.reason}; {said}"
