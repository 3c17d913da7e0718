"""What runs capabilities: probes over frozen features, question lists, cards, the platform's own models.

A picture that nobody trusts is decoded in a child process; here only pixels arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, create_model

from pipewarden.inference import service as inference
from pipewarden.inference.facts import OTHER, Answer, Picture, PictureRole, Question, VisionAnswer
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.market.facts.foundry import Ask, Looked, Said
from pipewarden.market.rules.cards import (
    KnowledgeContent,
    QuestionsContent,
    RuleContent,
    cite,
    content_of,
    decide,
)
from pipewarden.market.rules.probes import unpacked
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.inference.service import Detector, Door, LookNet, TypeHead, Verifier
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Runnable
    from pipewarden.perceive.service import PictureDecoder, Showing

    Part = tuple[float, float, float, float]

_DIGITS = 6
_SIDES = 4


@dataclass(frozen=True, slots=True)
class Nets:
    """The platform's own nets, opened together by ``main``."""

    detector: Detector
    look: LookNet
    types: TypeHead
    verifier: Verifier | None = None


@dataclass(frozen=True, slots=True)
class PictureLooker:
    """Implements ``ports.Looker``: features of the plain pixels, and a copy on which faces and plates are painted over.

    Attributes:
        nets: opened at first use, so that a process which looks at no picture loads none.
    """

    nets: Callable[[], Nets]
    decoder: PictureDecoder
    showing: Showing

    def look(self, picture: bytes, part: Part | None) -> Looked:
        """Return features at length one and the masked copy of the whole picture."""
        net = self.nets().look
        seen = perceive.look_at(net, _pixels(self.decoder, picture), part)
        masked = perceive.redraw(self.showing, picture, name="picture")
        return Looked(np.array(seen, np.float32), net.ref.label, masked)


@dataclass(frozen=True, slots=True)
class ExampleRunner:
    """Runs example classifiers."""

    nets: Callable[[], Nets]
    decoder: PictureDecoder
    slow: bool = False

    def check(self, runnable: Runnable, ask: Ask) -> None:
        """Refuse an ask without a picture."""
        _ = runnable
        _part(_pictured(ask))

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        """Return the label with its probability, or that it abstains."""
        if runnable.fitted is None:
            raise UnavailableError(field="version", problem="was never trained", fix="Evaluate it.")
        probe, net = unpacked(runnable.fitted), self.nets().look
        if net.ref.label != runnable.fitted["look"]:
            problem = f"was fitted on {runnable.fitted['look']}, this house looks with {net.ref.label}"
            raise UnavailableError(field="version", problem=problem, fix="Make another version of new examples.")
        picture = _pictured(ask)
        seen = perceive.look_at(net, _pixels(self.decoder, picture.picture or b""), _part(picture))
        chances = probe.chances(np.array([seen], np.float64))[0]
        best = int(chances.argmax())
        abstained = bool(chances[best] < probe.abstain)
        told = {label: round(float(chance), _DIGITS) for label, chance in zip(probe.labels, chances, strict=True)}
        answer = {"label": None if abstained else probe.labels[best], "chances": told, "abstain_below": probe.abstain}
        return Said(answer, by=runnable.name, abstained=abstained)


@dataclass(frozen=True, slots=True)
class QuestionsRunner:
    """Puts question lists to a vision model behind the one door; a job runs it, because it waits for a stranger.

    Attributes:
        door: None where no endpoint is set.
        showing: masked: nothing else leaves the house.
    """

    begin: Callable[[UUID], AbstractContextManager[Work]]
    showing: Showing
    door: Door | None = None
    slow: bool = True

    def check(self, runnable: Runnable, ask: Ask) -> None:
        """Refuse an ask without a picture, or with values."""
        _ = runnable
        if _pictured(ask).given:
            raise InputError(field="given", problem="means nothing to it", fix="Leave it out.")

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        """Return an answer to each question."""
        if self.door is None:
            raise UnavailableError(field="capability", problem="no vision endpoint is set", fix="Set one.")
        content = content_of(QuestionsContent, runnable.content)
        frame = perceive.redraw(self.showing, ask.picture or b"", name="picture")
        said = inference.ask(
            self.door,
            partial(self.begin, runnable.tenant_id),
            Question(
                version=runnable.name,
                instructions="\n".join([content.task, *(f"{one.id}: {one.zh} {one.en}" for one in content.questions)]),
                schema=schema_of(tuple(one.id for one in content.questions)),
                pictures=(Picture(PictureRole.FRAME, frame),),
            ),
        )
        if not isinstance(said, Answer):
            raise UnavailableError(field="capability", problem=f"{said.kind}: {said.problem}", fix="Ask again later.")
        if said.flags:
            problem = "the picture or the answer reads like an instruction"
            raise UnavailableError(field="picture", problem=problem, fix="Let a person look at it.")
        answers = {one.id: str(getattr(said.value, one.id)) for one in content.questions}
        reason = str(getattr(said.value, "reason", ""))
        unclear = all(one == "unclear" for one in answers.values())
        return Said({"answers": answers, "reason": reason}, by=said.model, abstained=unclear)


