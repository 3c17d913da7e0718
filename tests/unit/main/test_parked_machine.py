"""The machine parked in its yard (cam-15 of the demo, rendered): never silent without a word of a person about it."""

from dataclasses import replace
from datetime import timedelta

from replayed import watch

from pipewarden.judge import service as judge
from pipewarden.judge.facts import Code, Tally, Verdict
from pipewarden.main import scan
from pipewarden.main.demo import town
from pipewarden.main.home import Home
from pipewarden.main.replay import Replay
from pipewarden.people import service as people
from pipewarden.sense.facts import Camera
from pipewarden.sim import service as sim

PARKED = next(one for one in sim.demo_cameras() if one.key == "cam-15")


def yard(lived: Replay) -> tuple[Replay, Camera]:
    live = replace(lived, river=replace(lived.river, home=town.fresh(lived.river.home)))
    town.lay_pipes(live.river.home)
    return live, town.hang_cameras(live.river.home)[PARKED.key]


def tally(home: Home) -> Tally:
    with home.work() as work:
        return judge.tally(work)


def test_it_goes_to_a_person_when_nobody_has_said_anything(lived: Replay) -> None:
    live, camera = yard(lived)
    watch(live, PARKED, camera)
    assert tally(live.river.home) == Tally(confirmed=0, silenced=0, person=1, questions=1)


def test_it_is_silent_once_a_person_has_called_the_scene_empty(lived: Replay) -> None:
    live, camera = yard(lived)
    home, operator = live.river.home, people.operator(live.river.home.tenant_id)
    watch(live, PARKED, camera)
    until = live.clock.now()
    with home.work() as work:
        judge.learn_empty_scene(
            work, operator, camera.id, since=until - timedelta(hours=2), until=until, reason="its owner parks it there"
        )
    watch(live, PARKED, camera, days=1)
    (alarm,) = scan.all_alarms(home)
    with home.work() as work:
        case = judge.verdict(work, operator, alarm.id)
    assert case.verdict is Verdict.REJECTED
    assert Code.BACKGROUND in {one.code for one in case.reasons}
    assert tally(home).questions == 1, "the rule closes, and nobody is asked again"


def test_a_drawn_corridor_alone_does_not_silence_it(lived: Replay) -> None:
    """It stands 11 m from a main: where map and line contradict each other, a person looks."""
    live, camera = yard(lived)
    with live.river.home.work() as work:
        operator = people.operator(live.river.home.tenant_id)
        judge.set_corridor(work, operator, camera.id, ((0.0, 0.5), (0.3, 0.5), (0.3, 1.0), (0.0, 1.0)))
    watch(live, PARKED, camera)
    assert tally(live.river.home).person == 1
