"""Measured pipes against the map: how far off, whether both errors explain it, what a later map settles."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import RefusedError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Datum, Kind, Pipe, PressureClass
from pipewarden.network.facts.proposal import Measured, Proposal, ProposalKind, ProposalState
from pipewarden.network.rules.measured import box_around, compare
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work

LON, LAT = 116.7, 39.5
DEGREE_LAT = 111_030.0  # metres at 39.5 N
PIPE = Pipe(1, "p1", Kind.PIPE, Datum.CENTRE_LINE, PressureClass.LOW, None, None, None, None, None, None, b"", {})
SITE, EVENT = UUID(int=1), UUID(int=2)


def point(north_m: float, pipe: str = "p1", *, sigma_m: float = 0.05, depth_m: float | None = None) -> Measured:
    kind = ProposalKind.POSITION if depth_m is None else ProposalKind.DEPTH
    shape = shapely.to_wkb(shapely.Point(LON, LAT + north_m / DEGREE_LAT))
    return Measured(kind, pipe, shape, sigma_m, depth_m, "person:1", SITE, EVENT)


def course(*corners: tuple[float, float], pipe: str = "p1", sigma_m: float = 0.05) -> Measured:
    line = shapely.LineString([(LON + east, LAT + north / DEGREE_LAT) for east, north in corners])
    return Measured(ProposalKind.AS_BUILT, pipe, shapely.to_wkb(line), sigma_m, None, "person:1", SITE, EVENT)


def load(work: Work, folder: Path, *, north_m: float = 0.0, depth: float | None = None, name: str = "p1") -> UUID:
    """Import a map with one pipe, 800 m from west to east, and one far in the north."""

    def line(metres: float) -> list[list[float]]:
        lat = LAT + metres / DEGREE_LAT
        return [[LON - 0.005, lat], [LON + 0.005, lat]]

    rows = [(name, line(north_m), depth), ("far", line(900.0), None)]
    features = [
        {
            "type": "Feature",
            "properties": {"pipe_id": pipe, "depth_m": deep, "pressure_class": "medium", "accuracy_m": 0.3},
            "geometry": {"type": "LineString", "coordinates": corners},
        }
        for pipe, corners, deep in rows
    ]
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    report = service.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    assert report.version_id is not None
    return report.version_id


def propose(work: Work, *measured: Measured) -> list[Proposal]:
    return service.propose(work, measured)


def state(work: Work, proposal: Proposal) -> ProposalState:
    found = service.proposals(work, people.operator(work.tenant_id), service.ProposalFilter(), limit=200)
    return next(one.state for one in found if one.id == proposal.id)


# -- rules


@pytest.mark.parametrize(
    ("north_m", "sigma_m", "map_error", "agrees"),
    [
        (0.05, 0.05, False, True),
        (0.5, 0.05, False, False),  # the map may be off by so much: nothing loud, and something to tell the GIS
        (1.005, 0.05, False, False),
        (1.02, 0.05, True, False),
        (3.0, 2.0, False, True),  # a vague measurement contradicts nothing
    ],
)
def test_a_position_is_loud_where_both_errors_do_not_explain_it(
    town: Town, north_m: float, sigma_m: float, *, map_error: bool, agrees: bool
) -> None:
    pipe = town.pipe(1, "LINESTRING (-400 0, 400 0)", sigma_m=0.5)
    told = compare(point(north_m, sigma_m=sigma_m), [pipe], 9.9, mapped=True)
    assert told.off_m == pytest.approx(north_m, abs=0.002)
    assert told.within_m == pytest.approx(2 * (0.5**2 + sigma_m**2) ** 0.5)
    assert (told.map_error, told.agrees) == (map_error, agrees)


def test_a_map_that_states_no_error_has_the_one_that_is_assumed(town: Town) -> None:
    pipe = town.pipe(1, "LINESTRING (-400 0, 400 0)", sigma_m=None)
    assert compare(point(1.5), [pipe], 0.2, mapped=True).map_error
    assert not compare(point(1.5), [pipe], 1.0, mapped=True).map_error


def test_a_pipe_that_the_map_has_not_is_an_error_of_the_map_where_there_is_one() -> None:
    assert compare(point(0.0), [], 1.0, mapped=True).map_error
    without = compare(point(0.0), [], 1.0, mapped=False)
    assert (without.map_error, without.off_m, without.agrees) == (False, None, False)


def test_a_depth_is_measured_less_the_maps_and_never_an_error_of_the_map(town: Town) -> None:
    """No map states how sure its depths are."""
    pipe = town.pipe(1, "LINESTRING (-400 0, 400 0)", depth_m=1.5)
    told = compare(point(0.0, depth_m=0.6), [pipe], 1.0, mapped=True)
    assert (told.map_m, told.off_m, told.map_error, told.agrees) == (1.5, pytest.approx(-0.9), False, False)
    assert compare(point(0.0, depth_m=1.55), [pipe], 1.0, mapped=True).agrees
    bare = compare(point(0.0, depth_m=1.5), [replace(pipe, depth_m=None)], 1.0, mapped=True)
    assert (bare.map_m, bare.off_m, bare.agrees) == (None, None, False)


def test_an_as_built_course_is_held_by_its_farthest_corner_against_all_parts(town: Town) -> None:
    parts = [town.pipe(1, "LINESTRING (-400 0, 0 0)"), town.pipe(2, "LINESTRING (0 0, 400 0)")]
    along = compare(course((-0.001, 0.0), (0.001, 0.0)), parts, 1.0, mapped=True)
    assert along.off_m == pytest.approx(0.0, abs=0.01)
    bent = compare(course((-0.001, 0.0), (0.001, 2.0)), parts, 1.0, mapped=True)
    assert (bent.off_m, bent.map_error) == (pytest.approx(2.0, abs=0.01), True)


@given(st.floats(0, 50), st.floats(0.01, 5), st.floats(0.01, 5))
def test_what_agrees_never_contradicts(off: float, sigma_m: float, map_m: float) -> None:
    line = shapely.LineString([(LON - 0.005, LAT), (LON + 0.005, LAT)])
    pipe = replace(PIPE, sigma_m=map_m, geometry=shapely.to_wkb(line))
    told = compare(point(off, sigma_m=sigma_m), [pipe], 1.0, mapped=True)
    assert not (told.agrees and told.map_error)
    assert told.off_m is not None
    assert told.off_m >= 0


def test_a_box_holds_its_reach() -> None:
    west, south, east, north = box_around(point(0.0).shape, 50.0)
    assert west < LON < east
    assert (north - south) * DEGREE_LAT == pytest.approx(100.0, rel=0.01)


# -- service


def test_a_measurement_is_kept_beside_the_map_it_was_held_against(work: Work, tmp_path: Path) -> None:
    version = load(work, tmp_path, depth=1.5)
    off, deep, fine = propose(work, point(2.0), point(0.0, depth_m=0.8), point(0.02))
    assert (off.version_id, off.state, off.map_error) == (version, ProposalState.OPEN, True)
    assert off.off_m == pytest.approx(2.0, abs=0.02)  # the straight line leaves the parallel by as much
    assert (deep.map_m, deep.off_m, deep.map_error) == (1.5, pytest.approx(-0.7), False)
    assert (fine.state, fine.settled_by) == (ProposalState.SETTLED, version), "the map agrees"
    assert service.proposals(work, people.operator(work.tenant_id), service.ProposalFilter(), limit=9)[0].at == off.at


def test_a_measurement_without_a_pipe_finds_the_one_that_the_errors_explain(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path)
    near, nowhere = propose(work, point(0.3, ""), point(20.0, ""))
    assert (near.measured.pipe_id, near.map_error) == ("p1", False)
    assert (nowhere.measured.pipe_id, nowhere.off_m, nowhere.map_error) == ("", None, True)


def test_without_a_map_nothing_contradicts_it(work: Work) -> None:
    (made,) = propose(work, point(2.0))
    assert (made.version_id, made.map_error, made.state) == (None, False, ProposalState.OPEN)
    assert service.unmapped(work, {"p1"}) == frozenset()


def test_a_pipe_that_no_map_has_is_named(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path)
    assert service.unmapped(work, {"p1", "p9", "far"}) == {"p9"}


def test_accepting_changes_no_map_and_the_next_import_that_agrees_settles_it(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path, depth=1.5)
    off, deep, kept = propose(work, point(2.0), point(0.0, depth_m=0.8), point(5.0))
    root = people.operator(work.tenant_id)
    assert service.decide(work, root, off.id, accept=True, why="dug").state is ProposalState.ACCEPTED
    (still,) = propose(work, point(2.0))
    assert still.map_error, "the map is as its source has it"
    load(work, tmp_path, depth=1.5)
    assert state(work, off) is ProposalState.ACCEPTED, "the same map again agrees no more"
    version = load(work, tmp_path, north_m=2.0, depth=0.8)
    found = service.proposals(work, root, service.ProposalFilter(state=ProposalState.SETTLED), limit=9)
    assert {one.id for one in found} == {off.id, deep.id, still.id}
    assert {one.settled_by for one in found} == {version}
    assert state(work, kept) is ProposalState.OPEN


def test_a_pipe_that_was_not_on_the_map_is_settled_when_it_comes(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path)
    (made,) = propose(work, point(20.0, ""))
    load(work, tmp_path, north_m=20.0, name="p2")
    assert state(work, made) is ProposalState.SETTLED


def test_a_rejected_one_stays_rejected_and_no_one_is_decided_twice(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path)
    (made,) = propose(work, point(2.0))
    root = people.operator(work.tenant_id)
    told = service.decide(work, root, made.id, accept=False, why="another utility's pipe")
    assert (told.state, told.why, told.decided_at) == (ProposalState.REJECTED, "another utility's pipe", work.now())
    with pytest.raises(RefusedError, match="rejected already"):
        service.decide(work, root, made.id, accept=True, why="x")
    load(work, tmp_path, north_m=2.0)
    assert state(work, made) is ProposalState.REJECTED
    acts = [one.act for one in people.read(work, root)]
    assert acts.count("proposal.rejected") == 1


def test_lists_are_narrowed_and_paged(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path)
    made = propose(work, point(2.0), point(0.0, depth_m=1.0), course((0.0, 0.0), (0.001, 3.0)), point(0.3))
    root = people.operator(work.tenant_id)

    def ids(**wanted: object) -> list[UUID]:
        return [one.id for one in service.proposals(work, root, service.ProposalFilter(**wanted), limit=9)]  # type: ignore[arg-type]

    newest = sorted((one.id for one in made), reverse=True)
    assert ids() == ids(pipe_id="p1") == ids(site_id=SITE) == newest
    assert ids(kind=ProposalKind.AS_BUILT) == [made[2].id]
    assert ids(map_error=True) == sorted((made[0].id, made[2].id), reverse=True)
    assert ids(pipe_id="far") == ids(state=ProposalState.REJECTED) == []
    first = service.proposals(work, root, service.ProposalFilter(), limit=2)
    after = (first[-1].at, first[-1].id)
    rest = service.proposals(work, root, service.ProposalFilter(), limit=9, after=after)
    assert [one.id for one in (*first, *rest)] == newest