@lru_cache(maxsize=64)
def schema_of(ids: tuple[str, ...]) -> type[VisionAnswer]:
    """Return the closed form of an answer: yes, no or unclear to each question, and a few words of reason."""
    fields: dict[str, Any] = dict.fromkeys(ids, (Literal["yes", "no", "unclear"], ...))
    fields["reason"] = (Annotated[str, Field(max_length=300)], ...)
    return create_model("CapabilityAnswer", __base__=VisionAnswer, **fields)


@dataclass(frozen=True, slots=True)
class RuleRunner:
    """Runs rule cards."""

    slow: bool = False

    def check(self, runnable: Runnable, ask: Ask) -> None:
        """Refuse an ask that lacks a value: deciding is as cheap as asking whether one could."""
        self.run(runnable, ask)

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        """Return what the first rule says that holds."""
        return decide(content_of(RuleContent, runnable.content), _unpictured(ask).given)


@dataclass(frozen=True, slots=True)
class KnowledgeRunner:
    """Returns knowledge cards; issue 13 wires retrieval over many."""

    slow: bool = False

    def check(self, runnable: Runnable, ask: Ask) -> None:
        """Refuse an ask without a question."""
        _ = runnable, _question(ask)

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        """Return the text with its clauses, those nearest to the question first."""
        return cite(content_of(KnowledgeContent, runnable.content), _question(ask))


@dataclass(frozen=True, slots=True)
class ModelRunner:
    """Runs the platform's own models: what the screen sees, what kind of machine it is, whether it is one."""

    nets: Callable[[], Nets]
    decoder: PictureDecoder
    slow: bool = False

    def check(self, runnable: Runnable, ask: Ask) -> None:
        """Refuse an ask without a picture."""
        _ = runnable
        _part(_pictured(ask))

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        """Return what the model says of the picture, or of a part of it."""
        nets, model = self.nets(), str(runnable.content["model"])
        pixels = _pixels(self.decoder, _pictured(ask).picture or b"")
        if model == "screen":
            return self._screened(nets.detector, pixels)
        seen = perceive.look_at(nets.look, pixels, _part(ask), raw=model == "type")
        row = np.array([seen], np.float32)
        if model == "verifier":
            if nets.verifier is None:
                raise UnavailableError(field="capability", problem="no verifier is shipped", fix="Take another one.")
            chance = round(nets.verifier.machine(row)[0], _DIGITS)
            answer = {"machine": chance, "gate": nets.verifier.gate}
            return Said(answer, by=nets.verifier.ref.label, abstained=chance < nets.verifier.gate)
        kind, chance = nets.types.classify(row)[0]
        told: dict[str, object] = {"type": kind, "chance": round(chance, _DIGITS)}
        return Said(told, by=nets.types.ref.label, abstained=kind == OTHER)

    @staticmethod
    def _screened(detector: Detector, pixels: Any) -> Said:
        found = detector.detect(pixels)
        rows, columns = pixels.shape[:2]
        scale = np.array([columns, rows, columns, rows], np.float64)
        things: list[Mapping[str, object]] = [
            {
                "class": detector.classes[int(kind)],
                "score": round(float(score), _DIGITS),
                "raises": bool(score >= detector.thresholds[detector.classes[int(kind)]]),
                "box": [round(float(side), _DIGITS) for side in box / scale],
            }
            for box, score, kind in zip(found.boxes, found.scores, found.classes, strict=True)
        ]
        return Said({"things": things, "box": "left, top, right, bottom as shares 0-1"}, by=detector.ref.label)


def _pictured(ask: Ask) -> Ask:
    if not ask.picture:
        raise InputError(field="picture", problem="is missing", fix="Send a JPEG, PNG, WebP or HEIC.")
    return ask


def _unpictured(ask: Ask) -> Ask:
    if ask.picture:
        raise InputError(field="picture", problem="means nothing to it", fix="Leave it out.")
    return ask


def _question(ask: Ask) -> str:
    given = _unpictured(ask).given
    question = given.get("question")
    if set(given) != {"question"} or not isinstance(question, str) or not question.strip():
        raise InputError(field="given", problem="holds no question alone", fix='Give {"question": "…"}.')
    return question[:2000]


def _part(ask: Ask) -> Part | None:
    """Return the part of the picture that is asked about, where one is."""
    if unknown := sorted(set(ask.given) - {"part"}):
        raise InputError(field="given", problem=f"{str(unknown[0])[:40]} is unknown", fix="Give part, or nothing.")
    told = ask.given.get("part")
    if told is None:
        return None
    problem = "is not left, top, width, height inside the picture"
    wrong = InputError(field="given.part", problem=problem, fix="Give four shares from 0 to 1.")
    if not isinstance(told, list | tuple) or len(told) != _SIDES:
        raise wrong
    if not all(isinstance(side, int | float) and not isinstance(side, bool) and side >= 0 for side in told):
        raise wrong
    left, top, width, height = (float(side) for side in told)
    if width <= 0 or height <= 0 or left + width > 1 or top + height > 1:
        raise wrong
    return left, top, width, height


def _pixels(decoder: PictureDecoder, picture: bytes) -> Any:
    """Return the BGR pixels of a picture, decoded next door.

    Raises:
        InputError: it cannot be decoded.
        UnavailableError: the decoder is down.
    """
    return decoder.decode(picture, name="picture", wanted=perceive.FULL).pixels
