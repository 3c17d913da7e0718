"""When alarms merge, the graver of two sites holds: a refused stop, an untold strike, a broken rule go on there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from site_life import WHOLE

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Arrived,
    Ended,
    EntryKind,
    Noted,
    OwnerGiven,
    Reopened,
    Resumed,
    Severity,
    Site,
    SiteState,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationOpened,
)
from pipewarden.casework.rules.duties import is_critical
from pipewarden.casework.service import StepRefusedError
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import PatrolReason, PatrolWanted
from pipewarden.dedupe.store import add_patrols
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JUDGED, JudgePolicy, ReviewCode
from pipewarden.kit.work import FactRef
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


class Pair:
    """Two sites of two alarms, each with works confirmed, that are about to be one."""

    def __init__(self, street: Any) -> None:
        self.street, self.work = street, street.work
        street.camera(calibrated=True)
        street.camera("cam-b", calibrated=True)
        self.kept, self.gone = street.seen(), street.seen(stream="cam-b")
        self.follow()
        for alarm in (self.kept, self.gone):
            looked = Verified(true=True, code="digging", proof=WHOLE)
            self.happen(alarm, OwnerGiven(self.work.ids.new(), "patroller", "near"), Accepted(), Arrived(WHOLE), looked)

    def follow(self) -> None:
        facts = [FactRef(JUDGED, "p", self.work.tenant_id, one) for one in (self.gone, self.kept)]
        for _ in range(2):
            jobs.drain(self.work, facts)

    def site(self, alarm: UUID) -> Site:
        return site_of(self.work, alarm)

    def happen(self, alarm: UUID, *bodies: Any) -> Site:
        return service.append(self.work, self.site(alarm), bodies, "user:1")

    def merge(self) -> Site:
        dedupe.merge(self.work, self.kept, self.gone, "one pit")
        self.street.judge(self.gone, self.kept)
        self.work.take_facts()
        self.follow()
        assert self.site(self.gone).merged_into == self.site(self.kept).id
        return self.site(self.kept)

    def owed(self) -> set[str]:
        return {one.duty.kind for one in store.owed.running(self.work, self.site(self.kept).id)}


@pytest.fixture
def pair(street: Any) -> Pair:
    return Pair(street)


def test_a_refused_stop_order_is_still_to_be_reported_on_the_site_that_is_kept(pair: Pair) -> None:
    stop = pair.work.ids.new()
    pair.happen(pair.gone, StopOrdered(stop, "no plan"), StopRefused(stop, WHOLE))
    kept = pair.merge()
    (one,) = kept.stops
    assert one.refused_at is not None
    assert is_critical(kept)
    assert "report" in pair.owed()


def test_a_refusal_is_carried_to_a_site_that_is_stopped_already(pair: Pair) -> None:
    mine, theirs = pair.work.ids.new(), pair.work.ids.new()
    pair.happen(pair.kept, StopOrdered(mine, "no plan"))
    pair.happen(pair.gone, StopOrdered(theirs, "no plan"), StopRefused(theirs, WHOLE))
    kept = pair.merge()
    assert [(one.id, one.refused_at is not None) for one in kept.stops] == [(mine, True)]
    assert "report" in pair.owed()


def test_a_stop_order_that_was_lifted_is_not_carried(pair: Pair) -> None:
    stop = pair.work.ids.new()
    pair.happen(pair.gone, StopOrdered(stop, "no plan"), StopRefused(stop, WHOLE), Resumed(stop, WHOLE))
    assert pair.merge().stops == ()


def test_an_untold_strike_is_carried_past_one_that_was_told(pair: Pair) -> None:
    pair.happen(pair.kept, Struck("the first one"), AccidentReported("应急局"))
    pair.happen(pair.gone, Struck("gas smells"))
    kept = pair.merge()
    assert kept.strike is not None
    assert kept.strike.reported_at is None
    assert "gas smells" in kept.strike.words
    assert "accident" in pair.owed()


def test_a_strike_that_was_told_is_history_and_not_carried(pair: Pair) -> None:
    pair.happen(pair.gone, Struck("gas smells"), AccidentReported("应急局"))
    kept = pair.merge()
    assert kept.strike is None
    assert "accident" not in pair.owed()


def test_two_untold_strikes_are_one_to_report(pair: Pair) -> None:
    pair.happen(pair.kept, Struck("here"))
    pair.happen(pair.gone, Struck("there"))
    kept = pair.merge()
    assert kept.strike is not None
    assert kept.strike.words == "here"
    kinds = [one.body.kind for one in store.history.events(pair.work, kept.id)]
    assert kinds.count("struck") == 1


def accidents(pair: Pair) -> tuple[int, int, int]:
    """Return strikes, those in time and the late ones of a day around now, as an authority is told."""
    now, day = pair.work.now(), timedelta(days=1)
    actor = people.operator(pair.work.tenant_id)
    told = service.government_figures(pair.work, actor, now - day, now + day).figures
    return told.strikes, told.strikes_in_time, told.strikes_late


def test_an_accident_that_a_merge_carries_is_one_to_the_authority(pair: Pair) -> None:
    pair.happen(pair.gone, Struck("gas smells"))
    assert accidents(pair) == (1, 0, 0)
    pair.merge()
    assert accidents(pair) == (1, 0, 0)
    pair.happen(pair.kept, AccidentReported("应急局"))
    assert accidents(pair) == (1, 1, 0)


def test_every_strike_of_a_site_is_an_accident_to_the_authority(pair: Pair) -> None:
    pair.happen(pair.kept, Struck("the first one"))
    pair.street.clock.advance(timedelta(hours=2))
    pair.happen(pair.kept, AccidentReported("应急局"), Struck("the second one"))
    pair.happen(pair.kept, AccidentReported("应急局"))
    assert accidents(pair) == (2, 1, 1)


def test_a_new_episode_does_not_forget_the_accident_of_the_last(pair: Pair) -> None:
    pair.happen(pair.kept, Struck("gas smells"), AccidentReported("应急局"))
    watched = pair.work.now() + timedelta(days=1)
    pair.happen(pair.kept, Ended(SiteState.EXEMPT, "no_digging", "over", watched), Reopened("they dig again"))
    assert pair.site(pair.kept).strike is None
    assert accidents(pair) == (1, 1, 0)


def test_a_broken_rule_is_carried_once_with_its_own_time(pair: Pair) -> None:
    for alarm in (pair.kept, pair.gone):
        seen = service.violation(pair.work, "V-PLAN", "no plan")
        pair.happen(alarm, seen)
    only = ViolationOpened(pair.work.ids.new(), "V-SIGNS", Severity.MINOR, "c", "no signs", due_at=pair.work.now())
    pair.happen(pair.gone, only)
    kept = pair.merge()
    codes = [one.code for one in kept.violations]
    assert (codes.count("V-PLAN"), codes.count("V-SIGNS"), len(codes)) == (1, 1, len(set(codes)))
    carried = next(one for one in kept.violations if one.code == "V-SIGNS")
    assert (carried.due_at, carried.severity, carried.fixed_at) == (only.due_at, Severity.MINOR, None)
    assert str(pair.site(pair.gone).id) in carried.reason


@pytest.mark.parametrize("named", [True, False])
def test_what_is_carried_counts_once_in_the_record_of_who_does_the_works(pair: Pair, named: bool) -> None:
    pair.happen(pair.kept, service.contractor_named(pair.work, "广厦建筑", "", "the board"))
    if named:
        pair.happen(pair.gone, service.contractor_named(pair.work, "广厦建筑", "", "the board"))
    stop = pair.work.ids.new()
    seen = service.violation(pair.work, "V-SIGNS", "no signs")
    pair.happen(pair.gone, seen, StopOrdered(stop, "no plan"), StopRefused(stop, WHOLE), Struck("gas smells"))
    kept = pair.merge()
    service.renew(pair.work, [kept.id, pair.site(pair.gone).id])
    (found,) = service.contractors(pair.work, people.operator(pair.work.tenant_id), limit=9)
    carried = [one for one in found.entries if one.kind not in {EntryKind.MISSING_FILING, EntryKind.MAJOR}]
    assert sorted(one.kind.value for one in carried) == ["minor", "stop_refused", "strike"]
    assert {one.site_id for one in carried} == {pair.site(pair.gone).id if named else kept.id}
    assert (kept.strike is not None, [one.code for one in kept.violations if one.code == "V-SIGNS"]) == (
        True,
        ["V-SIGNS"],
    )


def site_of(work: Work, alarm: UUID) -> Site:
    return store.sites.lock_of_alarms(work, [alarm])[alarm].site


def want_patrol(work: Work, alarm: UUID) -> UUID:
    site = site_of(work, alarm)
    assert site.lon is not None
    assert site.lat is not None
    made = PatrolWanted(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        clue_id=work.ids.new(),
        lon=site.lon,
        lat=site.lat,
        radius_m=20.0,
        zone=Zone.PROTECTION,
        reason=PatrolReason.NO_CAMERA,
        at=work.now(),
        due_at=work.now() + timedelta(minutes=40),
    )
    add_patrols(work, [made])
    service.patrol_wanted(work, [made.id])
    return made.id


def patrols(work: Work, alarm: UUID) -> list[UUID | None]:
    running = store.owed.running(work, site_of(work, alarm).id)
    return [one.duty.about for one in running if one.duty.kind == "patrol"]


def test_a_wanted_patrol_goes_on_to_the_site_that_is_kept(pair: Pair) -> None:
    wanted = want_patrol(pair.work, pair.gone)
    assert patrols(pair.work, pair.gone) == [wanted]
    kept = pair.merge()
    assert (patrols(pair.work, pair.gone), patrols(pair.work, pair.kept)) == ([], [wanted])
    duty = next(one.duty for one in store.owed.running(pair.work, kept.id) if one.duty.kind == "patrol")
    assert store.chains.running(pair.work, duty_id=duty.id)  # it climbs there


def test_a_false_word_about_a_picture_ends_no_site_where_a_patrol_is_wanted(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    facts = [FactRef(JUDGED, "p", street.work.tenant_id, alarm)]
    jobs.drain(street.work, facts)
    wanted = want_patrol(street.work, alarm)
    judge.decide(
        street.work, street.root(), alarm, code=ReviewCode.PASSING, words="", silence=None, policy=JudgePolicy()
    )
    jobs.drain(street.work, facts)
    assert site_of(street.work, alarm).open
    assert patrols(street.work, alarm) == [wanted]


def test_the_merged_site_owes_nothing_and_takes_no_more(pair: Pair) -> None:
    pair.merge()
    gone = pair.site(pair.gone)
    assert store.owed.running(pair.work, gone.id) == []
    assert store.chains.running(pair.work, site_id=gone.id) == []
    before = gone.version
    with pytest.raises(StepRefusedError) as told:
        pair.happen(pair.gone, Struck("x"))
    assert told.value.refusal.code == "merged"
    assert told.value.more["present"] == {
        "id": str(gone.id),
        "version": before,
        "state": gone.state.value,
        "headline": "merged",
    }
    assert str(pair.site(pair.kept).id) in told.value.fix
    assert pair.happen(pair.gone, Noted("a word")).version == before + 1
