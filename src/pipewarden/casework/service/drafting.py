"""Writing a policy's text with somebody: single values are set in it, and what is wrong is said; nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.casework.rules import rewriting
from pipewarden.casework.service.policies import read_version, require_edit
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.casework.facts import PolicyKind
    from pipewarden.casework.rules.rewriting import Edit, Knob
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_NAME = "text"


@dataclass(frozen=True, slots=True)
class Edited:
    """A text as it would be.

    Attributes:
        version: as it names itself; None where it cannot be read.
        problem: why it would be refused; None where it could be proposed under a name of its own.
        knobs: its single values; empty where it is no YAML.
    """

    text: str
    version: str | None
    problem: InputError | None
    knobs: tuple[Knob, ...]


def edit_text(work: Work, actor: Actor, kind: PolicyKind, text: str, edits: Sequence[Edit]) -> Edited:
    """Return a text with values set in it, and whether it would be taken.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: there is no single value at one of the paths.
    """
    require_edit(work, actor)
    made = rewriting.rewrite(text, edits, _NAME)
    try:
        found = rewriting.knobs(made, _NAME)
    except InputError as error:
        return Edited(made, None, error, ())
    try:
        return Edited(made, read_version(kind, made, _NAME), None, found)
    except InputError as error:
        named = next((str(one.value) for one in found if one.path == ("version",)), None)
        return Edited(made, named, error, found)
