"""Real networks: every row arrives, lengths agree between two systems, missing attributes stay unknown."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import PressureClass, Regime, Zone
from pipewarden.network.rules import tiles
from pipewarden.network.rules.tiles import EXTENT, Square

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

pytestmark = pytest.mark.shared
READER = FileReader()
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def maps(shared_data: Path) -> Path:
    return shared_data / "geo" / "network"


def load(work: Work, path: Path, crs: str, jurisdiction: str = "CN-GB55009", mapping: str | None = None, **more: bool):
    return service.import_network(work, READER, path, crs=crs, jurisdiction=jurisdiction, mapping=mapping, **more)


@pytest.mark.parametrize("mapping", [None, "kaohsiung"])
def test_kaohsiung_has_one_length_in_two_systems(work: Work, maps: Path, mapping: str | None) -> None:
    world = load(work, maps / "kaohsiung/kh_ng_pipelines_wgs84.geojson", "EPSG:4326", mapping=mapping)
    local = load(work, maps / "kaohsiung/kh_ng_pipelines_twd97.shp", "EPSG:3826", mapping=mapping)
    assert (world.accepted, local.accepted) == (609, 609)
    assert (world.rejected, local.rejected) == ((), ())
    assert world.length_km == pytest.approx(156.4, abs=0.05)
    assert abs(world.length_km - local.length_km) / world.length_km < 1e-4
    assert local.shift is not None
    assert local.shift.median_m < 0.1
    assert (world.version, local.version) == (1, 2)
    assert world.unknown["pressure_class"] == 609
    assert world.unknown["diameter_mm"] == 609


def test_kaohsiung_names_survive(work: Work, maps: Path) -> None:
    report = load(work, maps / "kaohsiung/kh_ng_pipelines_twd97.shp", "EPSG:3826", mapping="kaohsiung")
    assert report.version_id is not None
    pipes = service.pipes(work, report.version_id)
    assert {pipe.extra["NAME"] for pipe in pipes} == {"欣高"}
    assert {pipe.sigma_m for pipe in pipes} == {30.0}
    assert {pipe.pressure_class for pipe in pipes} == {PressureClass.UNKNOWN}
    answer = service.answer(work, 120.3243, 22.6042, covariance=(4.0, 0.0, 4.0), at=AT)
    assert answer.assumed is not None
    assert "pressure unknown" in answer.assumed


@pytest.mark.parametrize("wrong", ["EPSG:4326", "EPSG:4547", "EPSG:3825", "GCJ-02"])
def test_kaohsiung_in_a_wrong_system_is_refused(work: Work, maps: Path, wrong: str) -> None:
    with pytest.raises(InputError, match="the file itself says EPSG:3826"):
        load(work, maps / "kaohsiung/kh_ng_pipelines_twd97.shp", wrong)
    assert service.versions(work) == []


def test_kaohsiung_read_as_gcj02_is_stopped_by_the_shift(work: Work, maps: Path) -> None:
    path = maps / "kaohsiung/kh_ng_pipelines_wgs84.geojson"
    load(work, path, "EPSG:4326")
    with pytest.raises(RefusedError, match="away from the active version"):
        load(work, path, "GCJ-02")


def test_schutterwald_both_files(work: Work, maps: Path) -> None:
    local = load(work, maps / "schutterwald/schutterwald_gas_pipes.geojson", "EPSG:31467", mapping="schutterwald")
    world = load(work, maps / "schutterwald/schutterwald_gas_pipes_wgs84.geojson", "EPSG:4326", mapping="schutterwald")
    assert (local.accepted, world.accepted) == (2559, 2559)
    assert local.length_km == pytest.approx(101.3, abs=0.1)
    assert abs(local.length_km - world.length_km) / local.length_km < 1e-4
    assert world.shift is not None
    assert world.shift.by == "pipe_id"
    assert world.shift.median_m < 0.1
    assert world.version_id is not None
    pipes = service.pipes(work, world.version_id)
    assert Counter(pipe.pressure_class for pipe in pipes) == {PressureClass.MEDIUM: 2559}  # 1 bar = 0.1 MPa
    assert pipes[0].diameter_mm == pytest.approx(102.2)
    assert pipes[0].pressure == "1.0 bar"


def test_schutterwald_needs_its_system(work: Work, maps: Path) -> None:
    path = maps / "schutterwald/schutterwald_gas_pipes.geojson"
    with pytest.raises(InputError, match="never guessed"):
        load(work, path, "")
    with pytest.raises(InputError, match="--crs"):
        load(work, path, "EPSG:4326")


def test_scigrid_is_long_distance_over_many_strips(work: Work, maps: Path) -> None:
    path = maps / "scigrid_europe/scigrid_nonosm_pipesegments.geojson"
    report = load(work, path, "EPSG:4326", "CN-LONGDISTANCE", "scigrid")
    assert (report.accepted, report.regime) == (531, Regime.LONG_DISTANCE)
    assert report.rejected == ((170, "the line has no length"),)
    assert report.length_km == pytest.approx(46_394, rel=1e-3)
    assert report.version_id is not None
    pipes = service.pipes(work, report.version_id)
    picked = [shapely.from_wkb(pipe.geometry) for pipe in pipes[::40]]
    middles = np.array([line.interpolate(0.37, normalized=True).coords[0] for line in picked])
    answers = service.answer_many(work, middles, covariances=None, at=AT)
    assert {a.zone for a in answers} == {Zone.PROTECTION}
    assert max(a.distance_m or 0.0 for a in answers) < 0.05
    assert {a.clause for a in answers} == {"石油天然气管道保护法 第三十条"}


def test_kaohsiung_petroleum_stands_beside_city_gas(work: Work, maps: Path) -> None:
    load(work, maps / "kaohsiung/kh_ng_pipelines_wgs84.geojson", "EPSG:4326", mapping="kaohsiung")
    report = load(
        work, maps / "kaohsiung/kh_petroleum_pipelines_wgs84.geojson", "EPSG:4326", "CN-LONGDISTANCE", "kaohsiung"
    )
    assert (report.accepted, report.version) == (59, 1)
    assert [v.regime for v in service.versions(work)] == [Regime.CITY_GAS, Regime.LONG_DISTANCE]
    on_petroleum = service.answer(work, 120.30010955200521, 22.602241045698566, covariance=None, at=AT)
    assert (on_petroleum.zone, on_petroleum.pack_id) == (Zone.PROTECTION, "CN-LONGDISTANCE")


def test_the_cadent_record_arrives_whole(work: Work, maps: Path) -> None:
    report = load(work, maps / "cadent_gpi_sample/one_record.json", "EPSG:4326", mapping="cadent-gpi")
    assert (report.accepted, report.rejected) == (1, ())
    assert report.version_id is not None
    (pipe,) = service.pipes(work, report.version_id)
    assert (pipe.pipe_id, pipe.pressure_class, pipe.diameter_mm, pipe.material, pipe.year) == (
        "CDT1274021173",
        PressureClass.LOW,
        500.0,
        "PE",
        2009,
    )
    assert pipe.extra["type"] == "Main Pipe"
    assert report.length_km == pytest.approx(0.603, abs=0.001)


def test_no_segment_is_lost_or_moved(work: Work, maps: Path) -> None:
    path = maps / "schutterwald/schutterwald_gas_pipes_wgs84.geojson"
    report = load(work, path, "EPSG:4326", mapping="schutterwald")
    layer = READER.read(path)
    assert report.version_id is not None
    stored = shapely.from_wkb([pipe.geometry for pipe in service.pipes(work, report.version_id)])
    assert shapely.equals(stored, layer.shapes).all()


def test_zones_agree_with_brute_force_on_real_pipes(work: Work, maps: Path) -> None:
    from pyproj import Transformer  # noqa: PLC0415  only this test

    path = maps / "schutterwald/schutterwald_gas_pipes_wgs84.geojson"
    load(work, path, "EPSG:4326", mapping="schutterwald")
    metres = Transformer.from_crs("OGC:CRS84", "EPSG:25832", always_xy=True)
    layer = READER.read(path)
    lines = shapely.transform(layer.shapes, lambda xy: np.column_stack(metres.transform(xy[:, 0], xy[:, 1])))
    rng = np.random.default_rng(9)
    lonlat = np.column_stack([rng.uniform(7.872, 7.903, 3000), rng.uniform(48.448, 48.4635, 3000)])
    answers = service.answer_many(work, lonlat, covariances=None, at=AT)
    scale = 0.99965  # UTM 32 at this easting: 1.4 degrees west of the central meridian
    tree = shapely.STRtree(lines)
    radius = np.array(layer.columns["diameter_m"], dtype=np.float64) / 2
    points = shapely.points(np.column_stack(metres.transform(lonlat[:, 0], lonlat[:, 1])))
    asks, hits = tree.query(points, predicate="dwithin", distance=40.0)
    edge = np.full(3000, np.inf)
    np.minimum.at(edge, asks, shapely.distance(points[asks], lines[hits]) / scale - radius[hits])
    edge = np.maximum(edge, 0.0)
    got = np.array([a.distance_m for a in answers])
    near = edge < 39.0
    assert near.sum() > 300
    assert np.abs(got[near] - edge[near]).max() < 0.03
    sure = near & (np.abs(edge - 0.5) > 0.03) & (np.abs(edge - 5.0) > 0.03)
    expected = np.where(edge <= 0.5, "protection", np.where(edge <= 5.0, "control", "outside"))
    assert [answers[i].zone.value for i in np.flatnonzero(sure)] == expected[sure].tolist()


@pytest.mark.parametrize("z", [13, 16])
def test_the_squares_of_kaohsiung_hold_its_whole_network_once(work: Work, maps: Path, z: int) -> None:
    """Every pipe is in some square, and their lengths there add up to the network's, cut at the squares' own sides."""
    report = load(work, maps / "kaohsiung/kh_ng_pipelines_wgs84.geojson", "EPSG:4326", mapping="kaohsiung")
    assert report.version_id is not None
    pipes = service.pipes(work, report.version_id)
    plan = tiles.Plan(tiles.lay_out(pipes), Regime.CITY_GAS, None, None)
    west, south, east, north = report.extent
    (x1, y1), (x2, y2) = np.floor(Square(z, 0, 0).to_units(np.array([[west, north], [east, south]])) / EXTENT).astype(
        int
    )
    names, metres = set(), 0.0
    for x in range(x1, x2 + 1):
        for y in range(y1, y2 + 1):
            square = Square(z, x, y)
            for one in tiles.draw([plan], square, None).get("pipes", []):
                inner = shapely.intersection(one.shape, shapely.box(0, 0, EXTENT, EXTENT))
                metres += shapely.transform(inner, lambda xy, at=square: at.frame().to_metres(at.to_lonlat(xy))).length
                names.add(one.properties["pipe_id"])
    assert names == {pipe.pipe_id for pipe in pipes}
    assert metres / 1000 == pytest.approx(report.length_km, rel=0.01)
