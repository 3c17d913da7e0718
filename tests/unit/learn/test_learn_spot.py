"""What somebody on the spot said labels the picture where no reviewer has spoken, and never instead of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from duty_town import DutyTown
from ended_site import ACTOR, CLOSED, conclude, false, happens, looked, opened, outcomes

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import AccidentReported, MergedInto, Reopened
from pipewarden.casework.facts.strike import Damage, DamageSaid, Facility, Known, RootCause, StrikeOver
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.learn import service as learn
from pipewarden.learn.facts import NO_WORKS, WORKS, Member, Recipe, Share
from pipewarden.learn.facts.outcome import Found
from pipewarden.learn.rules import coco, read, sample_of, sites, write
from pipewarden.learn.service.reviews import DUPLICATE, NO_PICTURE, OPEN_AGAIN
from pipewarden.network.facts import PressureClass
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

A = (600.0, 400.0, 120.0, 80.0)
PLACE = (116.70, 39.55)
RECORD = Damage(
    facility=Facility.MAIN,
    pressure_class=PressureClass.MEDIUM,
    diameter_mm=200.0,
    depth_m=1.1,
    work_type="open_cut",
    machine="excavator",
    filed=Known.NO,
    briefed=Known.NO,
    marked_right=Known.UNKNOWN,
    hand_dug=Known.NO,
    standby_present=Known.NO,
    root_cause=RootCause.DIGGING,
    homes=120,
    hours=5.5,
    cost_cny=80_000.0,
    near_miss=True,
)


def ended(street: Any, code: str, *, true: bool, stream: str = "cam-a") -> Site:
    """A site of a machine that a camera saw, of which somebody on the spot says something, and which then ends."""
    site = opened(street.work, street.seen(2, *A, stream=stream))
    street.clock.advance(timedelta(minutes=30))
    happens(street.work, site, *looked(code, true=true), *(CLOSED if true else (false(code),)))
    conclude(street.work, site)
    return site


def say(street: Any, alarm: UUID, code: ReviewCode) -> None:
    judge.decide(street.work, street.root(), alarm, code=code, words="", silence=None, policy=JudgePolicy())


@pytest.mark.parametrize(
    ("code", "true", "says"),
    [("digging", True, WORKS), ("parked_machine", False, NO_WORKS), ("filed_works", False, WORKS)],
)
def test_the_word_on_the_spot_labels_what_was_seen_by_then(street: Any, code: str, true: bool, says: str) -> None:
    site = ended(street, code, true=true)
    said_at, alarm = street.clock.now(), site.alarm_id
    picture = dedupe.alarm(street.work, alarm).evidence
    street.seen(2, *A, scores=[0.99])
    assert dedupe.alarm(street.work, alarm).evidence != picture
    (one,), left_out = learn.reviewed(street.work)
    assert left_out == []
    assert (one.alarm_id, one.code, one.actor, one.at) == (alarm, code, ACTOR, said_at)
    assert (one.spot, one.picture, one.box, one.camera, one.audited) == (True, picture, A, "cam-a", False)
    (label,) = sample(one).labels
    assert (label.cls, label.by, label.code, label.spot) == (says, ACTOR, code, True)


def sample(one: Any) -> Any:
    return sample_of([one], sites([one])[one.alarm_id], size=(1280, 720), likeness=b"\0" * 32, terms={})


def test_that_it_was_said_on_the_spot_stays_with_the_label(street: Any) -> None:
    ended(street, "digging", true=True)
    (one,), _ = learn.reviewed(street.work)
    member = Member(sample(one), Share.TRAIN, "g")
    plain = Member(sample(replace(one, spot=False)), Share.TRAIN, "g")
    assert read(write("reviews", None, Recipe(), [member]), "reviews") == [member]
    assert read(write("reviews", None, Recipe(), [plain]), "reviews") == [plain]
    assert b"spot" not in write("reviews", None, Recipe(), [plain]), "what was made before keeps its hash"
    (there,) = coco([member], Share.TRAIN, label="reviews-1")["annotations"]
    (not_there,) = coco([plain], Share.TRAIN, label="reviews-1")["annotations"]
    assert (there["by"], there["on_the_spot"]) == (ACTOR, True)
    assert "on_the_spot" not in not_there


def test_a_reviewers_own_word_stays_first(street: Any) -> None:
    site = ended(street, "digging", true=True)
    say(street, site.alarm_id, ReviewCode.PARKED)
    (one,), _ = learn.reviewed(street.work)
    assert (one.code, one.spot, one.actor) == (ReviewCode.PARKED, False, f"operator:{street.root().id}")
    other = ended(street, "parked_machine", true=False, stream="cam-b")
    found, _ = learn.reviewed(street.work)
    assert [(one.alarm_id, one.spot) for one in found] == [(site.alarm_id, False), (other.alarm_id, True)]


def test_a_reviewers_duplicate_is_a_word_too(street: Any) -> None:
    site = ended(street, "digging", true=True)
    say(street, site.alarm_id, ReviewCode.DUPLICATE)
    assert learn.reviewed(street.work) == ([], [(f"alarm:{site.alarm_id}", DUPLICATE)])


def test_what_was_taken_back_labels_nothing_until_it_is_said_again(street: Any) -> None:
    site = ended(street, "parked_machine", true=False)
    happens(street.work, site, Reopened("they dig after all"))
    assert learn.reviewed(street.work) == ([], [(f"alarm:{site.alarm_id}", OPEN_AGAIN)])
    happens(street.work, site, *looked("digging", true=True), *CLOSED)
    conclude(street.work, site)
    (one,), left_out = learn.reviewed(street.work)
    assert (one.code, left_out) == (ReviewCode.DIGGING, []), "the older outcome says nothing any more"


def test_the_last_of_two_words_counts(street: Any) -> None:
    site = opened(street.work, street.seen(2, *A))
    happens(street.work, site, *looked("digging", true=True), *looked("preparing", true=True)[1:], *CLOSED)
    conclude(street.work, site)
    assert [one.code for one in learn.reviewed(street.work)[0]] == ["preparing"]
    assert [one.code for one in outcomes(street.work)[0].said] == ["digging", "preparing"]


def test_where_no_machine_was_seen_or_nobody_stood_there_nothing_is_labelled(street: Any) -> None:
    told = street.alarm_of(street.report(at=(116.9, 39.6)))
    site = opened(street.work, told)
    happens(street.work, site, *looked("digging", true=True), *CLOSED)
    desk = opened(street.work, street.seen(2, *A))
    happens(street.work, desk, false("weather_or_light"))
    filed = opened(street.work, None, (116.8, 39.5))
    happens(street.work, filed, *looked("digging", true=True), *CLOSED)
    assert conclude(street.work, site, desk, filed) == 3
    assert learn.reviewed(street.work) == ([], [(f"alarm:{told}", NO_PICTURE)])


def test_nobody_spoke_of_the_machine_of_a_site_that_was_taken_over(street: Any) -> None:
    kept = opened(street.work, street.seen(2, *A, stream="cam-a"))
    gone = opened(street.work, street.seen(2, *A, stream="cam-b"))
    casework.append(street.work, gone, [MergedInto(kept.id, "one pit")])
    happens(street.work, kept, *looked("digging", true=True), *CLOSED)
    conclude(street.work, kept)
    assert [one.alarm_id for one in learn.reviewed(street.work)[0]] == [kept.alarm_id]
    assert [one.alarm_id for one in outcomes(street.work)[0].alarms] == [kept.alarm_id, gone.alarm_id]


def test_a_rendered_picture_is_marked_and_never_tests(street: Any) -> None:
    street.camera("cam-r", rendered=True)
    ended(street, "digging", true=True, stream="cam-r")
    (one,), _ = learn.reviewed(street.work)
    assert (one.rendered, one.spot) == (True, True)
    assert sample(one).rendered


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def test_a_strike_is_learned_with_its_root_cause(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    town.on_duty(Role.PATROLLER)
    file = casework.report_strike(town.work, manager, place=PLACE)
    assert file.site_id is not None
    town.happen(file.site_id, AccidentReported("应急局"))
    casework.act_on_strike(town.work, manager, file.id, StrikeOver("气已关"))
    casework.act_on_strike(town.work, manager, file.id, DamageSaid(RECORD))
    for body in (*looked("digging", true=True)[1:], *CLOSED):
        town.happen(file.site_id, body)
    site = casework_store.sites.read(town.work, [file.site_id])[file.site_id]
    conclude(town.work, site)
    (one,) = outcomes(town.work)
    assert one.struck is not None
    assert (one.struck.strike_id, one.struck.at) == (file.id, file.at)
    assert (one.struck.root_cause, one.struck.near_miss) == (RootCause.DIGGING, True)
    assert (one.found, one.true) == ((Found.STRIKE,), True)
    assert one.policies["strike"] == file.plan.reach.policy
    since, until = town.clock.now() - timedelta(days=1), town.clock.now() + timedelta(days=1)
    figures = learn.outcome_figures(town.work, town.root, since, until)
    assert (figures.struck, figures.near_misses) == (1, 1)


def test_a_drill_leaves_nothing_to_learn(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    file = casework.report_strike(town.work, manager, place=PLACE, drill=True)
    casework.act_on_strike(town.work, manager, file.id, StrikeOver("演练结束"))
    assert learn.catch_up(town.work, after=0, limit=100) == (None, 0, 0)
    assert outcomes(town.work) == []
    assert learn.reviewed(town.work) == ([], [])
