"""The second judge behind an OpenAI-compatible vision endpoint: pictures and questions in, an opinion out.

It is told nothing of what the scene rules said, and it is not asked for a verdict: its answers are weighed here, by a
rule. Budget, breaker, schema, repair and record are the door's (docs/adr/0014).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from pipewarden.inference import service as inference
from pipewarden.inference.facts import Answer, Picture, PictureRole, Question, VisionAnswer
from pipewarden.judge.facts import Opinion, OpinionKind, Told
from pipewarden.judge.rules.questions import about, instructions, weigh
from pipewarden.kit.errors import PipewardenError
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.inference.service import Door
    from pipewarden.judge.facts import JudgeCase, QuestionList
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.perceive.service import Showing

_AROUND_S = 4.0  # to take the question from the table, to decode, to write the answer
_UNSEEN_S = 20.0


@dataclass(frozen=True, slots=True)
class OpenAiJudge:
    """Implements ``judge.ports.SecondJudge``.

    Attributes:
        door: to the endpoint.
        begin: opens a unit of work of a tenant, committed at its end.
        showing: what strangers are shown pictures through: masked, and the only thing that touches their bytes.
    """

    door: Door
    begin: Callable[[UUID], AbstractContextManager[Work]]
    blobs: BlobStore
    showing: Showing
    name: str = "openai"

    @property
    def patience_s(self) -> float:
        """Return the endpoint's own time-out, and what the house needs around it."""
        about_it = self.door.endpoint.about
        return _AROUND_S + (_UNSEEN_S if about_it is None else about_it.timeout_s)

    def judge(self, case: JudgeCase) -> Opinion:
        """Ask the questions about the alarm's best picture."""
        try:
            pictures, box = self._pictures(case)
        except PipewardenError as error:
            return self._failed(f"no picture to show: {error.problem}")
        said = inference.ask(
            self.door,
            partial(self.begin, case.tenant_id),
            Question(
                version=case.questions.version,
                instructions=instructions(case.questions),
                schema=schema_of(case.questions),
                pictures=pictures,
                notes={"scene_note": case.note} if case.note else {},
            ),
        )
        if not isinstance(said, Answer):
            return self._failed(
                f"{said.kind}: {said.problem}",
                call_id=said.call_id,
                cost=said.cost,
                instruction_like_text=bool(said.flags),
            )
        told = tuple(Told(one.id, getattr(said.value, one.id)) for one in case.questions.asked)
        kind = weigh(case.questions, told)
        reasons: tuple[str, ...] = (str(getattr(said.value, "reason", "")),)
        if kind is not OpinionKind.UNSURE and not about(said.value.box, box, needed=kind is OpinionKind.YES):
            kind, reasons = OpinionKind.UNSURE, (*reasons, "its box lies elsewhere in the picture")
        return Opinion(
            kind=kind,
            judge=self.name,
            model=said.model,
            reasons=reasons,
            answers=told,
            cost=said.cost,
            call_id=said.call_id,
            instruction_like_text=bool(said.flags),
        )

    def _failed(self, problem: str, **more: Any) -> Opinion:
        return Opinion(OpinionKind.FAILED, judge=self.name, problem=problem, **more)

    def _pictures(self, case: JudgeCase) -> tuple[tuple[Picture, ...], tuple[float, float, float, float]]:
        """Return the crop and the frame, drawn anew from pixels, and the box as parts of the frame."""
        original = self.blobs.get(case.picture)
        crop, frame, part = perceive.crop_and_frame(self.showing, original, box=case.box)
        return (Picture(PictureRole.CROP, crop), Picture(PictureRole.FRAME, frame)), part


@lru_cache(maxsize=64)
def schema_of(questions: QuestionList) -> type[VisionAnswer]:
    """Return the closed form of an answer: yes, no or unclear to each question, and a few words of reason."""
    fields: dict[str, Any] = {one.id: (Literal["yes", "no", "unclear"], ...) for one in questions.asked}
    fields["reason"] = (Annotated[str, Field(max_length=300)], ...)
    return create_model("SiteCheck", __base__=VisionAnswer, **fields)
