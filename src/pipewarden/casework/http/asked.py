"""What people send to a site: one body for each act, told apart by ``kind``; a field we do not know is an error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID  # noqa: TC003  pydantic reads it

from pydantic import AfterValidator, AwareDatetime, Field

from pipewarden.casework import service
from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    Declined,
    Ended,
    Enforcement,
    Measure,
    Noted,
    PlanDisputed,
    PlanReviewed,
    Proof,
    Reopened,
    RepairDeclared,
    RepairPapers,
    ReportAnswered,
    Reported,
    Resumed,
    SiteState,
    StandbyChecked,
    StepRecorded,
    StopOrdered,
    StopRefused,
    Struck,
    Substep,
    Verified,
    ViolationFixed,
    WorksChanged,
)
from pipewarden.casework.http.record_asked import RecordIn  # noqa: TC001  pydantic reads it
from pipewarden.casework.rules.said_time import within_reason
from pipewarden.kit.web import Asked, BlobId, Clean, Moment, Name, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.casework.facts import Body, StepRecord
    from pipewarden.kit.work import Work

Code = Annotated[str, Field(min_length=1, max_length=60), Clean]


class ProofIn(Asked):
    """What shows that something happened outdoors."""

    pictures: Annotated[list[BlobId], Field(max_length=40, default_factory=list)]
    lon: Annotated[float | None, Field(ge=-180, le=180, description="Degrees WGS-84.")] = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    accuracy_m: Annotated[float | None, Field(ge=0, le=100_000)] = None
    words: Annotated[str, Field(max_length=2000), Clean] = ""
    signed_by: Annotated[list[Name], Field(max_length=40, default_factory=list, description="Who signed, each once.")]
    refused: Annotated[bool, Field(description="The signature was refused.")] = False
    witness: Annotated[str, Field(max_length=200), Clean] = ""

    def fact(self) -> Proof:
        """Return the proof; half a place is none."""
        placed = self.lon is not None and self.lat is not None
        return Proof(
            pictures=tuple(self.pictures),
            lon=self.lon if placed else None,
            lat=self.lat if placed else None,
            accuracy_m=self.accuracy_m if placed else None,
            words=self.words,
            signed_by=tuple(self.signed_by),
            refused=self.refused,
            witness=self.witness,
        )


class AcceptIn(Asked):
    """Say yes to a site that you were given."""

    kind: Literal["accept"]


class DeclineIn(Asked):
    """Say that you cannot; the next one is found."""

    kind: Literal["decline"]
    reason: Sentence


class AssignIn(Asked):
    """Put a site into a person's hands."""

    kind: Literal["assign"]
    person_id: UUID
    why: Sentence


class ArriveIn(Asked):
    """Prove that you are there."""

    kind: Literal["arrive"]
    proof: ProofIn


class VerifyIn(Asked):
    """Say what you see on the spot; where there are no works the site ends as false."""

    kind: Literal["verify"]
    true: bool
    code: Annotated[Code, Field(description="As reviewers of alarms say it.")]
    proof: ProofIn


class AdvanceIn(Asked):
    """Take the next step of the main path."""

    kind: Literal["advance"]
    to: SiteState
    proof: Annotated[ProofIn, Field(default_factory=ProofIn)]
    record: Annotated[RecordIn | None, Field(description="What was written down; `next` says what is asked.")] = None


class RecordStepIn(Asked):
    """Write down a step that leads to no state of its own: marking, trial pits, the agreement."""

    kind: Literal["record"]
    step: Substep
    proof: Annotated[ProofIn, Field(default_factory=ProofIn)]
    record: RecordIn


class ChangeIn(Asked):
    """Say that design or method has changed: briefing and plan are needed anew."""

    kind: Literal["change"]
    reason: Sentence


class ViolateIn(Asked):
    """Open a violation of the list."""

    kind: Literal["violate"]
    code: Code
    reason: Sentence


class FixIn(Asked):
    """Confirm that a violation is put right."""

    kind: Literal["fix"]
    violation_id: UUID
    proof: ProofIn


