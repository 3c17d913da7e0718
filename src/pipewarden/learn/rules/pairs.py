"""A verdict as a line to fine-tune a vision-language model on: what was to be seen, what was asked, what a person said.

The answer is the reviewer's own word and nothing that the reviewer did not say: a code does not tell how each question
of the list would have been answered, nor what is written in the picture.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipewarden.learn.rules.verdicts import SAYS

if TYPE_CHECKING:
    from pipewarden.inference.facts import Lesson
    from pipewarden.learn.facts import Label, Member

_HOW = (
    'Weigh these questions and answer with one JSON object and nothing else: {{"image_id": the word given with the '
    'pictures, "verdict": what the thing in the box is, one of {codes}}}. 综合以上各题，只回答一个 JSON 对象。'
)


def asked(instructions: str) -> str:
    """Return what is asked: the judge's questions, and the answer as one of the reviewers' codes."""
    codes = ", ".join(code.value for code, says in SAYS.items() if says is not None)
    return f"{instructions}\n\n{_HOW.format(codes=codes)}"


def verdicts_of(member: Member) -> list[tuple[str, Label]]:
    """Return what reviewers said of a picture, each with the alarm it was about; none of a picture from elsewhere."""
    said = [label for label in member.sample.labels if label.code is not None]
    return list(zip(member.sample.origin.split(", "), said, strict=True)) if said else []


def pair_line(member: Member, alarm: str, label: Label, lesson: Lesson) -> str:
    """Return one JSON line of ``recipes/judge-lora``."""
    line = {
        "id": alarm,
        "split": member.share.value,
        "camera": member.sample.camera,
        "rendered": member.sample.rendered,
        "images": list(lesson.jpegs),
        "messages": list(lesson.messages),
        "answer": json.dumps({"image_id": lesson.image_id, "verdict": label.code}, sort_keys=True),
    }
    return json.dumps(line, ensure_ascii=False, sort_keys=True)
