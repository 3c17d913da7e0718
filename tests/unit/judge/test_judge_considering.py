"""Verdicts over time: waits, questions, silences and what ends them, on dedupe's real alarms."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import jobs, service, store
from pipewarden.judge.facts import JudgePolicy, ReviewCode, Rule, Source, Verdict
from pipewarden.judge.service import Bench, considering
from pipewarden.kit.work import Work
from pipewarden.network.facts import Zone

POLICY = JudgePolicy()
CLOSE = 1.0  # seconds between the frames of a camera that looks all the time


def ask(street: Any, *, hands: int = 1) -> int:
    """Put every waiting question as the worker does, on the test's one session."""
    return jobs.ask_waiting(street.begin, street.bench, hands=hands)


def sit(street: Any, scripted: Any, *says: object, **told: Any) -> Any:
    judge = scripted(list(says), **told)
    street.bench = Bench(second=judge)
    return judge


def test_a_question_waits_outside_the_river_and_stands_before_people_at_its_time(street: Any, scripted: Any, says: Any):
    judge = sit(street, scripted, says("no"))
    one = street.seen()
    case = street.case(one)
    assert judge.cases == []
    assert (case.verdict, street.codes(one)) == (Verdict.PERSON, ["asked"])
    assert case.due_at == street.clock.now() + timedelta(seconds=judge.patience_s) + POLICY.grace
    assert street.queue() == []
    street.clock.moment = case.due_at  # no worker runs, nobody answers
    assert street.queue() == [one]


ANSWERS = [
    (Zone.PROTECTION, "yes", Verdict.CONFIRMED, ["model_yes"]),
    (Zone.PROTECTION, "no", Verdict.PERSON, ["one_voice", "model_no"]),
    (Zone.UNKNOWN, "no", Verdict.PERSON, ["one_voice", "model_no"]),
    (Zone.CONTROL, "no", Verdict.PERSON, ["one_voice", "model_no"]),
    (Zone.OUTSIDE, "no", Verdict.REJECTED, ["model_no", "out_of_range"]),
    (Zone.OUTSIDE, "yes", Verdict.CONFIRMED, ["model_yes"]),
    (Zone.OUTSIDE, "unsure", Verdict.PERSON, ["undecided", "model_unsure"]),
    (Zone.OUTSIDE, "failed", Verdict.PERSON, ["undecided", "model_failed"]),
]


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_an_answer_becomes_a_verdict_by_the_law(street: Any, scripted: Any, says: Any, row: Any):
    street.zone, kind, verdict, codes = row
    street.camera("cam-a", calibrated=True)
    judge = sit(street, scripted, says(kind))
    one = street.seen()
    assert ask(street) == 1
    case = street.case(one)
    assert (case.verdict, street.codes(one)) == (verdict, codes)
    assert (street.queue() == [one]) == (verdict is Verdict.PERSON)
    assert case.by is (Source.HOUSE if verdict is Verdict.PERSON else Source.MODEL)
    assert len(judge.cases) == 1
    assert ask(street) == 0


def test_what_a_judge_is_told_holds_the_picture_and_not_what_the_rules_said(street: Any, scripted: Any, says: Any):
    judge = sit(street, scripted, says("yes"))
    camera = street.camera("cam-a")
    service.set_rules(street.work, street.root(), camera, [], "looks along the school road")
    one = street.seen()
    ask(street)
    [case] = judge.cases
    alarm = dedupe.alarm(street.work, one)
    assert (case.alarm_id, case.picture, case.box) == (one, alarm.evidence, alarm.evidence_box)
    assert (case.camera, case.note, case.what) == ("cam-a", "looks along the school road", "excavator")
    assert case.questions.version == "site-check@1"
    assert len(case.looks) == 2
    assert not hasattr(case, "scene")


