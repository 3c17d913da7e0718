"""Pipes: kilometres and coverage within reach, as of a moment that may be past."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from insight_town import MONTH, InsightTown, after
from site_life import PERSON

from pipewarden.field.facts.patrols import Seen
from pipewarden.field.rules.patrol_seen import pack
from pipewarden.field.service.patrol_reckoning import mains_of
from pipewarden.field.store import patrols as patrol_store
from pipewarden.insight import service
from pipewarden.insight.facts import FigureKey, Part, Span
from pipewarden.insight.service.figures import figure, gathered
from pipewarden.network import store as network_store
from pipewarden.network.facts import Datum, Kind, NetworkVersion, Pipe, PressureClass, Regime
from pipewarden.people.facts import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work


@pytest.fixture
def town(work: Work) -> InsightTown:
    """One pipe in the north street, one of the same length in the south street."""
    made = InsightTown(work)
    lines = [[(116.70, lat), (116.71, lat)] for lat in (39.55, 39.45)]
    pipes = [
        Pipe(
            row=row, pipe_id=f"M{row}", kind=Kind.PIPE, datum=Datum.CENTRE_LINE, pressure_class=PressureClass.MEDIUM,
            pressure="中压B", diameter_mm=200.0, material=None, depth_m=1.2, year=None, sigma_m=0.5,
            geometry=shapely.to_wkb(shapely.LineString(line)), extra={},
        )
        for row, line in enumerate(lines, 1)
    ]  # fmt: skip
    version = NetworkVersion(
        id=work.ids.new(), tenant_id=work.tenant_id, number=1, regime=Regime.CITY_GAS, jurisdiction="CN-GB55009",
        source="street", crs="EPSG:4326", accepted=2, length_km=1.7, extent=(116.6, 39.4, 116.8, 39.6),
        imported_at=work.now(), active=True,
    )  # fmt: skip
    network_store.add_version(work.session, version, "test", {})
    network_store.add_pipes(work.session, work.tenant_id, version.id, pipes)
    return made


def walk(town: InsightTown, at: datetime, *pipes: str) -> None:
    """Let somebody who is believed walk along whole pipes."""
    work = town.work
    ((_, mains),) = mains_of(work)
    seen = [
        Seen(int(mains.keys[place]), name, 0.0, float(mains.start[place + 1] - mains.start[place]), at)
        for place, name in enumerate(mains.pipes)
        if name in pipes
    ]
    row = patrol_store.PatrolRow(
        id=work.ids.new(), tenant_id=work.tenant_id, person_id=PERSON, draft=work.ids.new(), source="phone", device="",
        phone={}, began_said=at, began_at=at, area_path="", points=0, heard_at=at, clocks=[], verified=True, reasons=[],
        walked_m=0.0, seen_m=0.0, stood_s=0.0, dropped=0, first_at=at, last_at=at,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    patrol_store.put_seen(work, row.id, pack(seen))


def test_coverage_is_as_of_the_end_of_the_time_and_of_ones_own_ground(town: InsightTown) -> None:
    walk(town, MONTH.until - timedelta(hours=1), "M1")
    walk(town, MONTH.until + timedelta(hours=1), "M2")
    view = gathered(town.work, town.reader(), MONTH)
    found, cases = figure(view, FigureKey.PATROL_COVERAGE), view.cases(FigureKey.PATROL_COVERAGE)
    assert found.value == pytest.approx(0.5, abs=0.001)
    assert found.of == pytest.approx(1716, rel=0.01)
    assert (found.low, [one.key for one in found.groups]) == (None, ["medium"])
    (overdue,) = cases
    assert (overdue.part, overdue.group, overdue.name, overdue.lon) == (Part.REST, "medium", "never", None)
    assert overdue.id.startswith("M2:0-")
    assert overdue.value == pytest.approx(found.of - found.counted)
    for area, value in ((town.north, 1.0), (town.south, 0.0)):
        mine = gathered(town.work, town.reader(Scope.AREA, area), MONTH)
        assert figure(mine, FigureKey.PATROL_COVERAGE).value == value
        narrow = gathered(town.work, town.reader(), MONTH, area.id)
        assert figure(narrow, FigureKey.PATROL_COVERAGE).of == pytest.approx(found.of / 2, rel=0.01)


def test_damages_are_divided_by_the_pipes_that_one_reaches(town: InsightTown) -> None:
    town.strike(after(days=3))
    whole, north = (
        figure(gathered(town.work, actor, MONTH), FigureKey.DAMAGES_PER_100_KM)
        for actor in (town.reader(), town.reader(Scope.TENANTS_IN_AREA, town.north))
    )
    assert (whole.of, north.of) == (pytest.approx(1.716, rel=0.01), pytest.approx(0.858, rel=0.01))
    assert whole.value == pytest.approx(100 / whole.of, rel=0.002)
    assert north.value == pytest.approx(100 / north.of, rel=0.002)
    assert (whole.counted, north.counted, whole.few) == (1, 1, True)


def test_a_report_compares_the_coverage_of_two_moments(town: InsightTown) -> None:
    walk(town, MONTH.until - timedelta(hours=1), "M1", "M2")
    made = {one.now.key: one for one in service.report(town.work, town.reader(), MONTH).figures}
    one = made[FigureKey.PATROL_COVERAGE]
    assert (one.now.value, one.before.value, one.apart) == (1.0, 0.0, False)
    open_end = Span(MONTH.since, town.work.now() + timedelta(days=9))
    assert gathered(town.work, town.reader(), open_end).moment == town.work.now()
