"""The service on a real database: import, swap, roll back, refuse, answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Regime, Zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipewarden.kit.work import Work

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
READER = FileReader()
LON, LAT = 116.7, 39.5
DEGREE_LAT = 111_030.0  # metres at 39.5 N


def feature(coordinates: object, kind: str = "LineString", **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def street(north_m: float, **properties: object) -> dict[str, object]:
    """A pipe 800 m long from west to east, ``north_m`` metres north of the origin."""
    lat = LAT + north_m / DEGREE_LAT
    return feature([[LON - 0.005, lat], [LON + 0.005, lat]], **properties)


def write(path: Path, features: Sequence[dict[str, object]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def two_streets(path: Path, north_m: float = 0.0) -> Path:
    return write(
        path / "streets.geojson",
        [
            street(north_m, pipe_id="low", pressure="低压", diameter_mm=200),
            street(north_m + 30, pipe_id="high", pressure="高压", diameter_mm=500, sigma_m=0.5),
        ],
    )


def load(work: Work, path: Path, **more: object):
    options: dict[str, object] = {"crs": "EPSG:4326", "jurisdiction": "CN-HE-langfang"} | more
    return service.import_network(work, READER, path, **options)  # type: ignore[arg-type]


def at_north(metres: float) -> tuple[float, float]:
    return LON, LAT + metres / DEGREE_LAT


def test_the_report_has_the_commands_contract(work: Work, tmp_path: Path) -> None:
    report = load(work, two_streets(tmp_path)).as_json()
    assert list(report)[:6] == ["version", "accepted", "rejected", "length_km", "extent", "crs"]
    assert report["version"] == 1
    assert report["accepted"] == 2
    assert report["rejected"] == []
    assert report["length_km"] == pytest.approx(2 * 0.8605, rel=1e-3)
    assert report["extent"] == pytest.approx([LON - 0.005, LAT, LON + 0.005, LAT + 30 / DEGREE_LAT])
    assert report["crs"] == "EPSG:4326"
    json.dumps(report)


def test_the_zone_is_the_highest_over_all_pipes_not_the_nearest_ones(work: Work, tmp_path: Path) -> None:
    load(work, two_streets(tmp_path))
    lon, lat = at_north(-6.0)
    answer = service.answer(work, lon, lat, covariance=None, at=AT)
    assert (answer.pipe_id, answer.zone_pipe_id, answer.zone) == ("low", "high", Zone.CONTROL)
    assert answer.distance_m == pytest.approx(5.9, abs=0.02)
    assert answer.clause == "GB 55009-2021 5.1.7"
    assert (answer.pack_id, answer.jurisdiction) == ("CN-HE-langfang", "CN-HE-langfang")
    assert answer.p_control is None


def test_both_zone_edges_count_from_the_outer_edge(work: Work, tmp_path: Path) -> None:
    load(work, write(tmp_path / "a.geojson", [street(0, pipe_id="a", pressure="高压", diameter_mm=1000)]))
    found = [service.answer(work, *at_north(m), covariance=None, at=AT).zone for m in (0, 5.4, 5.6, 50.4, 50.7)]
    assert found == [Zone.PROTECTION, Zone.PROTECTION, Zone.CONTROL, Zone.CONTROL, Zone.OUTSIDE]


def test_errors_widen_the_zone_and_give_probabilities(work: Work, tmp_path: Path) -> None:
    load(work, write(tmp_path / "a.geojson", [street(0, pipe_id="a", pressure="低压", diameter_mm=200, sigma_m=0.3)]))
    lon, lat = at_north(3.0)
    plain = service.answer(work, lon, lat, covariance=None, at=AT)
    fuzzy = service.answer(work, lon, lat, covariance=(4.0, 0.0, 4.0), at=AT)
    sharp = service.answer(work, lon, lat, covariance=(0.01, 0.0, 0.01), at=AT)
    assert plain.zone is Zone.CONTROL
    assert plain.distance_m == fuzzy.distance_m
    assert fuzzy.zone is Zone.CONTROL  # 2.9 - 0.3 - 2 = 0.6 > 0.5
    assert service.answer(work, *at_north(2.8), covariance=(4.0, 0.0, 4.0), at=AT).zone is Zone.PROTECTION
    assert sharp.p_protection == pytest.approx(0.0, abs=1e-6)
    assert sharp.p_control == pytest.approx(1.0, abs=1e-6)
    assert fuzzy.p_protection is not None
    assert 0.05 < fuzzy.p_protection < 0.15


def test_an_unknown_pressure_counts_as_high_and_says_so(work: Work, tmp_path: Path) -> None:
    report = load(work, write(tmp_path / "a.geojson", [street(0, pipe_id="a")]))
    assert report.unknown == {"pressure_class": 1, "diameter_mm": 1, "sigma_m": 1}
    lon, lat = at_north(40)
    answer = service.answer(work, lon, lat, covariance=(1.0, 0.0, 1.0), at=AT)
    assert answer.zone is Zone.CONTROL
    assert answer.assumed == (
        "pressure unknown, taken as high (strictest); diameter unknown, taken as 1000 mm; "
        "map accuracy unknown, taken as 1 m"
    )
    plain = service.answer(work, lon, lat, covariance=None, at=AT)
    assert plain.assumed == "pressure unknown, taken as high (strictest); diameter unknown, taken as 1000 mm"


def test_without_a_network_everything_is_unknown(work: Work) -> None:
    answer = service.answer(work, LON, LAT, covariance=None, at=AT)
    assert answer.zone is Zone.UNKNOWN
    assert (answer.pipe_id, answer.distance_m, answer.network_version_id) == (None, None, None)


def test_a_place_that_is_not_known_is_unknown_not_outside(work: Work, tmp_path: Path) -> None:
    load(work, two_streets(tmp_path))
    points = np.array([[np.nan, LAT], [LON, LAT], [200.0, LAT]])
    zones = [a.zone for a in service.answer_many(work, points, covariances=None, at=AT)]
    assert zones == [Zone.UNKNOWN, Zone.PROTECTION, Zone.UNKNOWN]
    bad = np.array([[1.0, 0.0, 1.0], [np.nan, 0.0, 1.0], [1.0, 0.0, 1.0]])
    assert service.answer_many(work, points, covariances=bad, at=AT)[1].zone is Zone.UNKNOWN


def test_before_any_pack_is_in_force_the_zone_is_unknown_and_says_why(work: Work, tmp_path: Path) -> None:
    load(work, two_streets(tmp_path))
    answer = service.answer(work, LON, LAT, covariance=None, at=datetime(2020, 1, 1, tzinfo=UTC))
    assert answer.zone is Zone.UNKNOWN
    assert answer.assumed == "no rule pack of CN-HE-langfang is in force on 2020-01-01"


def test_a_dry_run_writes_nothing(work: Work, tmp_path: Path) -> None:
    report = load(work, two_streets(tmp_path), dry_run=True)
    assert (report.version, report.accepted, report.dry_run) == (None, 2, True)
    assert service.versions(work) == []


def test_versions_swap_and_roll_back(work: Work, tmp_path: Path) -> None:
    first = load(work, two_streets(tmp_path))
    second = load(work, two_streets(tmp_path, north_m=3))
    assert (first.version, second.version) == (1, 2)
    assert [(v.number, v.active) for v in service.versions(work)] == [(2, True), (1, False)]
    assert service.answer(work, *at_north(3), covariance=None, at=AT).distance_m == pytest.approx(0.0)
    back = service.rollback(work, Regime.CITY_GAS)
    assert (back.number, back.active) == (1, True)
    assert [(v.number, v.active) for v in service.versions(work)] == [(2, False), (1, True)]
    assert service.answer(work, *at_north(0), covariance=None, at=AT).distance_m == pytest.approx(0.0)
    with pytest.raises(RefusedError, match="no earlier"):
        service.rollback(work, Regime.CITY_GAS)
    assert load(work, two_streets(tmp_path)).version == 3


def test_a_version_can_be_asked_by_id(work: Work, tmp_path: Path) -> None:
    first = load(work, two_streets(tmp_path))
    load(work, two_streets(tmp_path, north_m=10))
    point = np.array([at_north(0)])
    old = service.answer_many(work, point, covariances=None, at=AT, version_id=first.version_id)[0]
    assert old.distance_m == pytest.approx(0.0)
    assert old.network_version_id == first.version_id
    with pytest.raises(InputError, match="no version"):
        service.answer_many(work, point, covariances=None, at=AT, version_id=work.ids.new())


def test_a_shift_stops_the_import_unless_allowed(work: Work, tmp_path: Path) -> None:
    load(work, two_streets(tmp_path))
    moved = two_streets(tmp_path, north_m=25)
    dry = load(work, moved, dry_run=True)
    assert dry.shift is not None
    assert dry.shift.median_m == pytest.approx(25, abs=0.1)
    assert dry.shift.by == "pipe_id"
    with pytest.raises(RefusedError, match="25 m away"):
        load(work, moved)
    assert [v.number for v in service.versions(work)] == [1]
    assert load(work, moved, allow_shift=True).version == 2


def streets(path: Path, count: int, **more: float) -> Path:
    return write(
        path / "part.geojson", [street(30.0 * n, pipe_id=f"s{n}", pressure="低压", **more) for n in range(count)]
    )


def test_a_part_of_the_map_stops_the_import_unless_allowed(work: Work, tmp_path: Path) -> None:
    assert load(work, streets(tmp_path, 20)).active_length_km is None
    part = streets(tmp_path, 3)
    with pytest.raises(RefusedError, match=r"2\.58. km of pipe, the active version 17\.2") as caught:
        load(work, part)
    assert caught.value.field == "length"
    assert "--allow-shrink" in caught.value.fix
    with pytest.raises(RefusedError):
        load(work, part, allow_shift=True, allow_rejected=True)
    assert [v.number for v in service.versions(work)] == [1]
    taken = load(work, part, allow_shrink=True)
    assert taken.version == 2
    assert taken.as_json()["active_length_km"] == pytest.approx(20 * 0.8605, rel=1e-3)


def test_a_tenth_may_go_without_asking(work: Work, tmp_path: Path) -> None:
    load(work, streets(tmp_path, 20))
    assert load(work, streets(tmp_path, 19)).version == 2
    assert load(work, streets(tmp_path, 30)).version == 3
    long = write(tmp_path / "long.geojson", [street(40, pipe_id="long")])
    assert load(work, long, jurisdiction="CN-LONGDISTANCE").version == 1  # lengths of two regimes are not compared


def test_a_dry_run_says_what_would_be_refused(work: Work, tmp_path: Path) -> None:
    assert load(work, streets(tmp_path, 20)).as_json()["would_be_refused"] == []
    assert load(work, streets(tmp_path, 20), dry_run=True).would_be_refused == ()
    moved = write(tmp_path / "m.geojson", [street(30.0 * n + 25, pipe_id=f"s{n}") for n in range(10)])
    dry = load(work, moved, dry_run=True).as_json()
    assert dry["active_length_km"] == pytest.approx(20 * 0.8605, rel=1e-3)
    assert [reason.split(":")[0] for reason in dry["would_be_refused"]] == ["--crs", "length"]
    allowed = load(work, moved, dry_run=True, allow_shift=True)
    assert [reason.split(":")[0] for reason in allowed.would_be_refused] == ["length"]
    assert load(work, moved, dry_run=True, allow_shift=True, allow_shrink=True).would_be_refused == ()


def test_the_national_ranges_in_place_of_a_pack_are_told(work: Work, tmp_path: Path) -> None:
    report = load(work, two_streets(tmp_path), jurisdiction="CN-GD-foshan")
    assert report.warnings[0] == (0, "no pack for CN-GD-foshan: the national ranges CN-GB55009 are used")
    assert not any("no pack" in words for _, words in load(work, two_streets(tmp_path)).warnings)


def test_a_map_read_as_gcj02_by_mistake_is_stopped(work: Work, tmp_path: Path) -> None:
    load(work, two_streets(tmp_path))
    with pytest.raises(RefusedError, match="away from the active version"):
        load(work, two_streets(tmp_path), crs="GCJ-02")


def test_a_few_lost_rows_are_reported(work: Work, tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", [street(0, pipe_id="a"), feature([LON, LAT], "Point", pipe_id="b")])
    report = load(work, path)
    assert (report.version, report.accepted) == (1, 1)
    assert report.as_json()["rejected"] == [{"row": 2, "reason": report.rejected[0][1]}]
    assert "`points: station`" in report.rejected[0][1]


def test_more_lost_rows_than_kept_stop_the_import_unless_allowed(work: Work, tmp_path: Path) -> None:
    dots = [feature([LON, LAT], "Point", pipe_id=name) for name in "bc"]
    path = write(tmp_path / "a.geojson", [street(0, pipe_id="a"), *dots])
    assert [row for row, _ in load(work, path, dry_run=True).rejected] == [2, 3]
    with pytest.raises(RefusedError, match="row 2"):
        load(work, path)
    assert service.versions(work) == []
    assert load(work, path, allow_rejected=True).accepted == 1


def test_both_regimes_are_asked_each_under_its_own_law(work: Work, tmp_path: Path) -> None:
    load(work, write(tmp_path / "city.geojson", [street(0, pipe_id="city", pressure="低压", diameter_mm=200)]))
    load(
        work,
        write(tmp_path / "long.geojson", [street(40, pipe_id="long", diameter_mm=1000)]),
        jurisdiction="CN-LONGDISTANCE",
    )
    assert [(v.regime, v.active) for v in service.versions(work)] == [
        (Regime.CITY_GAS, True),
        (Regime.LONG_DISTANCE, True),
    ]
    middle = service.answer(work, *at_north(10), covariance=None, at=AT)
    assert (middle.pipe_id, middle.zone_pipe_id, middle.zone) == ("city", "long", Zone.CONTROL)
    assert middle.clause == "石油天然气管道保护法 第三十五条（二）"
    assert middle.pack_id == "CN-LONGDISTANCE"
    near = service.answer(work, *at_north(34.9), covariance=None, at=AT)
    assert (near.zone, near.distance_m) == (Zone.CONTROL, pytest.approx(5.1, abs=0.01))  # from the centre line
    on_city = service.answer(work, *at_north(0.3), covariance=(1.0, 0.0, 1.0), at=AT)
    assert (on_city.zone, on_city.zone_pipe_id, on_city.pack_id) == (Zone.PROTECTION, "city", "CN-HE-langfang")
    assert on_city.p_control is not None
    assert on_city.p_control > 0.99


def test_pipes_come_back_as_they_were_read(work: Work, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.geojson", [street(0, pipe_id="a", 压力="0.3MPa", 管径="DN300", 材质="PE", 道路="和平路")]
    )
    report = load(work, path)
    assert report.version_id is not None
    (pipe,) = service.pipes(work, report.version_id)
    assert (pipe.pipe_id, pipe.pressure_class, pipe.diameter_mm, pipe.material) == ("a", "medium", 300.0, "PE")
    assert pipe.extra == {"道路": "和平路"}
    assert pipe.pressure == "0.3MPa"


def test_a_batch_is_a_few_statements(work: Work, tmp_path: Path, count_statements: list[str]) -> None:
    load(work, two_streets(tmp_path))
    points = np.tile(np.array([[LON, LAT]]), (500, 1))
    service.answer_many(work, points, covariances=None, at=AT)
    count_statements.clear()
    service.answer_many(work, points, covariances=np.tile([1.0, 0.0, 1.0], (500, 1)), at=AT)
    assert len(count_statements) == 1


def test_another_tenant_sees_nothing(work: Work, tmp_path: Path) -> None:
    from pipewarden.kit.work import Work as Unit  # noqa: PLC0415  only here
    from pipewarden.people import service as people  # noqa: PLC0415  only here

    load(work, two_streets(tmp_path))
    other = people.ensure_tenant(work.session, work.clock, work.ids, "other")
    stranger = Unit(session=work.session, clock=work.clock, ids=work.ids, tenant_id=other.id)
    assert service.versions(stranger) == []
    assert service.answer(stranger, LON, LAT, covariance=None, at=AT).zone is Zone.UNKNOWN


def test_a_file_is_asked_without_a_database(tmp_path: Path) -> None:
    network = service.open_file(READER, two_streets(tmp_path), crs="EPSG:4326", jurisdiction="CN-SD-qingdao")
    (answer,) = service.answer_file(network, np.array([at_north(-1.2)]), at=AT)
    assert (answer.zone, answer.clause) == (Zone.PROTECTION, "青岛市燃气管理条例 第三十五条（一）")
    assert answer.network_version_id is None