def test_an_alarm_is_asked_about_once_however_often_it_is_seen(street: Any, scripted: Any, says: Any):
    judge = sit(street, scripted, says("no"))
    one = street.seen()
    ask(street)
    for _ in range(4):
        street.seen(1)
        ask(street)
    assert len(judge.cases) == 1
    assert street.codes(one) == ["one_voice", "model_no"]


def test_a_silence_by_a_model_and_the_range_ends_after_a_day_and_is_asked_about_anew(
    street: Any, scripted: Any, says: Any, looks: Any
):
    street.zone = Zone.OUTSIDE
    street.camera("cam-a", calibrated=True)
    judge = sit(street, scripted, says("no"))
    one = street.seen()
    ask(street)
    until = street.case(one).until
    assert until == street.clock.now() + timedelta(hours=24)
    for hour in range(23):  # it swings: no rule takes it for parked
        street.seen(1, step_s=3600.0, looks=[looks(hour)])
        ask(street)
    assert street.case(one).until == until
    assert len(judge.cases) == 1
    street.seen(1, step_s=3600.0)
    ask(street)
    assert len(judge.cases) == 2
    assert street.case(one).until == street.clock.now() + timedelta(hours=24)


def test_what_a_rule_can_close_by_then_is_not_asked_about_again(street: Any, scripted: Any, says: Any):
    street.zone = Zone.OUTSIDE
    street.camera("cam-a", calibrated=True)
    judge = sit(street, scripted, says("no"))
    one = street.seen()
    ask(street)
    street.seen(25, step_s=3600.0)
    assert street.codes(one) == ["parked"]
    assert len(judge.cases) == 1


def test_a_graver_zone_ends_a_silence(street: Any, scripted: Any, says: Any):
    street.zone = Zone.OUTSIDE
    street.camera("cam-a", calibrated=True)
    sit(street, scripted, says("no"))
    one = street.seen()
    ask(street)
    street.zone = Zone.PROTECTION
    street.seen(1)
    assert street.case(one).verdict is Verdict.PERSON
    ask(street)
    assert street.codes(one) == ["one_voice", "model_no"]
    assert street.queue() == [one]


def test_a_lorry_that_drives_on_costs_nobody_a_look(street: Any, scripted: Any, says: Any):
    judge = sit(street, scripted, says("yes"))
    one = street.seen(2, step_s=CLOSE)
    case = street.case(one)
    assert street.codes(one) == ["waiting"]
    assert case.look_at == street.clock.now() - timedelta(seconds=CLOSE) + timedelta(seconds=POLICY.dwell_s)
    assert street.queue() == []
    for _ in range(3):
        street.frame(step_s=20.0)
    assert jobs.sweep(street.begin, street.bench) == 1
    case = street.case(one)
    assert (case.verdict, case.by) == (Verdict.REJECTED, Source.RULE)
    assert street.codes(one) == ["passing"]
    assert judge.cases == []
    assert jobs.sweep(street.begin, street.bench) == 0


def test_a_machine_that_stays_is_asked_about_when_its_time_to_drive_on_is_over(street: Any, scripted: Any, says: Any):
    sit(street, scripted, says("yes"))
    one = street.seen(2, step_s=CLOSE)
    street.clock.advance(timedelta(seconds=POLICY.dwell_s))
    jobs.sweep(street.begin, street.bench)
    assert street.codes(one) == ["asked"]
    ask(street)
    assert street.case(one).verdict is Verdict.CONFIRMED


def test_a_waiting_alarm_stands_before_people_when_no_clock_runs(street: Any, scripted: Any, says: Any):
    judge = sit(street, scripted, says("yes"))
    one = street.seen(2, step_s=CLOSE)
    street.clock.advance(timedelta(seconds=POLICY.dwell_s + judge.patience_s) + POLICY.grace)
    assert street.queue() == [one]


