"""A delivery settles what was measured when its map agrees; whoever reads the diff or the pipes sees their ground."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import shapely

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import PressureClass, Regime
from pipewarden.network.facts.change import NETWORK_CHANGED, SyncOptions
from pipewarden.network.facts.proposal import Measured, ProposalKind, ProposalState
from pipewarden.people import service as people
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ActorKind,
    ForbiddenError,
    Grant,
    NewArea,
    NotFoundError,
    Role,
    Scope,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work
    from pipewarden.network.facts.change import SyncReport
    from pipewarden.network.facts.proposal import Proposal
    from pipewarden.people.facts import Area

READER = FileReader()
SITE, EVENT = UUID(int=1), UUID(int=2)
NORTH = 2.0  # metres by which the pipe really lies off the map


def rows(town: Town, north: float = 0.0, depth: float = 1.5, **more: Any) -> list[dict[str, Any]]:
    """A pipe of two, and a far one that holds the map's outline."""
    return [
        town.feature(f"LINESTRING (-400 {north}, 400 {north})", id="G-1", pressure="medium", depth_m=depth, **more),
        town.feature("LINESTRING (-400 900, 400 900)", id="far", pressure="low"),
    ]


class Gis:
    """Who keeps the map: it imports it once and delivers what is drawn since."""

    def __init__(self, work: Work, town: Town, folder: Path) -> None:
        self.work, self.town, self.folder = work, town, folder

    def load(self, made: list[dict[str, Any]], jurisdiction: str = "CN-HE-langfang") -> UUID:
        path = self.town.geojson(self.folder / "map.geojson", made)
        report = service.import_network(self.work, READER, path, crs="EPSG:4326", jurisdiction=jurisdiction)
        assert report.version_id is not None
        return report.version_id

    def deliver(self, made: list[dict[str, Any]], regime: Regime | None = None, **options: Any) -> SyncReport:
        path = self.town.geojson(self.folder / "delivery.geojson", made)
        asked = SyncOptions(**options)
        return service.sync(self.work, READER, path, crs="EPSG:4326", options=asked, regime=regime)

    def measured(self, north: float, depth: float | None = None, pipe: str = "G-1") -> Proposal:
        kind = ProposalKind.POSITION if depth is None else ProposalKind.DEPTH
        shape = bytes(shapely.to_wkb(self.town.shape(shapely.Point(0, north))))
        (made,) = service.propose(self.work, [Measured(kind, pipe, shape, 0.05, depth, "person:1", SITE, EVENT)])
        return made

    def now(self, one: Proposal) -> Proposal:
        found = service.proposals(self.work, people.operator(self.work.tenant_id), service.ProposalFilter(), limit=99)
        return next(each for each in found if each.id == one.id)


@pytest.fixture
def gis(work: Work, town: Town, tmp_path: Path) -> Gis:
    made = Gis(work, town, tmp_path)
    made.load(rows(town))
    work.take_facts()
    return made


def test_a_delivery_that_agrees_settles_position_and_depth(gis: Gis, town: Town) -> None:
    off, deep, kept = gis.measured(NORTH), gis.measured(0.0, depth=0.8), gis.measured(9.0)
    assert [one.state for one in (off, deep, kept)] == [ProposalState.OPEN] * 3
    assert off.off_m == pytest.approx(NORTH, abs=0.01)
    made = gis.deliver(rows(town, NORTH, depth=0.8))
    assert [gis.now(one).state for one in (off, deep)] == [ProposalState.SETTLED] * 2
    assert gis.now(off).settled_by == made.imported.version_id
    assert gis.now(kept).state is ProposalState.OPEN


def test_a_partial_delivery_settles_what_it_agrees_with_alone(gis: Gis, town: Town) -> None:
    off, far = gis.measured(NORTH), gis.measured(905.0, pipe="far")
    made = gis.deliver(rows(town, NORTH)[:1], partial=True)
    assert made.imported.version == 2
    assert gis.now(off).state is ProposalState.SETTLED
    assert gis.now(far).state is ProposalState.OPEN


def test_one_that_a_person_accepted_is_settled_and_one_rejected_stays_so(gis: Gis, town: Town) -> None:
    root = people.operator(gis.work.tenant_id)
    yes, no = gis.measured(NORTH), gis.measured(NORTH)
    service.decide(gis.work, root, yes.id, accept=True, why="dug")
    service.decide(gis.work, root, no.id, accept=False, why="a water main")
    gis.deliver(rows(town, NORTH))
    settled = gis.now(yes)
    assert (settled.state, settled.why) == (ProposalState.SETTLED, "dug"), "who accepted it stays on record"
    assert settled.decided_by is not None
    assert gis.now(no).state is ProposalState.REJECTED
    with pytest.raises(RefusedError, match="settled already"):
        service.decide(gis.work, root, yes.id, accept=False, why="x")