class StopIn(Asked):
    """Order the works to stop."""

    kind: Literal["stop"]
    reason: Sentence


class RefuseStopIn(Asked):
    """Say that they did not stop."""

    kind: Literal["refuse_stop"]
    stop_id: UUID
    proof: ProofIn


class ResumeIn(Asked):
    """Confirm for the operator that the danger is gone."""

    kind: Literal["resume"]
    stop_id: UUID
    proof: ProofIn


class ReportIn(Asked):
    """Say that an authority was told."""

    kind: Literal["report"]
    to: Name
    reason: Sentence


class OutcomeIn(Asked):
    """What an authority decided, as its document says it."""

    measure: Measure
    amount_fen: Annotated[int, Field(ge=0, le=10**12, description="Of a fine, in 分.")] = 0
    document: Annotated[str, Field(max_length=200), Clean] = ""
    clause: Annotated[str, Field(max_length=200), Clean] = ""

    def fact(self) -> Enforcement:
        """Return it as casework keeps it."""
        return Enforcement(self.measure, self.amount_fen, self.document, self.clause)


class AnswerIn(Asked):
    """Write down what an authority answered."""

    kind: Literal["answer"]
    report_id: UUID
    answer: Sentence
    outcome: OutcomeIn | None = None


class DisputeIn(Asked):
    """Say that one of the parties does not agree to the protection plan; experts look at it first."""

    kind: Literal["dispute"]
    by: Name
    reason: Sentence


class ReviewPlanIn(Asked):
    """Write down what experts say of a disputed plan."""

    kind: Literal["review_plan"]
    dispute_id: UUID
    upheld: Annotated[bool, Field(description="The plan stands; otherwise it is made anew.")]
    experts: Annotated[list[Name], Field(min_length=1, max_length=20)]
    words: Sentence


class RepairIn(Asked):
    """Declare an emergency repair by a utility."""

    kind: Literal["repair"]
    utility: Name


class RepairPapersIn(Asked):
    """Add the papers of an emergency repair."""

    kind: Literal["repair_papers"]
    proof: ProofIn


class StrikeIn(Asked):
    """Say that a pipe was hit."""

    kind: Literal["strike"]
    words: Sentence


class ReportStrikeIn(Asked):
    """Say that the accident was reported."""

    kind: Literal["report_strike"]
    to: Name


class EndIn(Asked):
    """End a site: no works, or none that needs us."""

    kind: Literal["end"]
    to: Literal[SiteState.EXEMPT, SiteState.FALSE]
    code: Code
    reason: Sentence
    until: Annotated[Moment | None, Field(description="Of an exempt one: the end of its watch.")] = None


class ReopenIn(Asked):
    """Open an ended site again."""

    kind: Literal["reopen"]
    reason: Sentence


class StandbyIn(Asked):
    """Check in as the standby supervisor."""

    kind: Literal["standby"]
    proof: ProofIn
    record: Annotated[RecordIn | None, Field(description="What was written down; `next` says what is asked.")] = None


class NoteIn(Asked):
    """Write something down."""

    kind: Literal["note"]
    words: Annotated[str, Field(max_length=2000), Clean] = ""
    shown: Annotated[list[BlobId], Field(max_length=40, default_factory=list, description="Pictures.")]


class NameContractorIn(Asked):
    """Say who does the works, as their papers or people on the spot say."""

    kind: Literal["name_contractor"]
    name: Name
    code: Annotated[str, Field(max_length=30, description="Unified social credit code, where it is known."), Clean] = ""
    reason: Sentence


Act = Annotated[
    AcceptIn
    | DeclineIn
    | AssignIn
    | ArriveIn
    | VerifyIn
    | AdvanceIn
    | RecordStepIn
    | ChangeIn
    | ViolateIn
    | FixIn
    | StopIn
    | RefuseStopIn
    | ResumeIn
    | ReportIn
    | AnswerIn
    | DisputeIn
    | ReviewPlanIn
    | RepairIn
    | RepairPapersIn
    | StrikeIn
    | ReportStrikeIn
    | EndIn
    | ReopenIn
    | StandbyIn
    | NameContractorIn
    | NoteIn,
    Field(discriminator="kind"),
]


