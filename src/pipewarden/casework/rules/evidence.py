"""What a step asks for at one site, what somebody's record of it lacks, and what no record can be right about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts import (
    PARTY_WORDS,
    RECORD_FIELDS,
    ROLE_WORDS,
    Asked,
    Circumstances,
    FieldType,
    PersonRole,
    Refusal,
    StepEvidence,
)
from pipewarden.casework.rules.needs import HOUSE
from pipewarden.casework.rules.step_file import HOUSE_CLAUSE, OURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.casework.facts import Proof, StepRecord
    from pipewarden.casework.rules.step_file import AskLine, StepLine, StepPolicy, When

    _Told = tuple[str, str]  # reason and fix

_AHEAD: Final = timedelta(minutes=10)  # by so much a phone's clock may be fast
_LONGEST_SHIFT: Final = timedelta(hours=24)
_LINE_CORNERS: Final = 2


def evidence_of(policy: StepPolicy, step: str, given: Circumstances, day: date) -> StepEvidence | None:
    """Return what a step asks for at a site on a day; None where the policy says nothing of it."""
    line = policy.at(step, day)
    return None if line is None else _evidence(line, given)


def lacking(asked: StepEvidence, given: Circumstances, proof: Proof, record: StepRecord) -> tuple[Refusal, ...]:
    """Return everything that a step's proof and record lack, in the order in which it is asked for."""
    signed = asked.refusal and proof.refused and (bool(proof.witness.strip()) or bool(proof.pictures))
    found = list(asked.refused)
    if len(proof.pictures) < asked.pictures:
        reason = f"holds {len(proof.pictures)} of {asked.pictures} picture(s) ({asked.document})"
        found.append(Refusal("lacks_pictures", "proof.pictures", reason, OURS, "Take it there."))
    if asked.position and proof.lon is None and not proof.pictures:
        reason = f"has neither a position nor a picture ({asked.document})"
        fix = "Send where you are, or take a picture."
        found.append(Refusal("lacks_position", "proof.position", reason, OURS, fix))
    for one in asked.fields:
        if one.required and not (signed and one.field.type is FieldType.SIGNATURES):
            found += _lacks(asked, one, given, record)
    return tuple(found)


def wrong(record: StepRecord, at: datetime) -> tuple[Refusal, ...]:
    """Return what cannot be right in a record whatever the step: times in the future, one hand for two parties."""
    found = []
    for name in ("held_at", "shift_from", "shift_until"):
        moment = getattr(record, name)
        if moment is not None and moment > at + _AHEAD:
            found.append(_wrong(name, "lies in the future", "Write when it took place."))
    if record.shift_from is not None and record.shift_until is not None:
        length = record.shift_until - record.shift_from
        if not timedelta() < length <= _LONGEST_SHIFT:
            fix = "Write each shift, of 24 h at most, for itself."
            found.append(_wrong("shift_until", "is not within 24 h after the shift began", fix))
    if record.valid_until is not None and record.valid_until <= at:
        found.append(_wrong("valid_until", "is past", "Agree a period that has not ended."))
    by_name = {one.name.strip(): one.party for one in record.signatures}
    if any(by_name[one.name.strip()] is not one.party for one in record.signatures):
        found.append(_wrong("signatures", "has one name for two parties", "Each party signs by somebody of its own."))
    return tuple(found)


def filled(given: Circumstances, record: StepRecord) -> Circumstances:
    """Return the circumstances with the method that the record says, where nobody has filed one."""
    return given if given.method is not None or record.method is None else replace(given, method=record.method)


def failed_step_examples(policy: StepPolicy) -> tuple[str, ...]:
    """Return in words every example that lacks other than it says, and every step without one that lacks nothing."""
    found = []
    for line in policy.steps:
        for number, example in enumerate(line.examples):
            said = example.given
            given = Circumstances(said.zone, said.regime, said.method, said.machines, said.operators, said.done)
            given = filled(given, example.record)
            lacks = lacking(_evidence(line, given), given, example.proof, example.record)
            told = tuple(dict.fromkeys(one.field.rsplit(".", 1)[-1] for one in lacks))
            if told != example.lacks:
                found.append(f"{line.step} example {number}: lacks {list(told)}, {list(example.lacks)} was wanted")
        if all(one.lacks for one in line.examples):
            found.append(f"{line.step}: has no example that lacks nothing")
    return tuple(found)


