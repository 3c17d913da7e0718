"""A page of the runbook: what a fault means and what is done about it in the first five minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.operation.facts.fault import FaultKind
    from pipewarden.people.facts import Language, Role


@dataclass(frozen=True, slots=True)
class PageWords:
    """A page in one language; ``first`` are the steps of the first five minutes."""

    title: str
    meaning: str
    danger: str
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the runbook.

    Attributes:
        house: the fault is the house's, and every tenant is told; else one tenant's.
        at_once: it is told at once; else with the digest of notes.
        who: roles that act on it.
    """

    kind: FaultKind
    house: bool
    at_once: bool
    who: tuple[Role, ...]
    words: Mapping[Language, PageWords]