PhoneTime = Annotated[AwareDatetime, AfterValidator(within_reason)]


class ActIn(Asked):
    """One act on a site, and the version that it was decided on; a phone that was offline names none."""

    version: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="As you saw it; none: as it stands.")] = None
    made_at: Annotated[PhoneTime | None, Field(description="When you did it, by your own clock: evidence.")] = None
    act: Act


def body_of(asked: Act, work: Work, site_id: UUID) -> Body:
    """Return what happens when an act is done to a site.

    Raises:
        InputError: it names a violation or a person that is not there.
    """
    return _BODIES[type(asked)](asked, work, site_id)


def _record(asked: AdvanceIn | StandbyIn) -> StepRecord | None:
    return None if asked.record is None else asked.record.fact()


def _signed(asked: AdvanceIn | RecordStepIn | StandbyIn) -> Proof:
    """Return the proof with the names under the record: who signed for a party has signed."""
    proof = asked.proof.fact()
    names = () if asked.record is None else tuple(one.name for one in asked.record.signatures)
    return replace(proof, signed_by=tuple(dict.fromkeys((*proof.signed_by, *names))))


_BODIES: dict[type, Callable[[Any, Work, UUID], Body]] = {
    AcceptIn: lambda _asked, _work, _site: Accepted(),
    DeclineIn: lambda asked, _work, _site: Declined(asked.reason),
    AssignIn: lambda asked, work, site_id: service.owner(work, asked.person_id, site_id, asked.why),
    ArriveIn: lambda asked, _work, _site: Arrived(asked.proof.fact()),
    VerifyIn: lambda asked, _work, _site: Verified(true=asked.true, code=asked.code, proof=asked.proof.fact()),
    AdvanceIn: lambda asked, _work, _site: Advanced(asked.to, _signed(asked), _record(asked)),
    RecordStepIn: lambda asked, _work, _site: StepRecorded(asked.step, _signed(asked), asked.record.fact()),
    ChangeIn: lambda asked, _work, _site: WorksChanged(asked.reason, SiteState.FILED),
    ViolateIn: lambda asked, work, _site: service.violation(work, asked.code, asked.reason),
    FixIn: lambda asked, _work, _site: ViolationFixed(asked.violation_id, asked.proof.fact()),
    StopIn: lambda asked, work, _site: StopOrdered(work.ids.new(), asked.reason),
    RefuseStopIn: lambda asked, _work, _site: StopRefused(asked.stop_id, asked.proof.fact()),
    ResumeIn: lambda asked, _work, _site: Resumed(asked.stop_id, asked.proof.fact()),
    ReportIn: lambda asked, work, _site: Reported(work.ids.new(), asked.to, asked.reason),
    AnswerIn: lambda asked, _work, _site: ReportAnswered(
        asked.report_id, asked.answer, None if asked.outcome is None else asked.outcome.fact()
    ),
    DisputeIn: lambda asked, work, _site: PlanDisputed(work.ids.new(), asked.by, asked.reason),
    ReviewPlanIn: lambda asked, _work, _site: PlanReviewed(
        asked.dispute_id, asked.upheld, tuple(asked.experts), asked.words
    ),
    RepairIn: lambda asked, _work, _site: RepairDeclared(asked.utility),
    RepairPapersIn: lambda asked, _work, _site: RepairPapers(asked.proof.fact()),
    StrikeIn: lambda asked, _work, _site: Struck(asked.words),
    ReportStrikeIn: lambda asked, _work, _site: AccidentReported(asked.to),
    EndIn: lambda asked, _work, _site: Ended(asked.to, asked.code, asked.reason, asked.until),
    ReopenIn: lambda asked, _work, _site: Reopened(asked.reason),
    StandbyIn: lambda asked, _work, _site: StandbyChecked(_signed(asked), _record(asked)),
    NameContractorIn: lambda asked, work, _site: service.contractor_named(work, asked.name, asked.code, asked.reason),
    NoteIn: lambda asked, _work, _site: Noted(asked.words, tuple(asked.shown)),
}
