"""The evidence of the steps: every field that is asked for is missed when it is missing and passes when it is there."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from site_life import NOW, WHOLE, advanced, then, verified
from step_records import record

from pipewarden.casework.facts import (
    CHECK,
    PARTY_WORDS,
    RECORD_FIELDS,
    Advanced,
    Asked,
    Attendee,
    Circumstances,
    FieldType,
    Kept,
    MapDoubted,
    Method,
    PartyRole,
    PersonRole,
    Proof,
    Reopened,
    Signature,
    Site,
    SiteState,
    StandbyChecked,
    StepEvidence,
    StepRecord,
    StepRecorded,
    Substep,
    WorksChanged,
)
from pipewarden.casework.rules import IllegalEventError, kept
from pipewarden.casework.rules.evidence import evidence_of, failed_step_examples, filled, lacking, wrong
from pipewarden.casework.rules.step_file import HOUSE_CLAUSE, STEP_NAMES, read_steps
from pipewarden.casework.rules.step_table import table
from pipewarden.casework.store import STEPS_FILE, shipped_steps
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Regime, Zone

DAY = date(2026, 11, 20)
PLACE = (116.7, 39.5)
SHOWN = Proof(pictures=("a" * 64,), lon=PLACE[0], lat=PLACE[1], accuracy_m=5.0)
DONE = frozenset(STEP_NAMES)
STRICT = Circumstances(Zone.PROTECTION, Regime.CITY_GAS, done=DONE)
EMPTY = StepRecord()
STEPS = tuple(dict.fromkeys(one.step for one in shipped_steps().steps))


def asked(step: str, at: Circumstances = STRICT) -> StepEvidence:
    found = evidence_of(shipped_steps(), step, at, DAY)
    assert found is not None
    return found


def whole(step: str) -> StepRecord:
    return record(step, NOW, PLACE)


def lacks(step: str, written: StepRecord, at: Circumstances = STRICT, proof: Proof = SHOWN) -> list[str]:
    at = filled(at, written)
    return [one.field for one in lacking(asked(step, at), at, proof, written)]


def required() -> list[Any]:
    """Every line that is required in the protection range, with a trenchless method and without."""
    found = []
    for step in STEPS:
        for method in (Method.OPEN_CUT, Method.TRENCHLESS):
            at = replace(STRICT, method=method)
            for number, line in enumerate(asked(step, at).fields):
                if line.required:
                    found.append(pytest.param(step, at, line, id=f"{step} {number} {line.field.name} {method}"))
    return found


def without(written: StepRecord, line: Asked) -> StepRecord:
    """Return a record that lacks just what one line asks for."""
    name = line.field.name
    if line.field.type is FieldType.PEOPLE:
        kept = [one for one in written.attendees if line.role is not one.role and one.party not in line.parties]
        return replace(written, attendees=tuple(kept))
    if line.field.type is FieldType.SIGNATURES:
        return replace(written, signatures=tuple(one for one in written.signatures if one.party not in line.parties))
    return replace(written, **{name: getattr(EMPTY, name)})


@pytest.mark.parametrize(("step", "at", "line"), required())
def test_what_a_line_asks_for_is_missed_by_field_clause_and_fix(step: str, at: Circumstances, line: Asked) -> None:
    complete = replace(whole(step), clear_distance_m=1.5)
    assert lacks(step, complete, at) == []
    bare = without(complete, line)
    told = lacking(asked(step, at), at, SHOWN, bare)
    mine = [one for one in told if one.field == f"record.{line.field.name}" and one.clause == line.clause]
    assert mine, told
    assert all(one.code == f"lacks_{line.field.name}" and one.fix and one.reason for one in mine)
    assert all(one.field == f"record.{line.field.name}" for one in told)


@pytest.mark.parametrize("step", STEPS)
def test_pictures_and_position_are_asked_for_and_pass(step: str) -> None:
    wanted = asked(step)
    told = lacks(step, whole(step), proof=Proof())
    assert ("proof.pictures" in told) == (wanted.pictures > 0)
    assert ("proof.position" in told) == wanted.position
    if wanted.position and not wanted.pictures:
        assert lacks(step, whole(step), proof=replace(SHOWN, pictures=())) == []
        assert lacks(step, whole(step), proof=replace(SHOWN, lon=None, lat=None)) == []  # a picture stands in


@pytest.mark.parametrize("step", STEPS)
def test_outside_the_protection_range_no_step_asks_for_more(step: str) -> None:
    near, far = (asked(step, replace(STRICT, zone=zone)) for zone in (Zone.PROTECTION, Zone.CONTROL))
    assert set(far.fields) <= set(near.fields)
    assert asked(step, replace(STRICT, zone=Zone.UNKNOWN)) == near, "what is not known counts as inside"


@pytest.mark.parametrize(
    ("step", "first", "zone", "regime"),
    [
        ("located", "marking", Zone.PROTECTION, Regime.CITY_GAS),
        ("located", "trial_pits", Zone.UNKNOWN, None),
        ("ready", "agreement", Zone.PROTECTION, Regime.CITY_GAS),
        ("ready", "plan_signed", Zone.PROTECTION, Regime.CITY_GAS),
        ("ready", "agreement", Zone.CONTROL, Regime.LONG_DISTANCE),
    ],
)
def test_a_step_waits_for_those_before_it(step: str, first: str, zone: Zone, regime: Regime | None) -> None:
    at = Circumstances(zone, regime, done=DONE - {first})
    told = lacking(asked(step, at), at, SHOWN, whole(step))
    assert [(one.code, one.field) for one in told] == [(f"lacks_{first}", "state")]
    assert told[0].clause
    assert lacks(step, whole(step), replace(at, done=DONE)) == []


@pytest.mark.parametrize(
    ("zone", "regime", "law"),
    [
        (Zone.PROTECTION, Regime.LONG_DISTANCE, True),
        (Zone.CONTROL, Regime.LONG_DISTANCE, True),
        (Zone.PROTECTION, Regime.CITY_GAS, False),
    ],
)
def test_an_agreement_is_the_laws_of_long_distance_pipes_and_ours_of_city_gas(
    zone: Zone, regime: Regime, law: bool
) -> None:
    (told,) = asked("ready", Circumstances(zone, regime, done=DONE - {"agreement"})).refused
    assert told.clause.startswith("石油天然气管道保护法 第三十五条" if law else HOUSE_CLAUSE)


@pytest.mark.parametrize("step", ["marking", "briefed", "late_briefing", "ready", "completed"])
def test_a_step_that_no_article_names_is_a_rule_of_ours(step: str) -> None:
    # domain.md 3.4: article 37 asks for who finds out pipes, the plan and guidance on site; 35 for signs and patrol
    assert not asked(step).law


def test_works_in_the_control_range_of_city_gas_need_no_agreement() -> None:
    assert lacks("ready", whole("ready"), Circumstances(Zone.CONTROL, Regime.CITY_GAS)) == []


def test_every_known_machine_operator_and_every_filed_machine_is_briefed() -> None:
    said = whole("briefed")
    seen = replace(STRICT, operators=frozenset({"王师傅", "吴师傅"}))
    (told,) = lacking(asked("briefed", seen), seen, SHOWN, said)
    assert (told.field, "吴师傅" in told.reason, "王师傅" in told.reason) == ("record.attendees", True, False)
    assert asked("briefed", seen).known == ("吴师傅", "王师傅")
    filed = replace(STRICT, machines=frozenset({"excavator", "loader_dozer"}))
    (told,) = lacking(asked("briefed", filed), filed, SHOWN, said)
    assert "loader_dozer" in told.reason
    second = Attendee("吴师傅", PartyRole.CONTRACTOR, PersonRole.MACHINE_OPERATOR, "loader_dozer")
    both = replace(said, attendees=(*said.attendees, second))
    assert lacks("briefed", both, filed) == lacks("briefed", both, seen) == []


def test_by_hand_excuses_nobody_who_is_known() -> None:
    said = whole("briefed")
    hands = tuple(one for one in said.attendees if one.role is not PersonRole.MACHINE_OPERATOR)
    by_hand = replace(said, by_hand=True, attendees=hands)
    assert lacks("briefed", by_hand) == []
    assert lacks("briefed", replace(by_hand, by_hand=False)) == ["record.attendees"]
    assert lacks("briefed", by_hand, replace(STRICT, operators=frozenset({"王师傅"}))) == ["record.attendees"]


def test_four_parties_sign_the_position() -> None:
    for party in PartyRole:
        three = tuple(one for one in whole("located").signatures if one.party is not party)
        told = lacking(asked("located"), STRICT, SHOWN, StepRecord(signatures=three))
        assert [PARTY_WORDS[party][0] in one.reason for one in told] == [True]


@pytest.mark.parametrize("flag", ["leak_tight", "signs_restored", "undamaged"])
def test_works_do_not_end_on_a_failed_check(flag: str) -> None:
    assert lacks("completed", replace(whole("completed"), **{flag: False})) == [f"record.{flag}"]


def test_a_quiz_that_was_failed_is_no_briefing() -> None:
    assert lacks("briefed", replace(whole("briefed"), quiz_passed=False)) == ["record.quiz_passed"]


def test_gas_and_a_bare_pipe_are_written_down_as_they_are() -> None:
    """What is dangerous must never be refused: it would not be told."""
    bad = replace(whole("standby_check"), exposed=True, gas_lel_pct=80.0, pipe_distance_m=0.0)
    assert lacks(CHECK, bad) == []


def test_a_method_that_is_filed_need_not_be_written_again() -> None:
    plan = replace(whole("plan_signed"), method=None)
    assert lacks("plan_signed", plan) == ["record.method"]
    assert lacks("plan_signed", plan, replace(STRICT, method=Method.OPEN_CUT)) == []
    jacked = replace(plan, method=Method.PIPE_JACKING)
    assert lacks("plan_signed", jacked) == ["record.clear_distance_m"]
    filed = replace(STRICT, method=Method.OPEN_CUT)
    assert lacks("plan_signed", jacked, filed) == []  # what was filed is what holds


def test_a_refused_signature_with_a_witness_stands_in_where_the_file_says_so() -> None:
    text = STEPS_FILE.read_text(encoding="utf-8")
    policy = read_steps(
        text.replace("    refusal: true\n    asks:\n", "    refusal: true\n    asks:\n" + SIGN), "CN.yaml"
    )
    found = evidence_of(policy, "notified", STRICT, DAY)
    assert found is not None

    def told(proof: Proof) -> list[str]:
        return [one.field for one in lacking(found, STRICT, proof, EMPTY)]

    assert told(Proof()) == told(Proof(refused=True)) == ["record.signatures"]
    assert told(Proof(refused=True, witness="Li")) == told(Proof(refused=True, pictures=("a" * 64,))) == []


SIGN = "      - {field: signatures, type: signatures, parties: [contractor], clause: 某条例 第一条}\n"


@pytest.mark.parametrize(
    ("slip", "field"),
    [
        ({"held_at": NOW + timedelta(minutes=11)}, "held_at"),
        ({"shift_from": NOW + timedelta(hours=1)}, "shift_from"),
        ({"shift_from": NOW - timedelta(hours=1), "shift_until": NOW - timedelta(hours=1)}, "shift_until"),
        ({"shift_from": NOW - timedelta(hours=25), "shift_until": NOW}, "shift_until"),
        ({"valid_until": NOW}, "valid_until"),
        (
            {"signatures": (Signature("Li", PartyRole.OWNER), Signature(" Li", PartyRole.OPERATOR))},
            "signatures",
        ),
    ],
)
def test_what_cannot_be_right_is_refused_at_every_step(slip: dict[str, Any], field: str) -> None:
    (told,) = wrong(StepRecord(**slip), NOW)
    assert (told.code, told.field, bool(told.fix)) == (f"wrong_{field}", f"record.{field}", True)


def test_what_is_right_is_not() -> None:
    fine = StepRecord(
        held_at=NOW + timedelta(minutes=9),
        shift_from=NOW - timedelta(hours=24),
        shift_until=NOW,
        valid_until=NOW + timedelta(seconds=1),
        signatures=(Signature("Li", PartyRole.OWNER), Signature("Li", PartyRole.OWNER)),
    )
    assert wrong(fine, NOW) == ()
    assert all(wrong(whole(step), NOW) == () for step in STEPS)


PEOPLE = st.builds(
    Attendee, st.sampled_from(["王", "李", "赵", " "]), st.sampled_from(PartyRole), st.sampled_from(PersonRole)
)
SIGNED = st.builds(Signature, st.sampled_from(["王", "李", ""]), st.sampled_from(PartyRole))
RECORDS = st.builds(
    StepRecord,
    held_at=st.none() | st.just(NOW),
    attendees=st.lists(PEOPLE, max_size=4).map(tuple),
    signatures=st.lists(SIGNED, max_size=4).map(tuple),
    number=st.sampled_from(["", " ", "7"]),
    method=st.none() | st.sampled_from(Method),
    by_hand=st.none() | st.booleans(),
    quiz_passed=st.none() | st.booleans(),
    leak_tight=st.none() | st.booleans(),
    hand_dig_m=st.none() | st.floats(0, 10),
)
WHERE = st.builds(
    Circumstances,
    zone=st.sampled_from(Zone),
    regime=st.none() | st.sampled_from(Regime),
    method=st.none() | st.sampled_from(Method),
    operators=st.frozensets(st.sampled_from(["王", "李"]), max_size=2),
    done=st.frozensets(st.sampled_from(STEP_NAMES)),
)


@given(st.sampled_from(STEPS), WHERE, RECORDS)
def test_whatever_is_written_what_lacks_is_told_whole_and_more_never_lacks_more(
    step: str, at: Circumstances, written: StepRecord
) -> None:
    told = lacking(asked(step, at), at, Proof(), written)
    assert all(one.code and one.field and one.reason and one.clause and one.fix for one in told)
    full = whole(step)
    more = replace(
        written,
        attendees=(*written.attendees, *full.attendees),
        signatures=(*written.signatures, *full.signatures),
    )
    extra = {one.field for one in lacking(asked(step, at), at, Proof(), more)}
    assert extra <= {one.field for one in told}
    shown = {one.field for one in lacking(asked(step, at), at, SHOWN, written)}
    assert shown == {one.field for one in told} - {"proof.pictures", "proof.position"}


def test_the_examples_of_the_shipped_file_hold() -> None:
    assert failed_step_examples(shipped_steps()) == ()


def test_an_example_that_does_not_hold_is_told() -> None:
    text = STEPS_FILE.read_text(encoding="utf-8")
    changed = read_steps(text.replace("lacks: [leak_tight]}", "lacks: []}"), "mine.yaml")
    assert failed_step_examples(changed) == ("completed example 2: lacks ['leak_tight'], [] was wanted",)


SMALL = """version: T@1
source: a test
zone: Asia/Shanghai
steps:
  - step: briefed
    zh: 交底
    en: Briefing
    document: 交底记录
    since: 2026-01-01
    clause: 某条例 第一条
    asks:
      - {field: hand_dig_m, type: number, unit: m, clause: 某条例 第一条}
    examples:
      - {given: {zone: protection}, record: {hand_dig_m: 2}, lacks: []}
      - {given: {zone: protection}, lacks: [hand_dig_m]}
