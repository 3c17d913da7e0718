"""The synthetic alarm runs the whole chain with the shipped models, is in nobody's way, and a broken stage shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from pipewarden.casework import jobs as casework
from pipewarden.casework import service as sites
from pipewarden.dedupe import service as dedupe
from pipewarden.inference.store.registry import CallRow
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JUDGED, Chain, Stage, Tally, Verdict
from pipewarden.judge.service import considering
from pipewarden.judge.store import SyntheticRow
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.facts_log import FactRow
from pipewarden.locate import service as locate
from pipewarden.main import scan, synthetic
from pipewarden.main.demo import town
from pipewarden.main.home import Home
from pipewarden.people import service as people
from pipewarden.perceive.facts import FindingClass
from pipewarden.perceive.store import FindingRow
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera
from pipewarden.sense.store import ObservationRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.main.replay import Replay

QUARTER = timedelta(minutes=15)


@pytest.fixture
def live(lived: Replay) -> Replay:
    return replace(lived, river=replace(lived.river, home=town.fresh(lived.river.home)))


def chain(home: Home) -> Chain:
    with home.work() as work:
        found = judge.chain(work)
    assert found is not None
    return found


def only(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other tests' tenants of this house be left alone."""
    monkeypatch.setattr(Home, "tenants", lambda _home: [home.tenant_id])


