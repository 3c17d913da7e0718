"""Versions and pipes on disk: what goes in comes out, one active version per regime, tenants apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import shapely
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from pipewarden.network import store
from pipewarden.network.facts import Datum, Kind, NetworkVersion, PressureClass, Regime

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine
    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work


def version(work: Work, number: int = 1, regime: Regime = Regime.CITY_GAS, *, active: bool = False) -> NetworkVersion:
    return NetworkVersion(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        number=number,
        regime=regime,
        jurisdiction="CN-HE-langfang",
        source="管网.gpkg",
        crs="EPSG:4548",
        accepted=2,
        length_km=1.25,
        extent=(116.6, 39.4, 116.8, 39.6),
        imported_at=work.now(),
        active=active,
    )


def added(work: Work, made: NetworkVersion) -> NetworkVersion:
    store.add_version(work.session, made, "generic", {"accepted": 2})
    return made


def rows_of(work: Work, version_id: UUID) -> int:
    asked = select(func.count()).select_from(store.PipeRow).where(store.PipeRow.version_id == version_id)
    return int(work.session.scalar(asked) or 0)


def test_a_version_comes_back_as_it_went_in(work: Work) -> None:
    made = added(work, version(work))
    assert store.version(work.session, work.tenant_id, made.id) == made
    assert store.versions(work.session, work.tenant_id) == [made]
    assert store.active_versions(work.session, work.tenant_id) == []
    row = work.session.get(store.VersionRow, made.id)
    assert row is not None
    assert (row.report, row.mapping) == ({"accepted": 2, "classes": []}, "generic")


def test_pipes_come_back_as_they_went_in(work: Work, town: Town) -> None:
    made = added(work, version(work))
    full = town.pipe(
        3,
        "MULTILINESTRING ((0 0, 10 0), (20 0, 30 5))",
        "sub_high",
        pipe_id="管-1\t\\N\n'\"",
        datum=Datum.OUTER_EDGE,
        pressure="次高压A",
        material="钢\\",
        depth_m=1.2,
        year=1998,
        extra={"路名": "和平\\路", "n": 1, "b": None, "f": 0.5, "t": True},
    )
    bare = town.pipe(7, "POINT (5 5)", "unknown", diameter_mm=None, sigma_m=None)
    store.add_pipes(work.session, work.tenant_id, made.id, [full, bare])
    assert store.pipes_of(work.session, work.tenant_id, made.id, with_extra=True) == [full, bare]
    assert store.pipes_of(work.session, work.tenant_id, made.id) == [replace(full, extra={}), bare]
    assert (bare.kind, bare.pressure_class) == (Kind.STATION, PressureClass.UNKNOWN)


def test_boxes_are_those_of_the_geometry(work: Work, town: Town) -> None:
    made = added(work, version(work))
    pipe = town.pipe(1, "LINESTRING (-40 10, 60 -30)")
    store.add_pipes(work.session, work.tenant_id, made.id, [pipe])
    row = work.session.scalar(select(store.PipeRow).where(store.PipeRow.version_id == made.id))
    assert row is not None
    box = (row.lon_min, row.lat_min, row.lon_max, row.lat_max)
    assert box == shapely.from_wkb(pipe.geometry).bounds


def test_pipes_keep_the_order_of_their_rows(work: Work, town: Town) -> None:
    made = added(work, version(work))
    pipes = [town.pipe(row, f"LINESTRING (0 {row}, 9 {row})") for row in (5, 2, 9, 1)]
    store.add_pipes(work.session, work.tenant_id, made.id, pipes)
    assert [p.row for p in store.pipes_of(work.session, work.tenant_id, made.id)] == [1, 2, 5, 9]


def test_progress_of_writing(work: Work, town: Town) -> None:
    made = added(work, version(work))
    one = town.pipe(1, "LINESTRING (0 0, 9 0)")
    seen: list[tuple[int, int]] = []
    store.add_pipes(
        work.session,
        work.tenant_id,
        made.id,
        [replace(one, row=row) for row in range(1, 5502)],
        lambda done, total: seen.append((done, total)),
    )
    assert seen == [(5000, 5501), (5501, 5501)]
    assert rows_of(work, made.id) == 5501


def test_a_failed_copy_leaves_nothing(work: Work, town: Town) -> None:
    made = added(work, version(work))
    twice = [town.pipe(1, "LINESTRING (0 0, 9 0)"), town.pipe(1, "LINESTRING (0 5, 9 5)")]
    with pytest.raises(Exception, match="duplicate key"), work.session.begin_nested():
        store.add_pipes(work.session, work.tenant_id, made.id, twice)
    assert rows_of(work, made.id) == 0


def test_numbers_count_per_regime(work: Work) -> None:
    assert store.next_number(work.session, work.tenant_id, Regime.CITY_GAS) == 1
    added(work, version(work, 1))
    added(work, version(work, 2))
    assert store.next_number(work.session, work.tenant_id, Regime.CITY_GAS) == 3
    assert store.next_number(work.session, work.tenant_id, Regime.LONG_DISTANCE) == 1


def test_a_number_is_given_once(work: Work) -> None:
    added(work, version(work, 1))
    with pytest.raises(IntegrityError, match="uq_network_versions"), work.session.begin_nested():
        added(work, version(work, 1))


def test_the_database_itself_refuses_two_active_versions(work: Work) -> None:
    added(work, version(work, 1, active=True))
    added(work, version(work, 1, Regime.LONG_DISTANCE, active=True))
    with pytest.raises(IntegrityError, match="uq_network_versions_active"), work.session.begin_nested():
        added(work, version(work, 2, active=True))


def test_activating_swaps_and_can_clear(work: Work) -> None:
    first, second = added(work, version(work, 1)), added(work, version(work, 2))
    long = added(work, version(work, 1, Regime.LONG_DISTANCE, active=True))
    for made in (first, second, first):
        store.activate(work.session, work.tenant_id, Regime.CITY_GAS, made.id)
        assert {v.id for v in store.active_versions(work.session, work.tenant_id)} == {made.id, long.id}
    store.activate(work.session, work.tenant_id, Regime.CITY_GAS, None)
    assert [v.id for v in store.active_versions(work.session, work.tenant_id)] == [long.id]


def test_a_version_of_another_tenant_is_not_there(work: Work, town: Town) -> None:
    made = added(work, version(work, active=True))
    store.add_pipes(work.session, work.tenant_id, made.id, [town.pipe(1, "LINESTRING (0 0, 9 0)")])
    stranger = work.ids.new()
    assert store.version(work.session, stranger, made.id) is None
    assert store.versions(work.session, stranger) == []
    assert store.active_versions(work.session, stranger) == []
    assert store.pipes_of(work.session, stranger, made.id) == []
    store.activate(work.session, stranger, Regime.CITY_GAS, None)
    assert [v.id for v in store.active_versions(work.session, work.tenant_id)] == [made.id]


def test_one_import_at_a_time_per_tenant_and_regime(work: Work, engine: Engine) -> None:
    store.lock(work.session, work.tenant_id, Regime.CITY_GAS)
    key = func.hashtextextended
    mine = f"network:{work.tenant_id}:{Regime.CITY_GAS}"
    other = f"network:{work.tenant_id}:{Regime.LONG_DISTANCE}"
    with engine.connect() as rival, rival.begin():
        assert rival.scalar(select(func.pg_try_advisory_xact_lock(key(mine, 0)))) is False
        assert rival.scalar(select(func.pg_try_advisory_xact_lock(key(other, 0)))) is True
