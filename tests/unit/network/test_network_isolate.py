"""A break is cut off: on drawn towns, on the demo network, on real maps, and on towns that hypothesis draws."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.network.conftest import Town

from pipewarden.network.adapters.files import FileReader
from pipewarden.network.facts import Kind, Pipe, PressureClass, Regime
from pipewarden.network.facts.isolation import Basis
from pipewarden.network.rules import connect, isolate
from pipewarden.network.service.imports import take_file
from pipewarden.network.service.isolating import answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.network.facts.isolation import Isolation
    from pipewarden.network.rules.connect import Joined

TOWN = Town()
REPO = Path(__file__).resolve().parents[3]
SHARED = REPO.parent / "shared" / "data" / "geo" / "network"


def valve(row: int, x: float, y: float) -> Pipe:
    return TOWN.pipe(row, f"POINT ({x} {y})", kind=Kind.VALVE, pipe_id=f"v{row}")


def station(row: int, x: float, y: float) -> Pipe:
    return TOWN.pipe(row, f"POINT ({x} {y})", "medium", pipe_id=f"s{row}")


def hit_at(joined: Joined, x: float, y: float) -> isolate.Hit:
    (lon, lat) = TOWN.lonlat([(x, y)])[0]
    return isolate.nearest(joined, (float(lon), float(lat)), 100.0)[0]


def said(pipes: Sequence[Pipe], x: float, y: float) -> Isolation:
    joined = connect.join(pipes)
    (lon, lat) = TOWN.lonlat([(x, y)])[0]
    return answer(joined, hit_at(joined, x, y), (float(lon), float(lat)), Regime.CITY_GAS)


def closed(found: Isolation) -> list[str]:
    return [one.pipe_id for one in found.close]


def test_the_valve_between_source_and_break_is_shut_and_the_street_behind_it_is_dry() -> None:
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0)"),
        TOWN.pipe(2, "LINESTRING (100 0, 200 0)"),
        TOWN.pipe(3, "LINESTRING (200 0, 300 0)"),
        TOWN.pipe(4, "LINESTRING (200 0, 200 80)"),  # a house connection behind the break
        station(10, 0, 0),
        valve(11, 100, 0),
    ]
    found = said(pipes, 150, 2)
    assert (found.basis, closed(found)) == (Basis.ISOLATED, ["v11"])
    assert set(found.pipes) == {"p2", "p3", "p4"}
    assert found.ends == 2
    assert found.metres == pytest.approx(280, abs=0.5)
    assert found.broken is not None
    assert found.broken.distance_m == pytest.approx(2, abs=0.05)


def test_a_ring_needs_a_valve_on_either_side() -> None:
    ring = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0)"),
        TOWN.pipe(2, "LINESTRING (100 0, 100 100)"),
        TOWN.pipe(3, "LINESTRING (100 100, 0 100)"),
        TOWN.pipe(4, "LINESTRING (0 100, 0 0)"),
        station(10, 0, 0),
        valve(11, 100, 0),
        valve(12, 100, 100),
    ]
    found = said(ring, 101, 50)
    assert sorted(closed(found)) == ["v11", "v12"]
    assert found.pipes == ("p2",)


def test_of_two_valves_in_a_row_the_nearer_one_is_shut() -> None:
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0)"),
        TOWN.pipe(2, "LINESTRING (100 0, 200 0)"),
        TOWN.pipe(3, "LINESTRING (200 0, 300 0)"),
        station(10, 0, 0),
        valve(11, 100, 0),
        valve(12, 200, 0),
    ]
    assert closed(said(pipes, 250, 0)) == ["v12"]


def test_no_gas_climbs_through_a_regulator() -> None:
    """The low-pressure net behind a regulator feeds nothing back into a broken medium main."""
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0)", "medium"),
        TOWN.pipe(2, "LINESTRING (100 0, 200 0)", "medium"),
        TOWN.pipe(3, "LINESTRING (200 0, 300 0)", "low"),
        station(10, 0, 0),
        valve(11, 100, 0),
        station(12, 200, 0),
    ]
    found = said(pipes, 150, 0)
    assert closed(found) == ["v11"]
    assert found.stations == ("s12",)
    assert set(found.pipes) == {"p2", "p3"}


def test_lines_that_only_cross_are_not_joined_and_a_branch_on_a_side_is() -> None:
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 200 0)"),
        TOWN.pipe(2, "LINESTRING (50 -50, 50 50)"),  # passes below
        TOWN.pipe(3, "LINESTRING (120 0.3, 120 60)"),  # branches off
        station(10, 0, 0),
    ]
    assert set(said(pipes, 150, 0).pipes) == {"p1", "p3"}


def test_a_valve_at_a_branch_is_not_trusted() -> None:
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0)"),
        TOWN.pipe(2, "LINESTRING (100 0, 200 0)"),
        TOWN.pipe(3, "LINESTRING (100 0, 100 60)"),
        station(10, 0, 0),
        valve(11, 100, 0),
    ]
    found = said(pipes, 150, 0)
    assert closed(found) == ["s10"]
    assert "branch_valves" in found.remarks


def test_a_station_does_not_shut_a_main_that_only_passes_it() -> None:
    pipes = [TOWN.pipe(1, "LINESTRING (0 0, 300 0)", "medium"), station(10, 0, 0), station(11, 150, 1)]
    found = said(pipes, 250, 0)
    assert sorted(closed(found)) == ["s10", "s11"]
    assert found.pipes == ("p1",)


def test_without_a_source_the_section_is_shut_on_every_side() -> None:
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0)"),
        TOWN.pipe(2, "LINESTRING (100 0, 200 0)"),
        TOWN.pipe(3, "LINESTRING (200 0, 300 0)"),
        valve(11, 100, 0),
        valve(12, 200, 0),
    ]
    found = said(pipes, 150, 0)
    assert (found.basis, sorted(closed(found)), found.pipes) == (Basis.SECTION, ["v11", "v12"], ("p2",))
    assert "no_source" in found.remarks


def test_where_nothing_is_joined_the_nearest_are_named_and_it_is_said() -> None:
    pipes = [TOWN.pipe(1, "LINESTRING (0 0, 100 0)"), valve(11, 50, 40), station(12, 400, 0)]
    found = said(pipes, 50, 0)
    assert (found.basis, closed(found)) == (Basis.NEAREST, ["v11", "s12"])
    assert "not_joined" in found.remarks


def test_a_map_without_valves_says_so() -> None:
    found = said([TOWN.pipe(1, "LINESTRING (0 0, 100 0)")], 50, 0)
    assert (found.basis, found.close) == (Basis.NONE, ())
    assert "no_valves" in found.remarks


def test_pipes_side_by_side_are_both_named() -> None:
    joined = connect.join([TOWN.pipe(1, "LINESTRING (0 0, 99 0)"), TOWN.pipe(2, "LINESTRING (0 2, 99 2)")])
    (lon, lat) = TOWN.lonlat([(50, 0)])[0]
    hits = isolate.nearest(joined, (float(lon), float(lat)), 100.0)
    assert [joined.pipes[joined.pieces[one.piece].pipe].pipe_id for one in hits] == ["p1", "p2"]


def test_a_ring_drawn_as_one_line_is_hit_and_fed_from_where_it_hangs() -> None:
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 100 0, 100 100, 0 100, 0 0)"),
        TOWN.pipe(2, "LINESTRING (-100 0, 0 0)"),
        station(10, -100, 0),
        valve(11, -50, 0),
    ]
    found = said(pipes, 100, 50)
    assert found.broken is not None
    assert (found.broken.pipe_id, found.basis, closed(found)) == ("p1", Basis.ISOLATED, ["v11"])
    assert set(found.pipes) == {"p1", "p2"}
    assert found.ends == 0


def test_a_break_between_a_valve_and_the_branch_beside_it_is_a_break_of_that_pipe() -> None:
    """What is taken as one joint is metres long on the ground, and an excavator reaches into it."""
    pipes = [
        TOWN.pipe(1, "LINESTRING (0 0, 200 0)"),
        TOWN.pipe(2, "LINESTRING (102 0, 102 50)"),
        station(10, 0, 0),
        valve(11, 100, 0),
    ]
    found = said(pipes, 101, -1)
    assert found.broken is not None
    assert (found.broken.pipe_id, found.others, closed(found)) == ("p1", (), ["s10"])


def leaks(joined: Joined, broken: int, shut: set[int]) -> bool:
    """Walk from every source, by a rule of its own: does gas reach the broken piece though ``shut`` is closed?

    Sources are all stations on one class only, or all where there is none; a station joins what ends at it.
    """
    stations = {
        joint: [place for place in found if joined.pipes[place].kind is Kind.STATION]
        for joint, found in joined.facilities.items()
    }
    at: dict[int, list[int]] = {}
    for number, piece in enumerate(joined.pieces):
        at.setdefault(piece.a, []).append(number)
        at.setdefault(piece.b, []).append(number)

    def stops(joint: int) -> bool:
        found = joined.facilities.get(joint, ())
        return bool(found) and set(found) <= shut and (bool(stations[joint]) or len(at[joint]) <= 2)

    sources = [joint for joint, found in stations.items() if found and joint in at]
    single = [joint for joint in sources if len({joined.rank(joined.pieces[n]) for n in at[joint]}) == 1]
    waiting = deque(joint for joint in single or sources if not stops(joint))
    seen = set(waiting)
    while waiting:
        joint = waiting.popleft()
        for number in at[joint]:
            if number == broken:
                return True
            piece = joined.pieces[number]
            other = piece.b if piece.a == joint else piece.a
            if other not in seen and not stops(other):
                seen.add(other)
                waiting.append(other)
    return False


def grid(edges: set[tuple[int, int, bool]], valves: set[int], stations: set[int]) -> list[Pipe]:
    """A chessboard of 4 x 4 joints, 100 m apart; an edge runs east or north of its joint."""
    pipes = []
    for column, line, east in sorted(edges):
        x, y = column * 100.0, line * 100.0
        end = (x + 100, y) if east else (x, y + 100)
        pipes.append(TOWN.pipe(len(pipes) + 1, shapely.LineString([(x, y), end])))
    pipes += [valve(100 + n, n % 4 * 100.0, n // 4 * 100.0) for n in sorted(valves - stations)]
    pipes += [station(200 + n, n % 4 * 100.0, n // 4 * 100.0) for n in sorted(stations)]
    return pipes


EDGES = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=24)
SPOTS = st.sets(st.integers(0, 15), max_size=6)


@settings(max_examples=150, deadline=None)
@given(EDGES, SPOTS, SPOTS, st.integers(0, 1000))
def test_what_the_answer_shuts_lets_no_gas_to_the_break(
    edges: set[tuple[int, int, bool]], valves: set[int], stations: set[int], which: int
) -> None:
    joined = connect.join(grid(edges, valves, stations))
    broken = which % len(joined.pieces)
    cut = isolate.cut(joined, broken)
    assert not (cut.close and leaks(joined, broken, set(cut.close)))
    if cut.sourced:
        assert leaks(joined, broken, set())
        for place in cut.close:  # and none of it in vain: the fewest never hold one too many
            assert leaks(joined, broken, set(cut.close) - {place})
    assert broken in cut.dry


def real(path: Path, mapping: str, place: str) -> Joined:
    taken, _ = take_file(FileReader(), path, crs="EPSG:4326", jurisdiction=place, regime=None, mapping=mapping)
    return connect.join(taken.pipes)


def test_the_demo_network_is_joined_at_its_own_joints() -> None:
    joined = real(REPO / "src/pipewarden/sim/demo/network.geojson", "demo", "CN-HE-langfang")
    house = next(n for n, one in enumerate(joined.pieces) if joined.pipes[one.pipe].pipe_id == "LP-675-30-1")
    cut = isolate.cut(joined, house)
    assert [joined.pipes[place].pipe_id for place in cut.close] == ["RB-675-30"]
    dry = {joined.pipes[joined.pieces[n].pipe].pipe_id for n in cut.dry}
    assert dry == {f"LP-675-30-{n}" for n in range(1, 5)}
    joints = sum(isolate.cut(joined, n).sourced for n in range(0, len(joined.pieces), 7))
    assert joints > len(joined.pieces) / 7 / 2  # most breaks are behind a station that the map joins with them


@pytest.mark.skipif(not SHARED.is_dir(), reason="the maps beside the repository are not there")
@pytest.mark.parametrize(
    ("path", "mapping", "place"),
    [
        ("schutterwald/schutterwald_gas_pipes_wgs84.geojson", "schutterwald", "CN-GB55009"),
        ("kaohsiung/kh_ng_pipelines_wgs84.geojson", "kaohsiung", "CN-GB55009"),
        ("scigrid_europe/scigrid_nonosm_pipesegments.geojson", "scigrid", "CN-LONGDISTANCE"),
    ],
)
def test_real_maps_without_valves_say_so(path: str, mapping: str, place: str) -> None:
    joined = real(SHARED / path, mapping, place)
    piece = joined.pieces[len(joined.pieces) // 2]
    spot = joined.lines[piece.line].interpolate((piece.begin + piece.end) / 2)
    (lon, lat) = joined.frame.to_lonlat([[spot.x, spot.y]])[0]
    here = (float(lon), float(lat))
    found = answer(joined, isolate.nearest(joined, here, 100.0)[0], here, Regime.CITY_GAS)
    assert found.basis is Basis.NONE
    assert {"no_valves", "dry_by_joints"} <= set(found.remarks)
    assert found.pipes


@pytest.mark.skipif(not SHARED.is_dir(), reason="the maps beside the repository are not there")
def test_the_planning_model_of_schutterwald_hangs_together() -> None:
    """Its own table says which pipes meet: nearly all 2,559 are one net, with a dead end for each house."""
    joined = real(SHARED / "schutterwald/schutterwald_gas_pipes_wgs84.geojson", "schutterwald", "CN-GB55009")
    cut = isolate.cut(joined, 0)
    assert len({joined.pieces[n].pipe for n in cut.dry}) > 2500
    assert cut.ends > 1000


def test_every_class_has_a_rank_but_the_unknown() -> None:
    assert set(connect.RANKS) == set(PressureClass) - {PressureClass.UNKNOWN}


def test_a_valve_is_read_by_its_kind_and_has_its_pipes_range(tmp_path: Path) -> None:
    features = [
        TOWN.feature("LINESTRING (0 0, 100 0)", kind="管段", pressure_class="中压", id="m1"),
        TOWN.feature("POINT (50 0)", kind="阀门", pressure_class="中压", id="v1"),
        TOWN.feature("LINESTRING (0 50, 9 50)", kind="阀门", pressure_class="中压", id="v2"),
    ]
    path = TOWN.geojson(tmp_path / "net.geojson", features)
    taken, report = take_file(
        FileReader(), path, crs="EPSG:4326", jurisdiction="CN-GB55009", regime=None, mapping="generic"
    )
    assert {one.pipe_id: one.kind for one in taken.pipes} == {"m1": Kind.PIPE, "v1": Kind.VALVE}
    assert [(row, "point" in why) for row, why in report.rejected] == [(3, True)]
    joined = connect.join(taken.pipes)
    assert len(joined.pieces) == 2
    assert TOWN.table(taken.pipes).ranges.table[Kind.VALVE, PressureClass.MEDIUM].protect is not None