@pytest.mark.parametrize("how", ["dry", "refused", "nothing", "elsewhere"])
def test_a_delivery_that_changes_nothing_there_settles_nothing(gis: Gis, town: Town, how: str) -> None:
    off = gis.measured(NORTH)
    if how == "dry":
        gis.deliver(rows(town, NORTH), dry_run=True)
    elif how == "refused":
        weaker = [one | {"properties": one["properties"] | {"pressure": "low"}} for one in rows(town, NORTH)]
        with pytest.raises(RefusedError, match="DANGER"):
            gis.deliver(weaker)
    elif how == "nothing":
        assert gis.deliver(rows(town)).changes == ()
    else:
        gis.deliver(rows(town, -NORTH))
    assert gis.now(off).state is ProposalState.OPEN


def test_a_pipe_that_no_map_had_is_settled_when_it_is_delivered(gis: Gis, town: Town) -> None:
    unknown = gis.measured(40.0, pipe="")
    assert (unknown.measured.pipe_id, unknown.map_error) == ("", True)
    new = town.feature("LINESTRING (-100 40, 100 40)", id="G-7", pressure="low")
    gis.deliver([new], partial=True, allow_shift=True)
    assert gis.now(unknown).state is ProposalState.SETTLED


def test_another_tenants_map_settles_nothing_of_ours(gis: Gis, town: Town, tmp_path: Path) -> None:
    off = gis.measured(NORTH)
    tenant = people.ensure_tenant(gis.work.session, gis.work.clock, gis.work.ids, "next-door")
    other = Gis(replace(gis.work, tenant_id=tenant.id), town, tmp_path)
    other.load(rows(town))
    other.deliver(rows(town, NORTH))
    assert gis.now(off).state is ProposalState.OPEN
    assert [one.number for one in service.versions(gis.work)] == [1]


def test_a_depth_is_not_settled_by_a_namesake_of_the_other_regime(gis: Gis, town: Town) -> None:
    """Two operators may call two pipes by one name; a depth alone says nothing of which it is."""
    deep = gis.measured(0.0, depth=0.8)
    gis.load(rows(town, 600.0, depth=0.8), "CN-LONGDISTANCE")
    assert gis.now(deep).state is ProposalState.OPEN
    gis.deliver(rows(town, depth=0.8), regime=Regime.CITY_GAS)
    assert gis.now(deep).state is ProposalState.SETTLED


def test_with_both_regimes_a_delivery_must_say_which(gis: Gis, town: Town) -> None:
    gis.load(rows(town, 600.0), "CN-LONGDISTANCE")
    with pytest.raises(InputError) as refused:
        gis.deliver(rows(town, NORTH))
    assert refused.value.field == "--regime"
    assert "city_gas" in refused.value.fix
    made = gis.deliver(rows(town, 601.0), regime=Regime.LONG_DISTANCE)
    assert made.imported.regime is Regime.LONG_DISTANCE
    active = {one.regime: one.number for one in service.versions(gis.work) if one.active}
    assert active[Regime.CITY_GAS] == 1


def test_what_is_told_names_the_tenant_and_nobody_else_reads_its_ground(gis: Gis, town: Town) -> None:
    gis.deliver(rows(town, NORTH))
    facts = gis.work.take_facts()
    assert {(one.kind, one.partition, one.tenant_id) for one in facts} == {
        (NETWORK_CHANGED, str(gis.work.tenant_id), gis.work.tenant_id)
    }
    ids = [one.fact_id for one in facts]
    boxes = service.changed_boxes(gis.work, ids)
    assert {one.id for one in boxes} == set(ids)
    assert {(one.at, one.after) for one in boxes} == {(gis.work.now(), None)}
    other = replace(gis.work, tenant_id=UUID(int=77))
    assert service.changed_boxes(other, ids) == []


def test_the_rest_of_a_ground_is_told_from_where_the_last_step_came(gis: Gis, town: Town) -> None:
    gis.deliver(rows(town, NORTH))
    (first, *_) = service.changed_boxes(gis.work, [one.fact_id for one in gis.work.take_facts()])
    service.tell_rest(gis.work, first, UUID(int=5))
    (fact,) = gis.work.take_facts()
    (rest,) = service.changed_boxes(gis.work, [fact.fact_id])
    assert (rest.bounds, rest.after) == (first.bounds, UUID(int=5))


# -- who sees which part of a diff


def reader(work: Work, area: Area | None, permission: str = "network:read") -> Actor:
    scope = Scope.TENANT if area is None else Scope.AREA
    grants = (Grant(permission, scope, work.tenant_id, None if area is None else area.path, Role.PATROLLER),)
    return Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=work.tenant_id, grants=grants)