def test_it_comes_through_and_is_in_nobodys_way(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    home = live.river.home
    only(home, monkeypatch)
    with home.work() as work:
        calls = work.session.scalar(select(func.count()).select_from(CallRow))
    assert synthetic.send_due(home) == 1
    assert chain(home).came is None
    live.river.drain()
    live.clock.advance(timedelta(seconds=90))
    found = chain(home)
    assert found.came is not None
    assert found.came.verdict == "person"
    assert (found.age_s, found.loud, found.stage) == (90.0, False, None)
    assert list(scan.all_alarms(home)) == []
    with home.work() as work:
        (alarm_id,) = dedupe.of_stream(work, found.came.stream)
        assert dedupe.alarm(work, alarm_id).test
        assert judge.tally(work) == Tally(confirmed=0, silenced=0, person=0, questions=0)
        assert sense.all_cameras(work) == []
        assert locate.overlook(work) == [], "it watches nothing, so it cannot be blind"
        mine = (FactRow.tenant_id == work.tenant_id, FactRow.kind == JUDGED)
        assert work.session.scalar(select(func.count()).select_from(FactRow).where(*mine)) == 0
        assert work.session.scalar(select(func.count()).select_from(CallRow)) == calls, "nobody pays for it"


def test_it_opens_no_site_and_calls_nobody(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    home = live.river.home
    only(home, monkeypatch)
    synthetic.send_due(home)
    live.river.drain()
    live.clock.advance(timedelta(minutes=3))
    casework.look_for_waiting(home.factory.begin)
    casework.sweep(home.factory.begin)
    with home.work() as work:
        (alarm_id,) = dedupe.of_stream(work, chain_stream(home))
        assert judge.cases(work, [alarm_id])[alarm_id].case.verdict is Verdict.PERSON
        everybody = people.operator(work.tenant_id)
        opened = sites.sites(work, everybody, sites.SiteFilter(), limit=200)
        assert [one for one in opened if one.site.tenant_id == work.tenant_id] == []
        called = sites.list_calls(work, everybody, everybody=True, waits=None, limit=200)
        assert [one for one in called if one.call.tenant_id == work.tenant_id] == []


def chain_stream(home: Home) -> str:
    came = chain(home).came
    assert came is not None
    return came.stream


def test_a_test_that_cannot_be_judged_stays_a_test_and_is_loud(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks rolls back all that its consideration wrote; a person must not find the house's own machine."""
    home = live.river.home
    only(home, monkeypatch)

    def broken(*_: object) -> None:
        raise LookupError("a scene that nobody foresaw")

    synthetic.send_due(home)
    with monkeypatch.context() as there:
        there.setattr(considering, "scene", broken)
        live.river.drain()
    live.clock.advance(timedelta(minutes=21))
    synthetic.send_due(home)
    found = chain(home)
    assert (found.came, found.loud, found.stage) == (None, True, Stage.JUDGE)
    with home.work() as work:
        assert judge.tally(work) == Tally(confirmed=0, silenced=0, person=0, questions=0)
        everybody = people.operator(work.tenant_id)
        asked = judge.reviews(work, everybody, limit=200)
        assert [one for one in asked if one.case.tenant_id == work.tenant_id] == []
        mine = (FactRow.tenant_id == work.tenant_id, FactRow.kind == JUDGED)
        assert work.session.scalar(select(func.count()).select_from(FactRow).where(*mine)) == 0


def test_one_is_sent_in_each_quarter_of_an_hour_whoever_asks(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    home = live.river.home
    only(home, monkeypatch)
    assert [synthetic.send_due(home) for _ in range(3)] == [1, 0, 0]
    live.river.drain()
    live.clock.advance(QUARTER)
    assert [synthetic.send_due(home) for _ in range(2)] == [1, 0]
    live.river.drain()
    with home.work() as work:
        rows = work.session.scalars(select(SyntheticRow).where(SyntheticRow.tenant_id == work.tenant_id)).all()
        alarms = {one for row in rows for one in dedupe.of_stream(work, row.stream)}
    assert [row.arrived_at is not None for row in rows] == [True, True]
    assert len(alarms) == 2, "each has an alarm of its own, or the second would need no verdict"


def test_what_was_sent_long_ago_is_forgotten_but_not_the_last_that_came(
    live: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = live.river.home
    only(home, monkeypatch)

    def slots() -> list[bool]:
        """Return of each test on record, the oldest first, whether it came."""
        with home.work() as work:
            mine = select(SyntheticRow).where(SyntheticRow.tenant_id == work.tenant_id)
            return [row.arrived_at is not None for row in work.session.scalars(mine.order_by(SyntheticRow.slot))]

    for _ in range(2):
        synthetic.send_due(home)
        live.river.drain()
        live.clock.advance(QUARTER)
    live.clock.advance(timedelta(days=91))
    synthetic.send_due(home)
    assert slots() == [True, False], "the chain is silent since the one that is left"
    live.river.drain()
    live.clock.advance(QUARTER)
    synthetic.send_due(home)
    assert slots() == [True, False]


@pytest.mark.parametrize("tenants", [3])
def test_each_tenant_has_its_own(live: Replay, monkeypatch: pytest.MonkeyPatch, tenants: int) -> None:
    several = [town.fresh(live.river.home) for _ in range(tenants)]
    monkeypatch.setattr(Home, "tenants", lambda _home: [one.tenant_id for one in several])
    assert synthetic.send_due(live.river.home) == tenants
    for one in several:
        replace(live.river, home=one).drain()
        assert chain(one).came is not None


def run(live: Replay, *stages: str) -> None:
    """Work off what waits for the named stages only, in their order: the others are down."""
    home = live.river.home
    for stage in stages:
        with home.work() as work:
            behind = home.registry.behind(work.session, work.tenant_id)
        for name, partition in behind:
            if name == stage:
                home.registry.run(home.factory, name, partition)


@pytest.mark.parametrize(
    ("working", "stands"),
    [
        ((), Stage.SCREEN),
        (("perceive.screen",), Stage.PLACE),
        (("perceive.screen", "locate.place"), Stage.GROUP),
        (("perceive.screen", "locate.place", "dedupe.join"), Stage.JUDGE),
    ],
)
def test_a_stage_that_is_down_shows_as_age_and_is_named(
    live: Replay, monkeypatch: pytest.MonkeyPatch, working: tuple[str, ...], stands: Stage
) -> None:
    home = live.river.home
    only(home, monkeypatch)
    synthetic.send_due(home)
    live.river.drain()
    assert chain(home).came is not None
    for _ in range(2):
        live.clock.advance(QUARTER)
        synthetic.send_due(home)
        run(live, *working)
    found = chain(home)
    assert (found.age_s, found.loud) == (2 * QUARTER.total_seconds(), True)
    live.clock.advance(timedelta(minutes=2))
    assert chain(home).stage is stands
    live.river.drain()
    mended = chain(home)
    assert (mended.age_s, mended.loud, mended.stage) == (120.0, False, None), "what waited came through after all"


def test_a_screen_that_sees_no_machine_is_loud(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    home = live.river.home
    only(home, monkeypatch)
    synthetic.send_due(home)
    run(live, "perceive.screen")
    with home.work() as work:
        mine = select(ObservationRow.id).where(ObservationRow.tenant_id == work.tenant_id)
        machines = (FindingRow.observation_id.in_(mine), FindingRow.cls == FindingClass.MACHINE)
        work.session.execute(update(FindingRow).where(*machines).values(raises=False))
    live.river.drain()
    live.clock.advance(timedelta(minutes=21))
    synthetic.send_due(home)
    found = chain(home)
    assert (found.came, found.loud, found.stage) == (None, True, Stage.UNSEEN)


def test_a_worker_that_sends_none_is_loud(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    home = live.river.home
    only(home, monkeypatch)
    assert (chain(home).loud, chain(home).came) == (False, None), "a tenant is given its first quarter of an hour"
    live.clock.advance(timedelta(minutes=21))
    assert (chain(home).loud, chain(home).stage) == (True, Stage.SEND)
    synthetic.send_due(home)
    live.river.drain()
    live.clock.advance(timedelta(minutes=21))
    assert (chain(home).loud, chain(home).stage) == (True, Stage.SEND)


def test_one_tenant_that_cannot_be_tested_holds_up_no_other(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = live.river.home, town.fresh(live.river.home)
    with broken.work() as work:
        sense.register_camera(work, NewCamera(key="self-test", name="somebody's own"))
    monkeypatch.setattr(Home, "tenants", lambda _home: [broken.tenant_id, whole.tenant_id])
    assert synthetic.send_due(broken) == 1
    with broken.work() as work:
        assert not sense.all_cameras(work)[0].test, "a camera that watches pipes is never made a test camera"


def test_nobody_may_name_the_test_camera(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    home = live.river.home
    only(home, monkeypatch)
    synthetic.send_due(home)
    with home.work() as work:
        assert sense.camera_by_key(work, "self-test") is None
        with pytest.raises(InputError, match="another camera's key"):
            sense.register_camera(work, NewCamera(key="self-test", name="mine"))


def test_the_platform_has_no_chain(live: Replay) -> None:
    nobody: UUID = live.river.home.tenant_id.__class__(int=0)
    with live.river.home.factory.begin(nobody) as work:
        assert judge.chain(work) is None


def test_a_slow_judge_is_not_paid_for_a_test(live: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint would be asked 96 times a day; the test ends before it, in nobody's queue."""
    home = live.river.home
    only(home, monkeypatch)

    class Endpoint:
        name, patience_s = "endpoint", 20.0

        def judge(self, case: object) -> None:
            raise UnavailableError(field="vision", problem=f"was asked about {case}", fix="-")

    synthetic.send_due(home)
    run(live, "perceive.screen", "locate.place", "dedupe.join")
    found = live.river.home
    with found.work() as work:
        (row,) = work.session.scalars(select(SyntheticRow).where(SyntheticRow.tenant_id == work.tenant_id))
        bench = replace(live.river.bench, second=Endpoint())  # type: ignore[arg-type]  # it is never asked
        judge.consider(work, bench, dedupe.of_stream(work, row.stream))
    came = chain(home).came
    assert came is not None
    assert came.verdict == "person"