def _evidence(line: StepLine, given: Circumstances) -> StepEvidence:
    missing: dict[str, str] = {}
    for one in line.first:
        if _holds(one.when, given) and one.step not in given.done:
            missing.setdefault(one.step, one.clause)
    refused = tuple(
        Refusal(f"lacks_{step}", "state", f"{step} is not done ({line.document})", clause, f"Do {step} first.")
        for step, clause in missing.items()
    )
    fields = tuple(_asked(one, given) for one in line.asks if _holds(one.when, given))
    known = (*sorted(given.operators), *sorted(given.machines)) if any(one.everyone for one in fields) else ()
    return StepEvidence(
        step=line.step,
        zh=line.zh,
        en=line.en,
        document=line.document,
        clause=line.clause,
        law=not line.clause.startswith(HOUSE_CLAUSE),
        pictures=line.pictures,
        position=line.position,
        refusal=line.refusal,
        fields=fields,
        states=line.states,
        refused=refused,
        known=known,
    )


def _holds(when: When, given: Circumstances) -> bool:
    return given.within(when.zones, when.methods, when.regimes)


def _asked(line: AskLine, given: Circumstances) -> Asked:
    """Return a line as it is asked; a method that is filed need not be written again."""
    return Asked(
        field=RECORD_FIELDS[line.field],
        clause=line.clause,
        law=not line.clause.startswith(HOUSE_CLAUSE),
        required=line.required and not (line.field == "method" and given.method is not None),
        at_least=line.at_least,
        parties=line.parties,
        role=line.role,
        depth=line.depth,
        everyone=line.everyone,
        must_be=line.must_be,
        unless=line.unless,
    )


def _lacks(asked: StepEvidence, one: Asked, given: Circumstances, record: StepRecord) -> Iterator[Refusal]:
    name = one.field.name
    for reason, fix in _BY_TYPE.get(one.field.type, _written)(one, given, record):
        yield Refusal(
            f"lacks_{name}", f"record.{name}", f"{reason} ({asked.document}：{one.field.zh})", one.clause, fix
        )


def _signatures(one: Asked, _given: Circumstances, record: StepRecord) -> Iterator[_Told]:
    signed = {each.party for each in record.signatures if each.name.strip()}
    for party in one.parties:
        if party not in signed:
            zh, en = PARTY_WORDS[party]
            yield f"is not signed by the {en} ({zh})", "Have somebody of that party sign."


def _points(one: Asked, _given: Circumstances, record: StepRecord) -> Iterator[_Told]:
    if len(record.points) < one.at_least:
        yield f"holds {len(record.points)} of {one.at_least} point(s)", "Measure the pipe there."
    elif one.depth and any(each.depth_m is None for each in record.points):
        yield "has a point without a depth", "Measure how deep the pipe lies there."


def _line(_one: Asked, _given: Circumstances, record: StepRecord) -> Iterator[_Told]:
    if record.as_built is None or len(record.as_built.line) < _LINE_CORNERS:
        yield "has no course of two corners or more", "Measure the pipe before it is covered."


def _flag(one: Asked, _given: Circumstances, record: StepRecord) -> Iterator[_Told]:
    value = getattr(record, one.field.name)
    if value is None:
        yield "is not said", "Say yes or no."
    elif one.must_be is not None and value is not one.must_be:
        yield f"is {'yes' if value else 'no'}", "Put it right first, then take the step."


def _written(one: Asked, _given: Circumstances, record: StepRecord) -> Iterator[_Told]:
    value = getattr(record, one.field.name)
    if value is None or not str(value).strip():
        yield "is empty", f"Write it down{f' in {one.field.unit}' if one.field.unit else ''}."


def _people(one: Asked, given: Circumstances, record: StepRecord) -> Iterator[_Told]:
    """Yield what the people of a record lack, as reason and fix."""
    counted = [each for each in record.attendees if each.name.strip() and one.role in (None, each.role)]
    for party in one.parties:
        if all(each.party is not party for each in counted):
            zh, en = PARTY_WORDS[party]
            yield f"names nobody of the {en} ({zh})", "Name who was there for that party."
    excused = one.unless is not None and getattr(record, one.unless) is True
    if not one.parties and not excused and len(counted) < one.at_least:
        zh, en = ROLE_WORDS[one.role] if one.role is not None else ("人员", "person")
        yield f"names {len(counted)} of {one.at_least} {en} ({zh})", "Name them, each with party and role."
    if one.everyone:
        missing = sorted(given.operators - record.operators())
        if missing:
            yield f"lacks the machine operator(s) {', '.join(missing)}", "Brief them too, and name them."
        driven = {each.machine for each in counted if each.role is PersonRole.MACHINE_OPERATOR}
        bare = sorted(given.machines - driven)
        if bare:
            yield f"names no operator of the filed machine(s) {', '.join(bare)}", "Brief who drives each, and name it."


_BY_TYPE: Final = {
    FieldType.PEOPLE: _people,
    FieldType.SIGNATURES: _signatures,
    FieldType.POINTS: _points,
    FieldType.LINE: _line,
    FieldType.FLAG: _flag,
}


def _wrong(field: str, reason: str, fix: str) -> Refusal:
    return Refusal(f"wrong_{field}", f"record.{field}", reason, HOUSE, fix)
