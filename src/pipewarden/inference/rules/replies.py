"""Reading what an endpoint sent: everything is suspect until it fits the schema, and nothing here can raise."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from pydantic import ValidationError

from pipewarden.inference.facts import FailureKind, Flag, Lost, Reply, Told, Usage
from pipewarden.inference.rules.boxscale import to_unit
from pipewarden.inference.rules.spend import believed
from pipewarden.inference.rules.words import Words, declines, flags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.inference.facts import VisionModel

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[A-Za-z]*[ \t]*\n(.*)\n```\Z", re.DOTALL)
_KEY, _BUSY, _SERVER = {401, 403}, 429, 500
_OK = range(200, 300)
_MOVED = range(300, 400)
_REPAIRABLE = frozenset(
    {
        FailureKind.EMPTY,
        FailureKind.UNFINISHED,
        FailureKind.PROSE,
        FailureKind.DUPLICATE_KEY,
        FailureKind.NOT_FINITE,
        FailureKind.SCHEMA,
        FailureKind.WRONG_PICTURE,
        FailureKind.BOX,
    }
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer is held against."""

    image_id: str
    frame: tuple[int, int]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading(Generic[Told]):
    """What one exchange brought: a value, or the kind of failure.

    Attributes:
        text: the model's words, for the repair; empty when it said none.
        problem: what is wrong, in words of the house.
    """

    value: Told | None = None
    kind: FailureKind | None = None
    problem: str = ""
    text: str = ""
    usage: Usage | None = None

    @property
    def repairable(self) -> bool:
        """Say whether asking the model to mend its answer makes sense."""
        return self.kind in _REPAIRABLE


@dataclass(frozen=True, slots=True)
class Conclusion(Generic[Told]):
    """What all exchanges of one question amount to."""

    reading: Reading[Told]
    flags: tuple[Flag, ...]
    repaired: bool
    usages: tuple[Usage | None, ...]


class _Wrong(Exception):  # noqa: N818  it never leaves this module
    def __init__(self, kind: FailureKind, problem: str) -> None:
        super().__init__(problem)
        self.kind, self.problem = kind, problem


def conclude(
    exchanges: Sequence[Reply | Lost], expected: Expected, model: VisionModel, schema: type[Told], words: Words
) -> Conclusion[Told]:
    """Return what the exchanges of a question amount to; the last one counts. Live and in replay the same."""
    readings = [read(one, expected, model, schema, words) for one in exchanges]
    last = readings[-1]
    outside = {f"note.{name}": text for name, text in expected.notes.items()}
    found = flags(outside, words)
    if last.value is not None:
        found += flags({"answer.text_in_picture": last.value.text_in_picture}, words)
        found += flags(_own_words(last.value.model_dump(mode="json")), words, own=True)
    return Conclusion(
        reading=last,
        flags=found,
        repaired=len(readings) > 1 and last.value is not None,
        usages=tuple(one.usage for one in readings),
    )


def read(came: Reply | Lost, expected: Expected, model: VisionModel, schema: type[Told], words: Words) -> Reading[Told]:
    """Return what one exchange brought."""
    if isinstance(came, Lost):
        return Reading(kind=came.kind, problem=came.problem)
    if (refused := _by_status(came)) is not None:
        return refused
    try:
        envelope = _envelope(came)
    except _Wrong as wrong:
        return Reading(kind=wrong.kind, problem=wrong.problem)
    told = envelope.get("usage")
    usage = believed(told.get("prompt_tokens"), told.get("completion_tokens")) if isinstance(told, dict) else None
    text = ""
    try:
        text = _content(envelope)
        return Reading(value=_value(text, expected, model, schema, words), text=text, usage=usage)
    except _Wrong as wrong:
        return Reading(kind=wrong.kind, problem=wrong.problem, text=text, usage=usage)


def _by_status(came: Reply) -> Reading[Any] | None:
    if came.status in _OK:
        return None
    if came.status in _MOVED:
        return Reading(kind=FailureKind.REDIRECT, problem=f"points elsewhere ({came.status}); it is not followed")
    if came.status in _KEY:
        return Reading(kind=FailureKind.KEY, problem=f"does not take the key ({came.status})")
    if came.status == _BUSY:
        return Reading(kind=FailureKind.BUSY, problem="is asked too often (429)")
    kind = FailureKind.SERVER if came.status >= _SERVER or came.status < _OK.start else FailureKind.REJECTED
    return Reading(kind=kind, problem=f"answers {came.status}")


