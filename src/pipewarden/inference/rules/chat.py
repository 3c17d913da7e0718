"""A question as the JSON of a chat completion, and its one canonical text: what is recorded, hashed and asked again."""

from __future__ import annotations

import base64
import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipewarden.inference.facts import Failure, FailureKind, Lesson, PictureRole
from pipewarden.inference.rules.jpeg import bare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.inference.facts import Picture, Question, VisionAnswer, VisionModel
    from pipewarden.inference.rules.jpeg import Jpeg
    from pipewarden.inference.rules.words import Words

MOST_PICTURES, MOST_BYTES = 4, 8_000_000
_MOST_NOTES, _LONGEST_NOTE, _LONGEST_INSTRUCTIONS = 20, 2000, 20_000
_ID_DIGITS = 16
_LONGEST_REPEATED = 4000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question ready to be asked, without its pictures' bytes in the text.

    Attributes:
        version: of the question list.
        model: who is asked.
        image_id: the word the answer must repeat: it stands for exactly these pictures.
        frame: width and height in pixels of the picture that boxes refer to.
        notes: words from outside as they are sent.
        jpegs: bare pictures by SHA-256.
        text: the request as canonical JSON, a picture as ``sha256:…``.
        sha256: of that text.
    """

    version: str
    model: VisionModel
    image_id: str
    frame: tuple[int, int]
    notes: Mapping[str, str]
    jpegs: Mapping[str, bytes] = field(repr=False)
    text: str = field(repr=False)
    sha256: str

    def body(self, repair: Sequence[Mapping[str, str]] = ()) -> bytes:
        """Return the bytes to send; ``repair`` are the messages that follow the question."""
        request = json.loads(self.text)
        for part in (one for message in request["messages"] for one in message["content"]):
            if part["type"] == "image_url":
                jpeg = self.jpegs[part["image_url"]["url"].removeprefix("sha256:")]
                part["image_url"]["url"] = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        request["messages"] += repair
        return json.dumps(request, ensure_ascii=False).encode()


def prepare(question: Question[Any], model: VisionModel, words: Words) -> Prepared | Failure:
    """Return the question ready to be asked, or why it cannot be."""
    pictures = [(one.role, bare(one.jpeg)) for one in question.pictures]
    if problem := _problem(question, pictures):
        return Failure(FailureKind.BAD_QUESTION, problem)
    shown = [(role, hashlib.sha256(jpeg.content).hexdigest(), jpeg) for role, jpeg in pictures if jpeg is not None]
    image_id = _image_id(shown)
    notes = {clean(name)[:60]: clean(text)[:_LONGEST_NOTE] for name, text in question.notes.items()}
    schema = strict_schema(question.schema)
    request: dict[str, object] = {
        "model": model.name,
        "messages": [
            {"role": "system", "content": [_text(_system(question, model, words, schema))]},
            {"role": "user", "content": _user(shown, image_id, notes, words)},
        ],
        "temperature": 0,
        model.limit_name: model.answer_tokens,
        **_format(model, schema),
    }
    text = json.dumps(request, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Prepared(
        version=question.version,
        model=model,
        image_id=image_id,
        frame=next((jpeg.width, jpeg.height) for role, _, jpeg in shown if role is PictureRole.FRAME),
        notes=notes,
        jpegs={sha256: jpeg.content for _, sha256, jpeg in shown},
        text=text,
        sha256=hashlib.sha256(f"{question.version}\0{words.version}\0{model.endpoint}\0{text}".encode()).hexdigest(),
    )


def lesson(instructions: str, pictures: Sequence[Picture], words: Words) -> Lesson:
    """Return a question in the form in which it would be asked.

    Args:
        instructions: what is asked, and how to answer.
        pictures: JPEGs drawn by the house.
        words: the house's own.
    """
    shown: list[tuple[PictureRole, str, Jpeg]] = []
    for one in pictures:
        jpeg = bare(one.jpeg)
        if jpeg is None:
            raise RuntimeError("the house must be able to read the JPEG that it has drawn")
        shown.append((one.role, hashlib.sha256(jpeg.content).hexdigest(), jpeg))
    image_id = _image_id(shown)
    return Lesson(
        image_id=image_id,
        messages=(
            {"role": "system", "content": [_text(f"{words.rules}\n\n{clean(instructions)}")]},
            {"role": "user", "content": _user(shown, image_id, {}, words)},
        ),
        jpegs={sha256: jpeg.content for _, sha256, jpeg in shown},
    )


def _image_id(shown: Sequence[tuple[PictureRole, str, Jpeg]]) -> str:
    return hashlib.sha256("".join(sha256 for _, sha256, _ in shown).encode()).hexdigest()[:_ID_DIGITS]


def repair_messages(answered: str, problem: str, words: Words) -> list[dict[str, str]]:
    """Return what is said to a model whose answer does not fit: its own words, and what is wrong with them."""
    said = clean(answered)[:_LONGEST_REPEATED] or "(nothing)"
    return [
        {"role": "assistant", "content": said},
        {"role": "user", "content": words.repair.format(problem=clean(problem)[:500])},
    ]


def clean(text: str) -> str:
    """Return a text without signs that neither JSON readers nor databases agree on."""
    return "".join(one if one in "\n\t" or one.isprintable() else " " for one in text)


def strict_schema(schema: type[VisionAnswer]) -> dict[str, Any]:
    """Return the JSON schema of an answer in the dialect of strict endpoints: every key required, plain lists."""
    made = deepcopy(schema.model_json_schema())
    _simplify(made)
    return made


def _simplify(node: object) -> None:
    if isinstance(node, list):
        for one in node:
            _simplify(one)
    if not isinstance(node, dict):
        return
    for key in ("title", "default"):
        if not isinstance(node.get(key), dict):  # a property may be called so
            node.pop(key, None)
    if "properties" in node or "enum" in node:
        node.pop("description", None)  # a class's docstring is for developers; a field's description is for the model
    if "prefixItems" in node:
        node["items"] = node.pop("prefixItems")[0]
    if isinstance(node.get("properties"), dict):
        node["required"] = list(node["properties"])
        node["additionalProperties"] = False
    for one in node.values():
        _simplify(one)


def _problem(question: Question[Any], pictures: Sequence[tuple[PictureRole, Jpeg | None]]) -> str | None:
    if not 0 < len(pictures) <= MOST_PICTURES or [role for role, _ in pictures].count(PictureRole.FRAME) != 1:
        return f"has not 1 to {MOST_PICTURES} pictures with exactly one frame"
    if any(jpeg is None for _, jpeg in pictures):
        return "holds a picture that is no whole JPEG"
    if sum(len(jpeg.content) for _, jpeg in pictures if jpeg is not None) > MOST_BYTES:
        return f"holds more than {MOST_BYTES} bytes of pictures"
    if not question.version or not 0 < len(question.instructions) <= _LONGEST_INSTRUCTIONS:
        return f"has no version, or not 1 to {_LONGEST_INSTRUCTIONS} characters of instructions"
    if len(question.notes) > _MOST_NOTES:
        return f"has more than {_MOST_NOTES} notes"
    return None


def _system(question: Question[Any], model: VisionModel, words: Words, schema: Mapping[str, object]) -> str:
    parts = [words.rules, clean(question.instructions), words.answer, words.box[model.scale]]
    if model.reply_format != "schema":
        parts.append(f"JSON schema: {json.dumps(schema, ensure_ascii=False, sort_keys=True)}")
    return "\n\n".join(parts)


def _user(
    shown: Sequence[tuple[PictureRole, str, Jpeg]], image_id: str, notes: Mapping[str, str], words: Words
) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = [_text(f"image_id: {image_id}")]
    for role, sha256, jpeg in shown:
        parts.append(_text(f"{words.pictures[role]} ({jpeg.width} x {jpeg.height})"))
        parts.append({"type": "image_url", "image_url": {"url": f"sha256:{sha256}"}})
    if notes:
        parts.append(_text(f"{words.notes} {json.dumps(notes, ensure_ascii=False, sort_keys=True)}"))
    return parts


def _text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


def _format(model: VisionModel, schema: Mapping[str, object]) -> dict[str, object]:
    if model.reply_format == "schema":
        return {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            }
        }
    return {"response_format": {"type": "json_object"}} if model.reply_format == "object" else {}
