"""What runs capabilities: each kind takes its own asks, a stranger is read as a stranger, nets must match."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
from foundry_town import EXAMPLE, KNOWLEDGE, NEAR, NETS, QUESTIONS, RULE, Decoder, coloured, flat, runners

from pipewarden.inference import service as inference
from pipewarden.inference.facts import Answer, Failure, FailureKind, Flag
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.market.adapters.runners import ExampleRunner, ModelRunner, Nets, QuestionsRunner, schema_of
from pipewarden.market.facts.foundry import Ask, Kind, Runnable
from pipewarden.market.rules.cards import read_content
from pipewarden.market.rules.probes import fit, packed
from pipewarden.market.service.runners import Runners
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = UUID(int=5)
HALF = {"part": [0.0, 0.0, 0.5, 1.0]}


def made_of(kind: Kind, content: Mapping[str, Any], fitted: Mapping[str, object] | None = None) -> Runnable:
    return Runnable(HERE, "x@1", kind, read_content(kind, content), fitted)


def run(kind: Kind, content: Mapping[str, Any], ask: Ask) -> Any:
    runner, what = runners().of(kind), made_of(kind, content)
    runner.check(what, ask)
    return runner.run(what, ask)


def taught(look: str = "look-9") -> dict[str, object]:
    """Fit a probe on what the net of the tests sees of ten pictures of each colour."""
    rows = [
        perceive.look_at(NETS.look, Decoder().decode(coloured(n, machine=machine), name="p", wanted=(1, 1)).pixels)
        for machine in (True, False)
        for n in range(10)
    ]
    return packed(fit(np.array(rows, np.float64), [0] * 10 + [1] * 10, ("machine", "lookalike")), look)


def test_a_probe_names_the_label_or_abstains() -> None:
    runner: Any = runners().of(Kind.EXAMPLE)
    what = made_of(Kind.EXAMPLE, EXAMPLE, taught())
    said = runner.run(what, Ask(flat(210, 20, 10)))
    assert (said.answer["label"], said.abstained, said.by) == ("machine", False, "x@1")
    doubting = made_of(Kind.EXAMPLE, EXAMPLE, taught() | {"abstain": 1.01})
    said = runner.run(doubting, Ask(flat(210, 20, 10)))
    assert (said.answer["label"], said.abstained) == (None, True)
    assert said.answer["chances"]["machine"] > 0.5, "what it thought is told, too"


def test_a_part_of_a_picture_is_looked_at_alone() -> None:
    both = np.zeros((40, 80, 3), np.uint8)
    both[:, :40], both[:, 40:] = (10, 20, 210), (210, 20, 10)
    runner: Any = ExampleRunner(lambda: NETS, Pixels(both))
    what = made_of(Kind.EXAMPLE, EXAMPLE, taught())
    left = runner.run(what, Ask(b"x", {"part": [0.1, 0.3, 0.2, 0.4]}))
    right = runner.run(what, Ask(b"x", {"part": [0.7, 0.3, 0.2, 0.4]}))
    assert (left.answer["label"], right.answer["label"]) == ("machine", "lookalike")


class Pixels:
    """A decoder that returns what it was given."""

    def __init__(self, pixels: Any) -> None:
        self.pixels, self.width, self.height = pixels, pixels.shape[1], pixels.shape[0]

    def decode(self, _picture: bytes, *, name: str, wanted: tuple[int, int]) -> Any:
        _ = name, wanted
        return self


def test_a_probe_of_another_net_or_of_none_is_not_run() -> None:
    runner: Any = runners().of(Kind.EXAMPLE)
    with pytest.raises(UnavailableError, match="was fitted on look-8, this house looks with look-9"):
        runner.run(made_of(Kind.EXAMPLE, EXAMPLE, taught("look-8")), Ask(flat(1, 2, 3)))
    with pytest.raises(UnavailableError, match="never trained"):
        runner.run(made_of(Kind.EXAMPLE, EXAMPLE), Ask(flat(1, 2, 3)))


@pytest.mark.parametrize(
    "part",
    [
        "0,0,1,1",
        [0, 0, 1],
        [0, 0, 1, 1, 1],
        [0, 0, 0, 1],
        [0.5, 0, 0.6, 1],
        [-0.1, 0, 1, 1],
        [True, 0, 1, 1],
        [0, 0, None, 1],
        [0, 0, "1", 1],
        [0, 0, float("nan"), 1],
    ],
)
def test_a_part_must_lie_in_the_picture(part: object) -> None:
    with pytest.raises(InputError, match=r"given\.part"):
        run(Kind.MODEL, {"model": "screen"}, Ask(flat(1, 2, 3), {"part": part}))


def test_the_platforms_models_say_what_they_see() -> None:
    seen = run(Kind.MODEL, {"model": "screen"}, Ask(flat(1, 2, 3)))
    assert seen.by == "screen-9"
    assert seen.answer["things"] == [{"class": "machine", "score": 0.75, "raises": True, "box": [0.0, 0.0, 0.5, 1.0]}]
    kind = run(Kind.MODEL, {"model": "type"}, Ask(flat(210, 2, 3), HALF))
    assert (kind.answer, kind.abstained) == ({"type": "excavator", "chance": 0.9}, False)
    assert run(Kind.MODEL, {"model": "type"}, Ask(flat(1, 2, 210))).abstained
    gate = run(Kind.MODEL, {"model": "verifier"}, Ask(flat(1, 2, 210)))
    assert (gate.answer["machine"], gate.abstained) == (0.1, True)
    none = ModelRunner(lambda: Nets(NETS.detector, NETS.look, NETS.types), Decoder())  # type: ignore[arg-type]  # a fake
    with pytest.raises(UnavailableError, match="no verifier"):
        none.run(made_of(Kind.MODEL, {"model": "verifier"}), Ask(flat(1, 2, 3)))


@pytest.mark.parametrize(
    ("kind", "content", "ask", "says"),
    [
        (Kind.EXAMPLE, EXAMPLE, Ask(), "picture: is missing"),
        (Kind.EXAMPLE, EXAMPLE, Ask(flat(1, 2, 3), {"box": 1}), "box is unknown"),
        (Kind.RULE, RULE, Ask(flat(1, 2, 3), NEAR), "means nothing to it"),
        (Kind.RULE, RULE, Ask(), "is missing"),
        (Kind.KNOWLEDGE, KNOWLEDGE, Ask(), "holds no question alone"),
        (Kind.KNOWLEDGE, KNOWLEDGE, Ask(given={"question": " "}), "holds no question alone"),
        (Kind.KNOWLEDGE, KNOWLEDGE, Ask(given={"question": "?", "more": 1}), "holds no question alone"),
        (Kind.KNOWLEDGE, KNOWLEDGE, Ask(given={"question": 5}), "holds no question alone"),
        (Kind.MODEL, {"model": "screen"}, Ask(given=HALF), "picture: is missing"),
        (Kind.MODEL, {"model": "screen"}, Ask(b"no picture at all"), "is no picture"),
    ],
)
def test_each_kind_takes_its_own_asks(kind: Kind, content: dict[str, Any], ask: Ask, says: str) -> None:
    with pytest.raises(InputError) as caught:
        run(kind, content, ask)
    assert says in str(caught.value)


def test_what_nobody_runs_here_says_so() -> None:
    nobody = Runners({})
    with pytest.raises(UnavailableError, match="rule runs nowhere here"):
        nobody.of(Kind.RULE)
    with pytest.raises(UnavailableError, match="nobody looks at it"):
        nobody.looking()


# --- question lists


def asked(monkeypatch: pytest.MonkeyPatch, said: Any) -> tuple[QuestionsRunner, list[Any]]:
    """Return a runner whose door answers ``said``, and what it was asked."""
    seen: list[Any] = []

    def answer(_door: Any, _begin: Any, question: Any) -> Any:
        seen.append(question)
        return said(question) if callable(said) else said

    monkeypatch.setattr(inference, "ask", answer)
    door: Any = SimpleNamespace()
    return QuestionsRunner(lambda _: nullcontext(), perceive.only_masked(Decoder()), door), seen  # type: ignore[arg-type]  # fakes


def replied(question: Any, *flags: Flag, **answers: str) -> Answer[Any]:
    told = {"image_id": "x", "box": None, "text_in_picture": "", "reason": "brown edges"} | answers
    return Answer(UUID(int=1), question.schema(**told), "vlm-7", flags=flags)


def test_a_question_list_is_answered_question_by_question(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, seen = asked(monkeypatch, lambda question: replied(question, rust="yes", cover="unclear"))
    what = made_of(Kind.QUESTIONS, QUESTIONS)
    runner.check(what, Ask(flat(1, 2, 3)))
    said = runner.run(what, Ask(flat(1, 2, 3)))
    assert (said.answer, said.by, said.abstained) == (
        {"answers": {"rust": "yes", "cover": "unclear"}, "reason": "brown edges"},
        "vlm-7",
        False,
    )
    (question,) = seen
    assert question.version == "x@1"
    assert question.instructions.splitlines()[1:] == [
        "rust: 有锈蚀吗？ is there rust?",
        "cover: 被遮盖吗？ is it covered?",
    ]
    assert question.notes == {}
    assert question.pictures[0].jpeg.startswith(b"\xff\xd8"), "drawn anew, never the sender's bytes"


def test_nothing_but_unclear_is_an_abstention(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, _ = asked(monkeypatch, lambda question: replied(question, rust="unclear", cover="unclear"))
    assert runner.run(made_of(Kind.QUESTIONS, QUESTIONS), Ask(flat(1, 2, 3))).abstained


def test_a_door_that_fails_and_a_picture_that_commands_are_no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    what = made_of(Kind.QUESTIONS, QUESTIONS)
    runner, _ = asked(monkeypatch, Failure(FailureKind.BUDGET, "the budget is spent"))
    with pytest.raises(UnavailableError, match="budget: the budget is spent"):
        runner.run(what, Ask(flat(1, 2, 3)))
    flag = Flag("answer", "ignore")
    runner, _ = asked(monkeypatch, lambda question: replied(question, flag, rust="yes", cover="no"))
    with pytest.raises(UnavailableError, match="reads like an instruction"):
        runner.run(what, Ask(flat(1, 2, 3)))
    with pytest.raises(UnavailableError, match="no vision endpoint"):
        QuestionsRunner(lambda _: nullcontext(), perceive.only_masked(Decoder())).run(what, Ask(flat(1, 2, 3)))  # type: ignore[arg-type]  # fakes


def test_a_question_list_takes_no_words_from_a_caller() -> None:
    runner = QuestionsRunner(lambda _: nullcontext(), perceive.only_masked(Decoder()))  # type: ignore[arg-type]  # fakes
    what = made_of(Kind.QUESTIONS, QUESTIONS)
    with pytest.raises(InputError, match="means nothing to it"):
        runner.check(what, Ask(flat(1, 2, 3), {"note": "say yes"}))
    with pytest.raises(InputError, match="is missing"):
        runner.check(what, Ask())


def test_the_schema_is_closed() -> None:
    schema = schema_of(("rust",))
    good = {"image_id": "x", "box": None, "text_in_picture": "", "reason": ""}
    assert schema.model_validate(good | {"rust": "yes"})
    for bad in ({"rust": "maybe"}, {}, {"rust": "yes", "more": 1}):
        with pytest.raises(ValueError, match="rust|more"):  # noqa: RUF043  either
            schema.model_validate(good | bad)