def test_what_passed_and_comes_back_is_judged_anew(street: Any, scripted: Any, says: Any):
    sit(street, scripted, says("unsure"))
    one = street.seen(2, step_s=CLOSE)
    for _ in range(3):
        street.frame(step_s=20.0)
    jobs.sweep(street.begin, street.bench)
    assert street.codes(one) == ["passing"]
    street.seen(2, step_s=90.0)
    assert "silence_ended" in street.kinds(one)
    ask(street)
    assert street.queue() == [one]


def background(street: Any, camera: Any) -> None:
    """Show the same false box three times and say that nobody worked there."""
    since = street.clock.now()
    for _ in range(3):
        street.frame((600.0, 400.0, 120.0, 80.0), scores=[0.2])
    service.learn_empty_scene(
        street.work, street.root(), camera, since=since, until=street.clock.now(), reason="Sunday"
    )


def test_a_rule_in_the_protection_range_silences_until_it_stands_there_again_over_the_rounds(street: Any):
    camera = street.camera("cam-a", calibrated=True)
    background(street, camera)
    one = street.seen()
    assert (street.case(one).verdict, street.codes(one)) == (Verdict.REJECTED, ["background"])
    street.seen(2)
    assert street.case(one).verdict is Verdict.REJECTED
    street.seen(1)
    assert street.codes(one) == ["present_again", "background"]
    assert street.queue() == [one]
    service.decide(
        street.work,
        street.root(),
        one,
        code=ReviewCode.NOT_A_MACHINE,
        words="a yellow kiosk",
        silence=timedelta(days=7),
        policy=POLICY,
    )
    street.seen(6)
    assert street.case(one).verdict is Verdict.REJECTED


def test_outside_the_ranges_a_rule_silences_for_its_day(street: Any):
    street.zone = Zone.CONTROL
    camera = street.camera("cam-a", calibrated=True)
    background(street, camera)
    one = street.seen(6)
    assert street.codes(one) == ["background"]
    assert street.queue() == []


def test_a_rule_that_is_switched_off_for_a_camera_stops_nothing_there(street: Any):
    camera = street.camera("cam-a")
    background(street, camera)
    service.set_rules(street.work, street.root(), camera, [Rule.BACKGROUND], "")
    one = street.seen()
    assert street.codes(one) == ["undecided"]
    off = {said.rule: said.look.value for said in street.case(one).scene}
    assert off[Rule.BACKGROUND] == "off"


def test_another_machine_at_a_silenced_place_is_heard(street: Any, looks: Any):
    camera = street.camera("cam-a")
    background(street, camera)
    one = street.seen()
    assert street.codes(one) == ["background"]
    street.seen(2, looks=[looks(99)])
    assert street.case(one).verdict is Verdict.PERSON
    assert street.queue() == [one]


def test_a_persons_word_ends_when_the_place_looks_different(street: Any, looks: Any):
    one = street.seen()
    service.decide(
        street.work,
        street.root(),
        one,
        code=ReviewCode.PARKED,
        words="parked since Monday",
        silence=timedelta(days=7),
        policy=POLICY,
    )
    street.seen(3)
    assert street.case(one).verdict is Verdict.REJECTED
    street.seen(1, looks=[looks(50)])
    assert street.case(one).verdict is Verdict.REJECTED
    street.seen(1, looks=[looks(51)])
    assert street.case(one).verdict is Verdict.PERSON


def test_a_report_goes_to_people_and_no_model_is_asked(street: Any, scripted: Any, says: Any):
    judge = sit(street, scripted, says("no"))
    observation = street.report()
    street.judge()
    one = street.alarm_of(observation)
    assert street.codes(one) == ["words"]
    assert street.queue() == [one]
    assert ask(street) == 0
    assert judge.cases == []


def test_a_report_after_a_persons_no_is_heard_and_the_same_report_is_not_heard_twice(street: Any):
    street.camera("cam-a", calibrated=True)
    one = street.alarm_of(street.report())
    street.judge()
    service.decide(
        street.work, street.root(), one, code=ReviewCode.FARM, words="", silence=timedelta(hours=9), policy=POLICY
    )
    street.clock.advance(timedelta(minutes=5))
    street.judge()
    assert street.case(one).verdict is Verdict.REJECTED
    street.report("还在挖")
    street.judge()
    assert street.codes(one) == ["words"]
    assert street.queue() == [one]


