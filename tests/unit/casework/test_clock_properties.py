"""The clock and the rules, for any site: until the next moment time alone changes no result, and then one only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st
from site_life import NOW, discovered

from pipewarden.casework import store
from pipewarden.casework.facts import Machine, Mark, Result, SiteState, Stop
from pipewarden.casework.rules.supervision import judged, next_moment, timed, works_at
from pipewarden.casework.rules.supervision_facts import Scene
from pipewarden.network.facts import Zone

RULES = store.shipped_supervision()
TICK, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
BEGUN = NOW - 20 * HOUR
BACK = st.integers(0, 150).map(lambda minutes: NOW - minutes * MINUTE)
LATELY = st.integers(0, 60).map(lambda minutes: NOW - minutes * MINUTE)
STANDBY = "V-STANDBY"


@st.composite
def scenes(draw: st.DrawFn, *, checked: st.SearchStrategy[datetime | None] | None = None) -> Scene:
    """Return confirmed works in some state, checked by standby at some time or never, a machine seen some time ago."""
    stop = Stop(UUID(int=8), "x", NOW - HOUR)
    site = replace(
        discovered(draw(st.sampled_from([Zone.PROTECTION, Zone.PROTECTION, Zone.CONTROL, Zone.UNKNOWN]))),
        state=draw(st.sampled_from([SiteState.FILED, SiteState.READY, SiteState.UNDER_STANDBY])),
        since=BEGUN,
        verified=True,
        standby_at=draw(st.none() | BACK if checked is None else checked),
        stops=draw(st.sampled_from([(), (), (stop,)])),
        marks=(Mark("verified", UUID(int=6), BEGUN),),
    )
    return Scene(site, Machine(seen_at=draw(BACK)))


DUE = Scene(
    replace(
        discovered(Zone.PROTECTION),
        state=SiteState.READY,
        since=BEGUN,
        verified=True,
        standby_at=NOW - 50 * MINUTE,
        marks=(Mark("verified", UUID(int=6), BEGUN),),
    ),
    Machine(seen_at=NOW),
)  # its check-in is missed in ten minutes, with a machine at work: seldom drawn


def results(scene: Scene, at: datetime) -> dict[str, Result]:
    return {one.code: one.result for one in judged(RULES, scene, at)}


def following(scene: Scene) -> datetime:
    """Return the next moment of a scene whose standby checked in within the last hour."""
    moment = next_moment(RULES, scene.site, NOW)
    assert moment is not None
    return moment


@given(scenes(), st.floats(0, 1))
def test_until_the_next_moment_time_alone_changes_nothing(scene: Scene, part: float) -> None:
    moment = next_moment(RULES, scene.site, NOW)
    last = NOW + 9 * HOUR if moment is None else moment - TICK
    between = NOW + (last - NOW) * part
    assert results(scene, between) == results(scene, NOW)


@example(DUE)
@given(scenes(checked=LATELY))
def test_at_the_next_moment_the_missed_check_is_the_only_thing_that_changes(scene: Scene) -> None:
    moment = following(scene)
    before, then = results(scene, moment - TICK), results(scene, moment)
    assert {code for code in then if then[code] is not before[code]} <= {STANDBY}
    assert scene.machine is not None
    at_work = moment - scene.machine.seen_at <= RULES.works_on
    may = scene.site.state is not SiteState.FILED and scene.site.zone is Zone.PROTECTION and not scene.site.stopped
    assert (then[STANDBY] is Result.VIOLATED) is (at_work and may)
    fresh = [one.code for one in timed(RULES, scene, moment)]
    assert fresh == ([STANDBY] if at_work and may else [])


@given(scenes())
def test_nobody_waits_for_a_moment_that_never_comes(scene: Scene) -> None:
    """Each moment is later than the one that asks for it, and behind the last one there is none."""
    at, met = NOW, 0
    while (moment := next_moment(RULES, scene.site, at)) is not None:
        assert moment > at
        at, met = moment, met + 1
        assert met <= len(RULES.rules)
    assert (met > 0) is (scene.site.standby_at is not None and scene.site.standby_at + HOUR + TICK > NOW)


@given(scenes(), st.integers(0, 300), st.integers(0, 300))
def test_a_machine_is_taken_for_at_work_no_longer_than_the_rules_say(scene: Scene, one: int, other: int) -> None:
    early, late = sorted((NOW + one * MINUTE, NOW + other * MINUTE))
    assert scene.machine is not None
    first, last = works_at(RULES, scene, early), works_at(RULES, scene, late)
    assert first is not None
    assert last is not None
    assert scene.machine.seen_at <= first <= last <= scene.machine.seen_at + RULES.works_on
    assert first <= early
    assert works_at(RULES, Scene(scene.site), early) is None


@example(DUE, 20)
@given(scenes(checked=LATELY), st.integers(1, 120))
def test_a_check_in_only_ever_moves_the_next_moment_further_away(scene: Scene, minutes: int) -> None:
    moment = following(scene)
    again_there = replace(scene.site, standby_at=NOW + TICK)
    again = next_moment(RULES, again_there, NOW)
    assert again is not None
    assert again >= moment
    assert results(Scene(again_there, scene.machine), NOW + minutes * MINUTE)[STANDBY] is not Result.VIOLATED
