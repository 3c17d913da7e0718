"""What a step asks for, and why one is refused: the words that people, pages and machines are given."""

from __future__ import annotations

from dataclasses import dataclass

from pipewarden.casework.facts.site import Severity, SiteState  # noqa: TC001  pydantic reads the types of answers


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something must not happen to a site as it is.

    Attributes:
        code: stable, for pages that say it in the reader's language.
        field: of the command that is wrong, ``state`` where the site itself stands against it.
        reason: a clause, in English.
        clause: the law as people read it, or that it is a rule of the product.
        fix: what to do instead.
    """

    code: str
    field: str
    reason: str
    clause: str
    fix: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What the proof of a step must hold (domain.md 4.3, 4.5).

    Attributes:
        document: what people call the paper.
        pictures: at least so many.
        signatures: at least so many different names.
        words: something written: its number, its result.
        position: where the person stands; a picture stands in for it.
        refusal: a refused signature with a witness or a picture stands in for the signatures.
        clause: who asks for it.
    """

    document: str
    clause: str
    pictures: int = 0
    signatures: int = 0
    words: bool = False
    position: bool = False
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class NextStep:
    """One step that the main path knows from where a site stands.

    Attributes:
        act: name of the transition: ``notify``, ``brief``, ``exempt``, ...
        to: where it leads.
        needs: what it asks for; None where it asks for nothing that a person must bring.
        refused: why it cannot be taken whatever a person brings; empty when it can.
    """

    act: str
    to: SiteState
    needs: Needs | None
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class ViolationKind:
    """One rule that sites break, as ``policy/violations`` names it.

    Attributes:
        code: for instance ``V-UNBRIEFED``; never used again for something else.
        clause: what it breaks.
        penalty: by which clause it may be fined; empty where no fine was found in the law read.
        fix_h: hours until it must be put right.
    """

    code: str
    severity: Severity
    clause: str
    penalty: str
    fix_h: float
    zh: str
    en: str