def test_an_alarm_that_cannot_be_judged_stands_before_people_and_holds_up_no_other(
    street: Any, monkeypatch: pytest.MonkeyPatch
):
    street.camera("cam-a", calibrated=True)
    street.camera("cam-b", calibrated=True)
    first, second = street.seen(2, stream="cam-a"), street.seen(2, stream="cam-b")
    street.seen(1, stream="cam-a")
    real = considering.gather

    def broken(work: Any, alarm: Any, case: Any) -> Any:
        if alarm.id == third:
            raise ZeroDivisionError
        return real(work, alarm, case)

    street.camera("cam-c", calibrated=True)
    for _ in range(2):
        frame = street.frame((600.0, 400.0, 120.0, 80.0), stream="cam-c")
    third = street.alarm_of(frame)
    monkeypatch.setattr("pipewarden.judge.service.considering.gather", broken)
    street.judge(third, first, second)
    assert street.codes(third) == ["broken"]
    assert set(street.queue()) == {first, second, third}


def test_a_fault_never_unsays_what_a_person_said(street: Any, monkeypatch: pytest.MonkeyPatch):
    one = street.seen()
    service.decide(street.work, street.root(), one, code=ReviewCode.DIGGING, words="", silence=None, policy=POLICY)
    before = street.case(one)

    def broken(*_told: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("pipewarden.judge.service.considering.gather", broken)
    street.judge(one)
    assert street.case(one) == before


class TestMerges:
    def two(self, street: Any) -> tuple[Any, Any]:
        street.camera("cam-a", calibrated=True)
        street.camera("cam-b", calibrated=True)
        return street.seen(2, stream="cam-a"), street.seen(2, stream="cam-b")

    def test_a_merged_alarm_leaves_the_queue_and_leads_on(self, street: Any):
        kept, gone = self.two(street)
        dedupe.merge(street.work, kept, gone, "one yard")
        street.judge(gone, kept)
        assert street.queue() == [kept]
        assert street.case(gone).merged_into == kept
        assert service.review(street.work, street.root(), gone).case.alarm_id == kept

    def test_a_confirmed_alarm_confirms_what_takes_it_over(self, street: Any):
        kept, gone = self.two(street)
        service.decide(street.work, street.root(), gone, code=ReviewCode.DIGGING, words="", silence=None, policy=POLICY)
        dedupe.merge(street.work, kept, gone, "one yard")
        street.judge(gone)
        case = street.case(kept)
        assert (case.verdict, case.by) == (Verdict.CONFIRMED, Source.PERSON)

    def test_an_alarm_that_waits_for_people_is_not_silenced_by_what_takes_it_over(self, street: Any):
        kept, gone = self.two(street)
        service.decide(
            street.work, street.root(), kept, code=ReviewCode.FARM, words="", silence=timedelta(days=2), policy=POLICY
        )
        dedupe.merge(street.work, kept, gone, "one yard")
        street.judge(kept, gone)
        assert street.case(kept).verdict is Verdict.PERSON
        assert street.queue() == [kept]

    def test_a_report_that_moves_into_a_silenced_alarm_still_goes_to_people(self, street: Any):
        street.camera("cam-a", calibrated=True)
        kept = street.seen(2, stream="cam-a")
        gone = street.alarm_of(street.report(at=(116.8, 39.6)))
        street.judge(gone)
        service.decide(
            street.work, street.root(), kept, code=ReviewCode.FARM, words="", silence=timedelta(days=2), policy=POLICY
        )
        dedupe.merge(street.work, kept, gone, "one yard")
        street.judge(gone, kept)
        assert street.codes(kept) == ["words"]

    def test_a_split_gives_an_alarm_its_case_back(self, street: Any):
        kept, gone = self.two(street)
        service.decide(
            street.work, street.root(), gone, code=ReviewCode.FARM, words="", silence=timedelta(days=2), policy=POLICY
        )
        brought = [one.finding_id for one in dedupe.alarm(street.work, gone).members]
        dedupe.merge(street.work, kept, gone, "one yard")
        street.judge(gone, kept)
        dedupe.split(street.work, kept, brought, "two after all")
        street.judge(kept, gone)
        case = street.case(gone)
        assert (case.merged_into, case.verdict, case.by) == (None, Verdict.REJECTED, Source.PERSON)
        assert street.queue() == [kept]

    def test_an_answer_to_a_merged_alarms_question_changes_nothing(self, street: Any, scripted: Any, says: Any):
        judge = sit(street, scripted, says("no"), patience_s=9000.0)
        kept, gone = self.two(street)
        dedupe.merge(street.work, kept, gone, "one yard")
        street.judge(gone, kept)
        ask(street)
        assert [one.alarm_id for one in judge.cases] == [kept]
        assert street.case(gone).merged_into == kept

    def test_the_order_in_which_a_merge_is_told_does_not_matter(self, street: Any):
        kept, gone = self.two(street)
        dedupe.merge(street.work, kept, gone, "one yard")
        for order in ((kept, gone), (gone, kept), (gone, gone, kept)):
            street.judge(*order)
            assert street.queue() == [kept]
        assert street.kinds(gone).count("merged") == 1


class TestAnswers:
    def test_a_judge_that_raises_hangs_or_talks_nonsense_ends_at_people(self, street: Any, scripted: Any, says: Any):
        for number, bad in enumerate((ZeroDivisionError(), "no", None, says("no", cost=-4))):
            sit(street, scripted, bad)
            one = street.seen(2, stream=f"cam-{number}")
            assert ask(street) == 1
            assert street.codes(one) == ["undecided", "model_failed"]
            assert one in street.queue()

    def test_a_judge_that_hangs_is_left_behind(self, street: Any, scripted: Any):
        gate = threading.Event()

        class Hanging(scripted):  # type: ignore[misc]
            def judge(self, case: Any) -> Any:
                self.cases.append(case)
                gate.wait(20.0)
                return "no"

        judge = Hanging([], patience_s=0.05, name="hanging")
        street.bench = Bench(second=judge, policy=JudgePolicy(grace=timedelta(days=1)))
        try:
            made = [street.seen(2, stream=f"cam-{n}") for n in range(10)]
            assert ask(street) == 10
            for one in made:
                assert street.codes(one) == ["undecided", "model_failed"]
            assert len(judge.cases) == jobs._MOST_LEFT
            assert "does not come back" in street.case(made[-1]).reasons[1].words
        finally:
            gate.set()

    def test_a_question_that_nobody_puts_is_given_up_at_its_time(self, street: Any, scripted: Any, says: Any):
        sit(street, scripted, says("no"))
        one = street.seen()
        street.clock.moment = street.case(one).due_at
        assert jobs.sweep(street.begin, street.bench) == 1
        assert street.codes(one) == ["undecided", "model_failed"]
        assert ask(street) == 0
        assert street.queue() == [one]

    def test_a_worker_that_dies_loses_its_question_to_the_next(self, street: Any, scripted: Any, says: Any):
        judge = sit(street, scripted, says("yes"))
        one = street.seen()
        taken = store.asks.claim(street.work, lease=street.work.ids.new(), lease_s=5.0)
        assert taken is not None
        assert ask(street) == 0
        street.clock.advance(timedelta(seconds=6))
        assert ask(street) == 1
        assert street.case(one).verdict is Verdict.CONFIRMED
        assert len(judge.cases) == 1

    @pytest.mark.parametrize(
        ("kind", "flag", "code"),
        [("yes", False, "disagree"), ("no", True, "instruction"), ("no", False, "background")],
    )
    def test_a_late_answer_may_only_add(
        self, street: Any, scripted: Any, says: Any, *, kind: str, flag: bool, code: str
    ):
        sit(street, scripted, says("no"))
        camera = street.camera("cam-a")
        background(street, camera)
        service.set_rules(street.work, street.root(), camera, [Rule.BACKGROUND], "")
        one = street.seen()
        ask_id = street.case(one).ask_id
        service.set_rules(street.work, street.root(), camera, [], "")
        street.seen(1)
        assert street.codes(one) == ["background"]
        late = says(kind, instruction_like_text=flag)
        service.hear(street.work, street.bench, ask_id, one, late)
        assert street.codes(one)[0] == code
        assert street.queue() == ([] if code == "background" else [one])

    def test_a_late_no_changes_nothing_but_its_cost(self, street: Any, scripted: Any, says: Any):
        sit(street, scripted, says("no"))
        one = street.seen()
        ask_id = street.case(one).ask_id
        service.decide(street.work, street.root(), one, code=ReviewCode.DIGGING, words="", silence=None, policy=POLICY)
        service.hear(street.work, street.bench, ask_id, one, says("no", cost=30, call_id=street.work.ids.new()))
        case = street.case(one)
        assert (case.verdict, case.by, case.cost, case.calls) == (Verdict.CONFIRMED, Source.PERSON, 30, 1)

    def test_a_person_who_looks_is_not_interrupted_by_an_answer(self, street: Any, scripted: Any, says: Any):
        street.zone = Zone.OUTSIDE
        street.camera("cam-a", calibrated=True)
        sit(street, scripted, says("no"))
        one = street.seen()
        service.take(street.work, street.root(), one, POLICY)
        ask(street)
        case = street.case(one)
        assert (case.verdict, case.taken_by) == (Verdict.PERSON, street.root().id)
        assert case.opinion is not None

    def test_text_that_reads_like_an_instruction_goes_to_people_whatever_the_answer(
        self, street: Any, scripted: Any, says: Any
    ):
        street.zone = Zone.OUTSIDE
        street.camera("cam-a", calibrated=True)
        sit(street, scripted, says("no", instruction_like_text=True))
        one = street.seen()
        ask(street)
        assert street.codes(one) == ["instruction", "model_no"]
        street.seen(6)
        assert street.codes(one) == ["instruction", "model_no"]


def test_two_percent_of_the_rejections_are_drawn_for_a_persons_look(street: Any, monkeypatch: pytest.MonkeyPatch):
    street.zone = Zone.CONTROL
    drawn = iter([0.5, 0.0199, 0.02])
    monkeypatch.setattr(Work, "chance", lambda _work: next(drawn))
    made = []
    for name in ("cam-a", "cam-b", "cam-c"):
        camera = street.camera(name, calibrated=True)
        since = street.clock.now()
        for _ in range(3):
            street.frame((600.0, 400.0, 120.0, 80.0), scores=[0.2], stream=name)
        service.learn_empty_scene(
            street.work, street.root(), camera, since=since, until=street.clock.now(), reason="Sunday"
        )
        made.append(street.seen(2, stream=name))
    assert [street.case(one).audit for one in made] == [False, True, False]
    assert street.queue() == [made[1]]
    assert street.case(made[1]).verdict is Verdict.REJECTED
    service.decide(
        street.work, street.root(), made[1], code=ReviewCode.DIGGING, words="missed", silence=None, policy=POLICY
    )
    case = street.case(made[1])
    assert (case.verdict, case.audited, case.audit) == (Verdict.CONFIRMED, True, False)


def test_the_injected_chance_is_even(street: Any):
    drawn = [street.work.chance() for _ in range(4000)]
    assert all(0 <= one < 1 for one in drawn)
    share = sum(one < 0.02 for one in drawn) / len(drawn)
    assert 0.012 < share < 0.03
