"""Joining regimes, choosing the day's law, keeping networks in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Regime, Zone, ZoneAnswer
from pipewarden.network.service import answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work

READER = FileReader()
CITY, LONG = UUID(int=1), UUID(int=2)


def said(zone: Zone, distance: float | None, version: UUID, p: float | None = None) -> ZoneAnswer:
    name = "city" if version == CITY else "long"
    inside = zone in {Zone.CONTROL, Zone.PROTECTION}
    return ZoneAnswer(
        pipe_id=None if distance is None else name,
        distance_m=distance,
        zone=zone,
        zone_pipe_id=name if inside else None,
        jurisdiction=f"CN-{name}",
        pack_id=f"pack-{name}",
        clause=f"clause-{name}" if inside else None,
        p_protection=p,
        p_control=p,
        network_version_id=version,
        assumed=None,
    )


ORDER = [Zone.OUTSIDE, Zone.UNKNOWN, Zone.CONTROL, Zone.PROTECTION]


@pytest.mark.parametrize("a", ORDER)
@pytest.mark.parametrize("b", ORDER)
def test_the_higher_zone_brings_its_own_law(a: Zone, b: Zone) -> None:
    city, long = said(a, 3.0, CITY, 0.2), said(b, 7.0, LONG, 0.6)
    for joined in (answers._worse(city, long), answers._worse(long, city)):
        law = long if ORDER.index(b) > ORDER.index(a) else city
        assert joined.zone is law.zone
        assert (joined.zone_pipe_id, joined.clause, joined.pack_id) == (law.zone_pipe_id, law.clause, law.pack_id)
        assert joined.network_version_id == law.network_version_id
        assert (joined.pipe_id, joined.distance_m) == ("city", 3.0)
        assert (joined.p_protection, joined.p_control) == (0.6, 0.6)


def test_a_regime_without_a_law_of_the_day_never_makes_it_outside() -> None:
    joined = answers._worse(said(Zone.OUTSIDE, 900.0, CITY), said(Zone.UNKNOWN, None, LONG))
    assert joined.zone is Zone.UNKNOWN
    assert (joined.pipe_id, joined.distance_m) == ("city", 900.0)
    assert joined.p_control is None


def network(town: Town, folder: Path, jurisdiction: str = "CN-SX-datong") -> service.FileNetwork:
    path = town.geojson(folder / "n.geojson", [town.feature("LINESTRING (-50 0, 50 0)", id="x", pressure="次高压")])
    return service.open_file(READER, path, crs="EPSG:4326", jurisdiction=jurisdiction)


def test_the_events_day_chooses_the_law(town: Town, tmp_path: Path) -> None:
    made = network(town, tmp_path)
    point = town.lonlat([(0.0, 5.0)])
    before = service.answer_file(made, point, at=datetime(2026, 1, 20, 15, 59, 59, tzinfo=UTC))[0]
    after = service.answer_file(made, point, at=datetime(2026, 1, 20, 16, 0, tzinfo=UTC))[0]
    assert (before.zone, before.pack_id) == (Zone.CONTROL, "CN-GB55009")
    assert (after.zone, after.pack_id) == (Zone.PROTECTION, "CN-SX-datong")
    assert before.jurisdiction == after.jurisdiction == "CN-SX-datong"


def test_days_under_one_law_share_one_table(town: Town, tmp_path: Path) -> None:
    made = network(town, tmp_path)
    point = town.lonlat([(0.0, 5.0)])
    for day in range(40):
        service.answer_file(made, point, at=town.at + timedelta(days=day))
    assert len(made._held.tables) == 1
    service.answer_file(made, point, at=datetime(2023, 5, 1, tzinfo=UTC))
    assert len(made._held.tables) == 2


def test_only_a_few_networks_stay_in_memory(town: Town) -> None:
    cache = answers._Cache()
    built: list[int] = []

    def load(n: int) -> list[object]:
        built.append(n)
        return [town.pipe(1, "LINESTRING (0 0, 9 0)")]

    for n in range(12):
        cache.get(UUID(int=n), lambda n=n: load(n))  # type: ignore[misc, return-value]
    cache.get(UUID(int=11), lambda: load(11))  # type: ignore[arg-type, return-value]
    assert built == list(range(12))
    assert list(cache.held) == [UUID(int=n) for n in range(4, 12)]
    cache.get(UUID(int=0), lambda: load(0))  # type: ignore[arg-type, return-value]
    assert built[-1] == 0


def test_the_rules_kept_are_bounded() -> None:
    for day in range(answers._MOST_RULES + 20):
        answers.rules_of("CN-BJ", Regime.CITY_GAS, datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day))
    assert len(answers._RULES) <= answers._MOST_RULES


def test_shapes_of_points_and_errors_are_forgiving(town: Town, tmp_path: Path) -> None:
    made = network(town, tmp_path)
    assert service.answer_file(made, np.empty((0, 2)), at=town.at) == []
    one = service.answer_file(made, np.array([town.lon, town.lat]), covariances=np.array([1.0, 0.0, 1.0]), at=town.at)
    assert one[0].zone is Zone.PROTECTION
    assert one[0].p_protection == pytest.approx(1.0, abs=1e-3)


def test_an_answer_is_the_same_alone_and_in_company(town: Town, tmp_path: Path) -> None:
    made = network(town, tmp_path)
    rng = np.random.default_rng(4)
    points = town.lonlat(rng.uniform(-80, 80, (700, 2)))
    together = service.answer_file(made, points, at=town.at)
    alone = [service.answer_file(made, point[None], at=town.at)[0] for point in points[:80]]
    assert together[:80] == alone
    assert {a.zone for a in together} == {Zone.OUTSIDE, Zone.CONTROL, Zone.PROTECTION}


def test_probabilities_never_change_the_distance(town: Town, tmp_path: Path) -> None:
    made = network(town, tmp_path)
    points = town.lonlat([(0.0, 8.0), (70.0, 3.0)])
    plain = service.answer_file(made, points, at=town.at)
    fuzzy = service.answer_file(made, points, covariances=np.tile([4.0, 1.0, 9.0], (2, 1)), at=town.at)
    for a, b in zip(plain, fuzzy, strict=True):
        assert (a.pipe_id, a.distance_m) == (b.pipe_id, b.distance_m)
        assert b.p_protection is not None
        assert b.p_control is not None
        assert 0 <= b.p_protection <= b.p_control <= 1
        assert a.p_control is None
        assert replace(b, p_protection=None, p_control=None, assumed=a.assumed, zone=a.zone, clause=a.clause) == a


def test_a_stored_and_a_file_network_answer_alike(work: Work, town: Town, tmp_path: Path) -> None:
    made = network(town, tmp_path)
    report = service.import_network(work, READER, tmp_path / "n.geojson", crs="EPSG:4326", jurisdiction="CN-SX-datong")
    points = town.lonlat([(0.0, y) for y in np.linspace(-30, 30, 25)])
    errors = np.tile([2.0, 0.0, 2.0], (25, 1))
    stored = service.answer_many(work, points, covariances=errors, at=town.at)
    direct = service.answer_file(made, points, covariances=errors, at=town.at)
    assert {a.network_version_id for a in stored} == {report.version_id}
    assert [replace(a, network_version_id=None) for a in stored] == direct


@pytest.mark.parametrize("covariance", [None, (4.0, 0.0, 4.0)])
@pytest.mark.parametrize(("north", "zone"), [(4900.0, Zone.OUTSIDE), (5100.0, Zone.UNKNOWN), (90_000.0, Zone.UNKNOWN)])
def test_a_map_says_nothing_about_places_it_does_not_cover(
    town: Town, tmp_path: Path, north: float, zone: Zone, covariance: tuple[float, float, float] | None
) -> None:
    errors = None if covariance is None else np.array([covariance])
    (answer,) = service.answer_file(
        network(town, tmp_path), town.lonlat([(0.0, north)]), covariances=errors, at=town.at
    )
    assert answer.zone is zone
    assert answer.distance_m == pytest.approx(north, rel=2e-3)
    assert answer.pipe_id == "x"
    assert (answer.clause, answer.zone_pipe_id) == (None, None)
    assert ("not covered by this map" in (answer.assumed or "")) == (zone is Zone.UNKNOWN)
    assert (answer.p_control is None) == (zone is Zone.UNKNOWN or covariance is None)


def test_london_is_not_outside_a_network_in_china(town: Town, tmp_path: Path) -> None:
    points = np.vstack([np.tile([[-0.1, 51.5], [-179.9, 0.0], [116.7, -80.0]], (100, 1)), town.lonlat([(0.0, 1.0)])])
    found = service.answer_file(network(town, tmp_path), points, at=town.at)
    assert {a.zone for a in found[:-1]} == {Zone.UNKNOWN}
    assert found[0].distance_m == pytest.approx(8.15e6, rel=0.02)
    assert found[-1].zone is Zone.PROTECTION


def test_a_gap_within_the_extent_is_covered(town: Town, tmp_path: Path) -> None:
    ends = [town.feature(f"LINESTRING ({x} 0, {x + 90} 90)", id=f"x{x}") for x in (0, 30_000)]
    made = service.open_file(
        READER, town.geojson(tmp_path / "two.geojson", ends), crs="EPSG:4326", jurisdiction="CN-BJ"
    )
    (answer,) = service.answer_file(made, town.lonlat([(15_000.0, 40.0)]), at=town.at)
    assert answer.zone is Zone.OUTSIDE
    assert answer.distance_m == pytest.approx(14_910, rel=0.01)


def test_one_map_that_covers_the_place_is_enough(work: Work, town: Town, tmp_path: Path) -> None:
    city = town.geojson(tmp_path / "c.geojson", [town.feature("LINESTRING (0 0, 90 0)", id="city")])
    long = town.geojson(tmp_path / "l.geojson", [town.feature("LINESTRING (0 50000, 90 50000)", id="long")])
    service.import_network(work, READER, city, crs="EPSG:4326", jurisdiction="CN-BJ")
    service.import_network(work, READER, long, crs="EPSG:4326", jurisdiction="CN-LONGDISTANCE")
    points = town.lonlat([(0, 300), (0, 49_700), (0, 25_000), (0, 49_990)])
    found = service.answer_many(work, points, covariances=None, at=town.at)
    assert [a.zone for a in found] == [Zone.OUTSIDE, Zone.OUTSIDE, Zone.UNKNOWN, Zone.CONTROL]
    assert [a.pipe_id for a in found] == ["city", "long", "city", "long"]


def test_every_regime_can_be_forced(work: Work, town: Town, tmp_path: Path) -> None:
    network(town, tmp_path)
    report = service.import_network(
        work,
        READER,
        tmp_path / "n.geojson",
        crs="EPSG:4326",
        jurisdiction="CN-SD-qingdao",
        regime=Regime.LONG_DISTANCE,
    )
    assert (report.regime, report.jurisdiction) == (Regime.LONG_DISTANCE, "CN-SD-qingdao")
    (answer,) = service.answer_many(work, town.lonlat([(0.0, 20.0)]), covariances=None, at=town.at)
    assert (answer.zone, answer.pack_id, answer.clause) == (
        Zone.CONTROL,
        "CN-LONGDISTANCE",
        "石油天然气管道保护法 第三十五条（二）",
    )
