"""Imports end to end: one map in every format and system is one network; versions, regimes, threads."""

from __future__ import annotations

import json
import threading
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import ImportReport, Kind, PressureClass, Regime, Shift, Zone
from pipewarden.network.rules import crs, gcj
from pipewarden.network.service import answers

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work

READER = FileReader()
SHAPES = ["LINESTRING (0 0, 120 0)", "LINESTRING (0 30, 60 30, 120 60)", "LINESTRING (0 -20, 90 -25)"]
IDS, PRESSURES, SIZES = ["G-1", "G-2", "G-3"], ["低压", "中压A", "高压"], [110.0, 219.0, 711.0]


def lines_in(town: Town, code: str) -> list[shapely.Geometry]:
    world = [town.shape(shapely.from_wkt(text)) for text in SHAPES]
    if code in {"GCJ-02", "BD-09"}:
        forward = gcj.wgs84_to_gcj02 if code == "GCJ-02" else gcj.wgs84_to_bd09
        return [shapely.transform(line, forward) for line in world]
    there = Transformer.from_crs("OGC:CRS84", code, always_xy=True)
    return [shapely.transform(w, lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1]))) for w in world]


def written(town: Town, folder: Path, kind: str, code: str) -> Path:
    """The same three pipes as a file of ``kind`` in the system ``code``."""
    lines = lines_in(town, code)
    if kind == "csv":
        path = folder / "map.csv"
        rows = [f'{i},{p},{d},"{line.wkt}"' for i, p, d, line in zip(IDS, PRESSURES, SIZES, lines, strict=True)]
        path.write_text("管线编号,压力级制,管径,wkt\n" + "\n".join(rows), encoding="utf-8")
        return path
    driver = {"geojson": "GeoJSON", "gpkg": "GPKG", "shp": "ESRI Shapefile", "zip": "ESRI Shapefile"}[kind]
    path = folder / f"map.{'shp' if kind == 'zip' else kind}"
    fields = ["管线编号", "压力级制", "管径"]
    if driver == "ESRI Shapefile":
        fields = ["管线编", "压力", "管径"]  # ten bytes hold three letters
    tag = None if code in {"GCJ-02", "BD-09"} else code
    if kind == "geojson":
        tag = None  # written as it is, without a member
    data = [np.array(IDS, dtype=object), np.array(PRESSURES, dtype=object), np.array(SIZES)]
    wkb = np.array([shapely.to_wkb(line) for line in lines], dtype=object)
    options = {"encoding": "UTF-8"} if driver == "ESRI Shapefile" else {}
    pyogrio.raw.write(str(path), wkb, data, fields, geometry_type="LineString", crs=tag, driver=driver, **options)
    if kind == "zip":
        with zipfile.ZipFile(folder / "map.zip", "w") as made:
            for part in folder.glob("map.*"):
                if part.suffix != ".zip":
                    made.write(part, part.name)
        return folder / "map.zip"
    return path


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp", "zip", "csv"])
@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:4490", "EPSG:4548", "EPSG:4527", "EPSG:3857", "GCJ-02", "BD-09"])
def test_one_map_in_any_format_and_system_is_one_network(town: Town, tmp_path: Path, kind: str, code: str) -> None:
    network = service.open_file(READER, written(town, tmp_path, kind, code), crs=code, jurisdiction="CN-HE-langfang")
    report = network.report
    assert report.accepted == 3
    assert report.rejected == ()
    true = sum(shapely.from_wkt(text).length for text in SHAPES) / 1000
    assert report.length_km == pytest.approx(true, rel=1e-5)
    assert report.unknown["pressure_class"] == 0
    found = service.answer_file(network, town.lonlat([(60, 0.3), (30, 34), (50, -60), (60, 300)]), at=town.at)
    assert [a.zone for a in found] == [Zone.PROTECTION, Zone.CONTROL, Zone.CONTROL, Zone.OUTSIDE]
    names = IDS if kind not in {"shp", "zip"} else ["row-1", "row-2", "row-3"]  # 管线编 is no column the mapping knows
    assert [a.zone_pipe_id for a in found[:3]] == [names[2], names[2], names[2]] or found[0].zone_pipe_id == names[0]
    assert found[0].distance_m == pytest.approx(0.245, abs=2e-3)


@pytest.mark.parametrize("code", range(4513, 4555))
def test_every_cgcs2000_zone_can_be_declared(code: int) -> None:
    declared = crs.declare(f"EPSG:{code}")
    assert declared.name == f"EPSG:{code}"
    assert declared.projected
    assert declared.proj is not None
    area = declared.proj.area_of_use
    assert area is not None
    middle = np.array([[(area.west + area.east) / 2, (area.south + area.north) / 2]])
    there = Transformer.from_crs("OGC:CRS84", declared.proj, always_xy=True)
    plane = np.column_stack(there.transform(middle[:, 0], middle[:, 1]))
    assert np.abs(crs.to_wgs84(declared, plane) - middle).max() < 1e-9
    crs.check_area(declared, plane)


def load(work: Work, path: Path, **more: object) -> ImportReport:
    options: dict[str, object] = {"crs": "EPSG:4326", "jurisdiction": "CN-HE-langfang"} | more
    return service.import_network(work, READER, path, **options)  # type: ignore[arg-type]