def _envelope(came: Reply) -> dict[str, Any]:
    if not came.body.strip():
        raise _Wrong(FailureKind.EMPTY, "sends an empty answer")
    if "json" not in came.content_type.casefold():
        raise _Wrong(FailureKind.NOT_JSON, "sends something that is not declared as JSON")
    try:
        envelope = json.loads(came.body)
    except (ValueError, RecursionError) as error:
        raise _Wrong(FailureKind.NOT_JSON, f"sends broken JSON ({type(error).__name__})") from None
    if not isinstance(envelope, dict):
        raise _Wrong(FailureKind.ENVELOPE, "sends JSON that is no chat completion")
    return envelope


def _content(envelope: Mapping[str, Any]) -> str:
    choices = envelope.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise _Wrong(FailureKind.ENVELOPE, "sends JSON that is no chat completion")
    if message.get("refusal") or choice.get("finish_reason") == "content_filter":
        raise _Wrong(FailureKind.REFUSED, "the model declines to answer")
    if message.get("tool_calls") or message.get("function_call"):
        raise _Wrong(FailureKind.ENVELOPE, "the model asks for tools it was not given")
    content = message.get("content")
    if isinstance(content, list):
        parts = [one.get("text") for one in content if isinstance(one, dict) and one.get("type") == "text"]
        content = "".join(one for one in parts if isinstance(one, str))
    if content is not None and not isinstance(content, str):
        raise _Wrong(FailureKind.ENVELOPE, "the model's words are no text")
    if not content or not content.strip():
        raise _Wrong(FailureKind.EMPTY, "the model says nothing")
    if choice.get("finish_reason") == "length":
        raise _Wrong(FailureKind.UNFINISHED, "the answer is cut off at its longest; answer shorter")
    return content


def _value(text: str, expected: Expected, model: VisionModel, schema: type[Told], words: Words) -> Told:
    bare = _THOUGHT.sub("", text.removeprefix("\ufeff")).strip()
    if fenced := _FENCE.match(bare):
        bare = fenced[1].strip()
    told = _decode(bare, words)
    try:
        value = schema.model_validate_json(json.dumps(told, allow_nan=False))
    except ValidationError as error:
        raise _Wrong(FailureKind.SCHEMA, _first(error)) from None
    except (ValueError, RecursionError):
        raise _Wrong(FailureKind.NOT_FINITE, "holds a number that is not finite") from None
    if value.image_id != expected.image_id:
        raise _Wrong(FailureKind.WRONG_PICTURE, "image_id is not the one asked about")
    if any("\x00" in one for one in _own_words(value.model_dump(mode="json")).values()):
        raise _Wrong(FailureKind.SCHEMA, "holds a sign that is no text")
    if value.box is None:
        return value
    box = to_unit(value.box, model, *expected.frame)
    if box is None:
        raise _Wrong(FailureKind.BOX, "box is not left < right, top < bottom inside the frame in the scale asked for")
    return value.model_copy(update={"box": box})


def _decode(text: str, words: Words) -> object:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite)
    except _Wrong:
        raise
    except (json.JSONDecodeError, RecursionError):
        pass
    except ValueError:  # more digits than Python reads (sys.int_info.default_max_str_digits)
        raise _Wrong(FailureKind.NOT_FINITE, "holds a number that is not finite") from None
    if text.startswith(("{", "[")):
        raise _Wrong(FailureKind.PROSE, "is broken JSON")
    if declines(text, words):
        raise _Wrong(FailureKind.REFUSED, "the model declines to answer")
    raise _Wrong(FailureKind.PROSE, "is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Wrong(FailureKind.DUPLICATE_KEY, "names a key twice")
    return made


def _not_finite(_word: str) -> float:
    raise _Wrong(FailureKind.NOT_FINITE, "holds a number that is not finite")


def _first(error: ValidationError) -> str:
    """Return the first breach of the schema without the words that broke it: they are a stranger's."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
    where = ".".join(str(part) for part in known)
    return f"does not fit the schema: {where or 'the answer'}: {first['type']}"


def _own_words(value: object, where: str = "answer") -> dict[str, str]:
    """Return every text inside an answer by its place, the writing in the picture left out."""
    if isinstance(value, str):
        return {} if where in {"answer.text_in_picture", "answer.image_id"} else {where: value}
    if isinstance(value, dict):
        return {at: text for key, one in value.items() for at, text in _own_words(one, f"{where}.{key}").items()}
    if isinstance(value, list):
        return _own_words({str(number): one for number, one in enumerate(value)}, where)
    return {}
