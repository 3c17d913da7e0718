"""The house's words around a question, and the watch for words of strangers that read like an instruction to a model.

The watch only ever sends something to a person: it is a signal beside the guarantee, never the guarantee itself, which
is that a model's answer alone removes nothing (docs/adr/0014).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from pipewarden.inference.facts import BoxScale, Flag, PictureRole
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 4000  # looked through per text; longer ones are no sign and no note
_INVISIBLE = {"Cf", "Mn"}  # zero-width signs, direction marks, combining marks


class Pattern(BaseModel):
    """One way to talk to a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    pattern: str
    own: bool = False

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, told: str) -> str:
        _compiled(told)
        return told

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Return it ready to search: a space stands for any run of spaces and marks, also none."""
        return _compiled(self.pattern)


class Words(BaseModel):
    """policy/vision/words.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    rules: str
    answer: str
    box: dict[BoxScale, str]
    pictures: dict[PictureRole, str]
    notes: str
    repair: str
    refusals: tuple[str, ...]
    instructions: tuple[Pattern, ...]

    @field_validator("version", mode="before")
    @classmethod
    def _day(cls, told: object) -> str:
        return str(told)

    @cached_property
    def refusal(self) -> re.Pattern[str]:
        """Return what a model's declining looks like."""
        return re.compile("|".join(f"(?:{_compiled(one).pattern})" for one in self.refusals))


def read_words(given: object, name: str) -> Words:
    """Return the words of a parsed YAML file.

    Raises:
        InputError: a key is missing or wrong; the field names it.
    """
    try:
        return Words.model_validate(given)
    except (ValidationError, re.error) as error:
        raise InputError(
            field=name, problem=str(error).splitlines()[0], fix="Restore policy/vision from the release."
        ) from error


def plain(text: str) -> str:
    """Return a text without case, width and invisible signs."""
    folded = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    return "".join(one for one in folded if unicodedata.category(one) not in _INVISIBLE)


def declines(text: str, words: Words) -> bool:
    """Say whether a model's words are a refusal."""
    return words.refusal.search(plain(text)) is not None


def flags(texts: Mapping[str, str], words: Words, *, own: bool = False) -> tuple[Flag, ...]:
    """Return which texts read like an instruction to a model.

    Args:
        texts: by the name that the flag will carry.
        words: the patterns.
        own: the model's own words: only what no honest reason holds counts.
    """
    patterns = [one for one in words.instructions if one.own or not own]
    found = []
    for where, text in texts.items():
        folded = plain(text)
        squeezed = re.sub(r"[\W_]+", "", folded)
        readings = (folded, squeezed) if own else (folded, squeezed, squeezed[::-1])
        found += [Flag(where, one.id) for one in patterns if any(one.regex.search(reading) for reading in readings)]
    return tuple(found)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"[\W_]*"))