def street(town: Town, path: Path, north: float, name: str = "a") -> Path:
    return town.geojson(path, [town.feature(f"LINESTRING (-90 {north}, 90 {north})", pipe_id=name, pressure="低压")])


def test_regimes_are_not_compared_with_each_other(work: Work, town: Town, tmp_path: Path) -> None:
    load(work, street(town, tmp_path / "a.geojson", 0))
    report = load(work, street(town, tmp_path / "b.geojson", 900), jurisdiction="CN-LONGDISTANCE")
    assert report.shift is None
    assert (report.regime, report.version) == (Regime.LONG_DISTANCE, 1)


def test_rolling_back_steps_and_then_importing_again(work: Work, town: Town, tmp_path: Path) -> None:
    for north in (0, 2, 4):
        load(work, street(town, tmp_path / "a.geojson", north))
    assert service.rollback(work, Regime.CITY_GAS).number == 2
    assert service.rollback(work, Regime.CITY_GAS).number == 1
    with pytest.raises(RefusedError) as caught:
        service.rollback(work, Regime.CITY_GAS)
    assert caught.value.fix
    assert load(work, street(town, tmp_path / "a.geojson", 1)).version == 4
    assert [v.number for v in service.versions(work) if v.active] == [4]


def test_nothing_to_roll_back(work: Work) -> None:
    with pytest.raises(RefusedError, match="no earlier long_distance version"):
        service.rollback(work, Regime.LONG_DISTANCE)


def test_progress_counts_reading_and_writing(work: Work, town: Town, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    load(work, street(town, tmp_path / "a.geojson", 0), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"crs": None}, "--crs"),
        ({"crs": "nonsense"}, "--crs"),
        ({"jurisdiction": None}, "--jurisdiction"),
        ({"jurisdiction": "Atlantis"}, "--jurisdiction"),
        ({"mapping": "nothing"}, "--map"),
        ({"crs": "EPSG:4548"}, "--crs"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    work: Work, town: Town, tmp_path: Path, options: dict[str, object], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(work, street(town, tmp_path / "a.geojson", 0), **options)
    assert caught.value.field == field
    assert set(caught.value.as_dict()) == {"field", "problem", "fix"}
    assert service.versions(work) == []


def test_the_demo_mapping_takes_stations_and_pipes(work: Work, town: Town, tmp_path: Path) -> None:
    path = town.geojson(
        tmp_path / "demo.geojson",
        [
            town.feature("LINESTRING (0 0, 90 0)", pipe_id="p", kind="pipe", pressure_mpa=0.3, pressure_class="中压"),
            town.feature("LINESTRING (0 9, 90 9)", pipe_id="q", kind="pipe", pressure_mpa=None, pressure_class="高压"),
            town.feature("POINT (200 0)", pipe_id="s", kind="station", pressure_mpa=0.4),
            town.feature("POLYGON ((300 0, 320 0, 320 20, 300 0))", pipe_id="t", kind="station"),
        ],
    )
    for mapping in ("demo", None):
        report = load(work, path, mapping=mapping, allow_shift=True)
        assert report.rejected == ()
        assert report.version_id is not None
        kept = service.pipes(work, report.version_id)
        assert [p.kind for p in kept] == [Kind.PIPE, Kind.PIPE, Kind.STATION, Kind.STATION]
        assert [p.pressure_class for p in kept] == [
            PressureClass.MEDIUM,
            PressureClass.HIGH,
            PressureClass.MEDIUM,
            PressureClass.UNKNOWN,
        ]


def test_a_report_with_a_shift_is_json() -> None:
    report = ImportReport(
        version=3,
        version_id=None,
        accepted=1,
        rejected=((4, "empty geometry"),),
        warnings=((0, "told"),),
        length_km=0.5,
        extent=(1.0, 2.0, 3.0, 4.0),
        crs="EPSG:4326",
        regime=Regime.CITY_GAS,
        jurisdiction="CN-BJ",
        mapping="generic",
        shift=Shift(median_m=1.5, matched=9, by="pipe_id"),
        unknown={"sigma_m": 1},
        dry_run=False,
    )
    made = json.loads(json.dumps(report.as_json()))
    assert made["rejected"] == [{"row": 4, "reason": "empty geometry"}]
    assert made["warnings"] == [{"row": 0, "warning": "told"}]
    assert made["shift"] == {"median_m": 1.5, "matched": 9, "by": "pipe_id"}
    assert made["extent"] == [1.0, 2.0, 3.0, 4.0]


def test_threads_share_one_index(town: Town) -> None:
    cache, built, gate = answers._Cache(), [], threading.Barrier(4)
    key: UUID = __import__("uuid").UUID(int=77)

    def load_pipes() -> list[object]:
        built.append(1)
        return [town.pipe(1, "LINESTRING (0 0, 90 0)")]

    def ask() -> None:
        gate.wait()
        held = cache.get(key, load_pipes)  # type: ignore[arg-type]
        table = answers.table_of(held, rules)
        got = answers.zones.answer(table, town.lonlat([(45.0, 0.2)] * 300), None)
        assert got.zone.tolist() == [2] * 300

    rules = answers.rules_of("CN-BJ", Regime.CITY_GAS, datetime(2026, 1, 1, tzinfo=UTC))
    assert rules is not None
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [1]