@pytest.fixture
def beat(work: Work, town: Town) -> Area:
    """The ground east of the middle of the pipe."""
    outline = bytes(shapely.to_wkb(town.shape(shapely.box(0, -100, 1000, 100))))
    shared = replace(work, tenant_id=PLATFORM)
    return people.add_area(shared, people.operator(), NewArea("east", "东区", wkb=outline), shared=True)


def test_a_diff_is_cut_to_the_readers_ground_and_so_are_its_sums(gis: Gis, town: Town, beat: Area) -> None:
    made = [*rows(town, NORTH)[:1], town.feature("LINESTRING (-400 905, 400 905)", id="far", pressure="low")]
    version = gis.deliver(made).imported.version_id
    assert version is not None
    whole = service.network_diff(gis.work, reader(gis.work, None), version)
    assert [one.pipe_id for one in whole.changes] == ["G-1", "far"]
    cut = service.network_diff(gis.work, reader(gis.work, beat), version)
    (one,) = cut.changes
    assert one.pipe_id == "G-1"
    assert one.metres_after == pytest.approx(400, abs=1)
    (medium,) = cut.summary
    assert medium.pressure_class is PressureClass.MEDIUM
    assert medium.changed_km == pytest.approx(0.4, abs=0.001)
    assert whole.summary[0].changed_km == pytest.approx(0.8, abs=0.001)


def test_pages_of_a_cut_diff_skip_and_repeat_nothing(gis: Gis, town: Town, beat: Area) -> None:
    """Every second pipe lies on ground that the reader does not see."""
    new = [
        town.feature(f"LINESTRING ({-90 + 100 * (n % 2)} {n}, {-20 + 100 * (n % 2)} {n})", id=f"N-{n}", pressure="low")
        for n in range(9)
    ]
    version = gis.deliver([*rows(town), *new]).imported.version_id
    assert version is not None
    actor, seen, after = reader(gis.work, beat), [], 0
    for _ in range(9):
        page = service.network_diff(gis.work, actor, version, after=after, limit=1)
        seen += [one.pipe_id for one in page.changes]
        if page.last is None:
            break
        after = page.last
    assert seen == ["N-1", "N-3", "N-5", "N-7"]
    assert page.summary[0].added == 4


def test_who_may_not_read_and_whose_it_is_not_get_nothing(gis: Gis, town: Town) -> None:
    version = gis.deliver(rows(town, NORTH)).imported.version_id
    assert version is not None
    with pytest.raises(ForbiddenError):
        service.network_diff(gis.work, reader(gis.work, None, "site:read"), version)
    other = replace(gis.work, tenant_id=UUID(int=77))
    with pytest.raises(NotFoundError):
        service.network_diff(other, people.operator(UUID(int=77)), version)


# -- what is drawn around a place


def test_near_gives_what_meets_a_box_with_its_ranges(gis: Gis, town: Town) -> None:
    def box(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
        a, b = town.lonlat([(west, south), (east, north)]).tolist()
        return a[0], a[1], b[0], b[1]

    at = gis.work.now()
    (one,) = service.near(gis.work, box(-50, -50, 50, 50), at=at)
    assert (one.pipe.pipe_id, one.regime) == ("G-1", Regime.CITY_GAS)
    assert one.protect_m is not None
    assert one.control_m is not None
    assert 0 < one.protect_m < one.control_m
    assert service.near(gis.work, box(450, 50, 500, 90), at=at) == []
    assert {each.pipe.pipe_id for each in service.near(gis.work, box(-50, -50, 50, 950), at=at)} == {"G-1", "far"}
    other = replace(gis.work, tenant_id=UUID(int=77))
    assert service.near(other, box(-50, -50, 50, 50), at=at) == []


def test_near_draws_the_active_version_alone_and_both_regimes(gis: Gis, town: Town) -> None:
    west, south, east, north = 116.69, 39.49, 116.71, 39.52
    gis.deliver(rows(town, NORTH)[:1] + rows(town)[1:])
    found = service.near(gis.work, (west, south, east, north), at=gis.work.now())
    assert sorted(one.pipe.pipe_id for one in found) == ["G-1", "far"]
    (drawn,) = (shapely.from_wkb(one.pipe.geometry) for one in found if one.pipe.pipe_id == "G-1")
    assert drawn.coords[0][1] == pytest.approx(town.lonlat([(-400, NORTH)])[0][1], abs=1e-7)
    gis.load(rows(town, 600.0), "CN-LONGDISTANCE")
    both = service.near(gis.work, (west, south, east, north), at=gis.work.now())
    assert sorted(one.regime.value for one in both) == ["city_gas"] * 2 + ["long_distance"] * 2