"""
SLIPS = {
    "typo in a key": ("document:", "documnt:", "mine.yaml:8:", "Did you mean document?"),
    "no such step": ("step: briefed", "step: breifed", "mine.yaml:5: steps.0.step", "Did you mean briefed?"),
    "no such field": ("field: hand_dig_m", "field: hand_dig", "mine.yaml:12:", "Did you mean hand_dig_m?"),
    "wrong type": ("type: number", "type: text", "mine.yaml:12: steps.0.asks.0.type", "Write type: number."),
    "wrong unit": ("unit: m,", "unit: cm,", "mine.yaml:12: steps.0.asks.0.unit", "unit"),
    "no unit": ("unit: m, ", "", "mine.yaml:12: steps.0.asks.0", "unit"),
    "parties of a number": ("unit: m,", "unit: m, parties: [owner],", "mine.yaml:12: steps.0.asks.0.parties", "Remove"),
    "no such zone": ("asks:\n      - {", "asks:\n      - {when: {zones: [near]}, ", "mine.yaml:12:", ""),
    "no such time zone": ("Asia/Shanghai", "Asia/Langfang", "mine.yaml:3: zone", "Asia/Shanghai"),
    "states of a state": (
        "clause: 某条例 第一条\n",
        "clause: 某条例 第二条\n    states: [filed]\n",
        "mine.yaml:11:",
        "",
    ),
    "ends before it begins": ("since: 2026-01-01", "since: 2026-01-01\n    until: 2026-01-01", "mine.yaml:10:", ""),
    "example of no field": ("record: {hand_dig_m", "record: {hand_dg_m", "mine.yaml:14:", "Did you mean hand_dig_m?"),
    "example lacks what is not asked": ("lacks: [hand_dig_m]", "lacks: [quiz_passed]", "mine.yaml:15:", ""),
    "something is missing": ("    en: Briefing\n", "", "mine.yaml:5: steps.0", "Write it."),
    "no YAML": ("steps:", "steps: [", "mine.yaml:", "Correct it."),
}


@pytest.mark.parametrize(("old", "new", "field", "fix"), SLIPS.values(), ids=SLIPS)
def test_a_slip_in_a_file_is_told_by_line_path_and_fix(old: str, new: str, field: str, fix: str) -> None:
    assert failed_step_examples(read_steps(SMALL, "mine.yaml")) == ()
    assert old in SMALL
    with pytest.raises(InputError) as told:
        read_steps(SMALL.replace(old, new, 1), "mine.yaml")
    assert told.value.field.startswith(field), told.value.field
    assert fix in told.value.fix


def test_a_step_is_dated_and_two_are_never_in_force_on_one_day() -> None:
    second = SMALL[SMALL.index("  - step:") :].replace("2026-01-01", "2026-06-01").replace("交底记录", "新交底记录")
    with pytest.raises(InputError, match="one day"):
        read_steps(SMALL + second, "mine.yaml")
    ended = SMALL.replace("since: 2026-01-01", "since: 2026-01-01\n    until: 2026-06-01") + second
    policy = read_steps(ended, "mine.yaml")
    days = {date(2025, 12, 31): None, date(2026, 5, 31): "交底记录", date(2026, 6, 1): "新交底记录"}
    for day, document in days.items():
        found = evidence_of(policy, "briefed", STRICT, day)
        assert (None if found is None else found.document) == document


def test_every_clause_is_a_laws_or_says_that_it_is_none() -> None:
    for row in table(shipped_steps()):
        house = row["clause"].startswith(f"{HOUSE_CLAUSE}，非法定 (product default, not law)")
        assert house != ("第" in row["clause"] and "条" in row["clause"]), row


def test_the_vocabulary_is_the_record() -> None:
    assert set(RECORD_FIELDS) == {one.name for one in fields(StepRecord)}
    assert all(one.zh and one.en for one in RECORD_FIELDS.values())
    measured = {FieldType.NUMBER, FieldType.POINTS, FieldType.LINE}
    assert all((one.unit != "") == (one.type in measured) for one in RECORD_FIELDS.values())


# -- what the site keeps of records


def test_events_from_before_there_were_records_fold_as_they_did() -> None:
    old = {"kind": "advanced", "to": "briefed", "proof": {"words": "x", "signed_by": ["a", "b"]}}
    body = TypeAdapter(Advanced).validate_python(old)
    assert body.record is None
    assert then(advanced(SiteState.LOCATED), body).state is SiteState.BRIEFED
    assert advanced(SiteState.COMPLETED).kept == Kept()
    stored = TypeAdapter(Site).dump_python(advanced(SiteState.READY), mode="json")
    del stored["kept"]
    assert TypeAdapter(Site).validate_python(stored) == advanced(SiteState.READY)


def test_a_record_survives_the_store() -> None:
    for step in STEPS:
        body = StepRecorded(Substep.MARKING, SHOWN, whole(step))
        stored = TypeAdapter(StepRecorded)
        assert stored.validate_python(stored.dump_python(body, mode="json")) == body


def test_the_site_keeps_what_later_steps_ask_for() -> None:
    site = then(
        advanced(SiteState.FILED),
        StepRecorded(Substep.TRIAL_PITS, SHOWN, whole("trial_pits")),
        StepRecorded(Substep.MARKING, SHOWN, whole("marking")),
        StepRecorded(Substep.AGREEMENT, SHOWN, whole("agreement")),
        Advanced(SiteState.LOCATED, WHOLE, whole("located")),
        Advanced(SiteState.BRIEFED, WHOLE, whole("briefed")),
        Advanced(SiteState.PLAN_SIGNED, WHOLE, replace(whole("plan_signed"), hand_dig_m=1.0)),
    )
    assert site.kept.done == (Substep.MARKING, Substep.TRIAL_PITS, Substep.AGREEMENT)
    assert (site.kept.operators, site.kept.briefed) == (("王师傅",), ("王师傅",))
    assert site.kept.hand_dig_m == 2.0, "the wider of briefing and plan"
    changed = then(site, WorksChanged("deeper", SiteState.FILED)).kept
    assert changed.done == (Substep.MARKING, Substep.TRIAL_PITS), "the pipe lies where it was found"
    assert (changed.briefed, changed.hand_dig_m, changed.operators) == (None, None, ("王师傅",))


def test_an_agreement_that_has_run_out_is_none() -> None:
    signed = whole("agreement")
    site = then(advanced(SiteState.PLAN_SIGNED), StepRecorded(Substep.AGREEMENT, SHOWN, signed))
    assert signed.valid_until is not None
    assert "agreement" in kept.done(site, signed.valid_until - timedelta(seconds=1))
    assert "agreement" not in kept.done(site, signed.valid_until)
    assert "plan_signed" in kept.done(site, signed.valid_until)


def test_another_episode_begins_with_nothing_kept() -> None:
    site = then(advanced(SiteState.FILED), StepRecorded(Substep.MARKING, SHOWN, whole("marking")))
    ended = then(site, Advanced(SiteState.COMPLETED, WHOLE), Advanced(SiteState.CLOSED, WHOLE))
    assert ended.kept.done == (Substep.MARKING,)
    assert then(ended, Reopened("seen again")).kept == Kept()


@pytest.mark.parametrize("state", [SiteState.COMPLETED, SiteState.CLOSED])
def test_a_substep_is_not_written_down_after_the_works(state: SiteState) -> None:
    with pytest.raises(IllegalEventError):
        then(advanced(state), StepRecorded(Substep.MARKING, SHOWN, whole("marking")))
    with pytest.raises(IllegalEventError):
        then(verified(), StepRecorded(Substep.MARKING, SHOWN, whole("marking")))


SHIFTS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=6).map(sorted)


@given(SHIFTS)
def test_hours_of_standby_are_counted_once_each(shifts: list[tuple[int, int]]) -> None:
    begin = datetime(2026, 11, 18, tzinfo=UTC)
    site = advanced(SiteState.UNDER_STANDBY)
    hours: set[int] = set()
    last = -1
    for start, length in shifts:
        shift = StepRecord(
            shift_from=begin + timedelta(hours=start), shift_until=begin + timedelta(hours=start + length)
        )
        site = then(site, StandbyChecked(WHOLE, shift))
        hours |= {hour for hour in range(start, start + length) if hour >= last}
        last = max(last, start + length)
    assert site.kept.standby_h == pytest.approx(len(hours))


def test_the_gravest_contradiction_of_the_map_is_kept() -> None:
    site = advanced(SiteState.FILED)

    def doubt(off: float | None) -> MapDoubted:
        return MapDoubted("P1", off, 1.0, site.id, "x")

    for offs, gravest in (([2.0, 3.0, 1.0], 3.0), ([2.0, None, 9.0], None)):
        error = then(site, *(doubt(off) for off in offs)).kept.map_error
        assert error is not None
        assert error.off_m == gravest
