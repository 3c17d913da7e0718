"""Questions in the form in which the door asks them, for who trains a judge of the house's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference import rules
from pipewarden.inference.store import shipped_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.inference.facts import Lesson, Picture


def lesson(instructions: str, pictures: Sequence[Picture]) -> Lesson:
    """Return a question about pictures as messages, with the house's words around it; nobody is asked."""
    return rules.lesson(instructions, pictures, shipped_words())
