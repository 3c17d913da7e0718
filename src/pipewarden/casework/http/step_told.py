"""How the next steps of a site are answered: what each asks for, so that a form can be drawn without knowing steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from pipewarden.casework.facts import (
    CHECK,
    MACHINE_WORDS,
    METHOD_WORDS,
    PARTY_WORDS,
    ROLE_WORDS,
    FieldType,
    Method,
    Needs,
    NextStep,
    PartyRole,
    PersonRole,
    Refusal,
    Severity,
    SiteState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.facts import Asked, StepEvidence
    from pipewarden.casework.service import Onward

    _Said = tuple[str, str]


class RefusalOut(BaseModel):
    """Why a step cannot be taken now."""

    code: str
    field: str
    reason: str
    clause: str
    fix: str


class NeedsOut(BaseModel):
    """What a step asks a person to bring."""

    document: str
    clause: str
    pictures: int
    signatures: int
    words: bool
    position: bool
    refusal: Annotated[bool, Field(description="A refused signature, with a witness or a picture, stands in.")]


class WordOut(BaseModel):
    """A word that a record may hold, in the languages of people."""

    word: str
    zh: str
    en: str


class StepFieldOut(BaseModel):
    """One field of a record that a step asks for here: enough to draw it."""

    name: str
    type: FieldType
    unit: str
    words: Annotated[list[WordOut], Field(description="What a word may be.")]
    zh: str
    en: str
    required: bool
    clause: str
    law: Annotated[bool, Field(description="Whether the clause is a law's.")]
    at_least: Annotated[int, Field(description="So many people, points or corners.")]
    parties: Annotated[list[PartyRole], Field(description="Each attends or signs.")]
    role: Annotated[PersonRole | None, Field(description="Of the people that are counted.")]
    depth: Annotated[bool, Field(description="Each point needs a depth.")]
    everyone: Annotated[bool, Field(description="Whoever and whatever `known` names must be among the people.")]
    must_be: Annotated[bool | None, Field(description="What a flag has to say.")]
    unless: Annotated[str | None, Field(description="A flag that, when true, asks for no more than `known`.")]


class EvidenceOut(BaseModel):
    """All that one step asks for at this site as it stands."""

    step: Annotated[str, Field(description="A state, a substep (act `record`), or standby_check (act `standby`).")]
    zh: str
    en: str
    document: str
    clause: str
    law: bool
    pictures: int
    position: bool
    refusal: bool
    fields: list[StepFieldOut]
    refused: Annotated[list[RefusalOut], Field(description="Steps that come first.")]
    known: Annotated[list[str], Field(description="Machine operators and filed machines that must be briefed.")]
    done: Annotated[bool, Field(description="It was done before.")]


class StepOut(BaseModel):
    """One step that leads on from where the site stands."""

    act: str
    to: SiteState
    needs: NeedsOut | None
    refused: list[RefusalOut]
    evidence: Annotated[EvidenceOut | None, Field(description="What its record must say.")]


class ViolationKindOut(BaseModel):
    """One rule that sites break."""

    code: str
    severity: Severity
    clause: str
    penalty: str
    fix_h: float
    zh: str
    en: str


class OnwardOut(BaseModel):
    """What may come next, as the site stands."""

    version: int
    may_work: Annotated[bool, Field(description="You may do what people on the spot do there.")]
    may_decide: Annotated[bool, Field(description="You may assign, end, resume, report and close there.")]
    steps: list[StepOut]
    kinds: Annotated[list[ViolationKindOut], Field(description="Violations that can be opened.")]
    records: Annotated[list[EvidenceOut], Field(description="Substeps and check-ins that may be written down now.")]
    parties: list[WordOut]
    roles: list[WordOut]
    machines: list[WordOut]


def onward_out(told: Onward) -> OnwardOut:
    """Return what may come next as it is answered."""
    return OnwardOut(
        version=told.site.version,
        may_work=told.may_work,
        may_decide=told.may_decide,
        steps=[_step(told, one) for one in told.steps],
        kinds=[ViolationKindOut.model_validate(one, from_attributes=True) for one in told.kinds],
        records=_records(told),
        parties=_words(PARTY_WORDS),
        roles=_words(ROLE_WORDS),
        machines=_words(MACHINE_WORDS),
    )


def _words(said: Mapping[PartyRole, _Said] | Mapping[PersonRole, _Said] | Mapping[str, _Said]) -> list[WordOut]:
    return [WordOut(word=str(word), zh=zh, en=en) for word, (zh, en) in said.items()]


def _records(told: Onward) -> list[EvidenceOut]:
    site = told.site
    standing = site.state in (SiteState.READY, SiteState.UNDER_STANDBY) or site.repair is not None
    return [
        _evidence(told, one)
        for one in told.evidence.values()
        if site.state in one.states or (one.step == CHECK and standing)
    ]


def _evidence(told: Onward, one: StepEvidence) -> EvidenceOut:
    return EvidenceOut(
        step=one.step,
        zh=one.zh,
        en=one.en,
        document=one.document,
        clause=one.clause,
        law=one.law,
        pictures=one.pictures,
        position=one.position,
        refusal=one.refusal,
        fields=[_field(field) for field in one.fields],
        refused=[_refusal(why) for why in one.refused],
        known=list(one.known),
        done=one.step in told.done,
    )


def _field(one: Asked) -> StepFieldOut:
    kind = one.field
    return StepFieldOut(
        name=kind.name,
        type=kind.type,
        unit=kind.unit,
        words=_words({word: METHOD_WORDS[Method(word)] for word in kind.words}),
        zh=kind.zh,
        en=kind.en,
        required=one.required,
        clause=one.clause,
        law=one.law,
        at_least=one.at_least,
        parties=list(one.parties),
        role=one.role,
        depth=one.depth,
        everyone=one.everyone,
        must_be=one.must_be,
        unless=one.unless,
    )


def _step(told: Onward, one: NextStep) -> StepOut:
    asked = told.evidence.get(one.to.value) if one.needs is not None else None
    first = () if asked is None else asked.refused
    return StepOut(
        act=one.act,
        to=one.to,
        needs=_needs(one.needs),
        refused=[_refusal(why) for why in (*one.refused, *first)],
        evidence=None if asked is None else _evidence(told, asked),
    )


def _needs(needs: Needs | None) -> NeedsOut | None:
    return None if needs is None else NeedsOut.model_validate(needs, from_attributes=True)


def _refusal(why: Refusal) -> RefusalOut:
    return RefusalOut.model_validate(why, from_attributes=True)
