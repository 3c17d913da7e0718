"""Which evidence a step asks for at one site: the lines of ``policy/steps`` that hold there and then."""

from __future__ import annotations

from dataclasses import dataclass

from pipewarden.casework.facts.filing import Method, PartyRole  # noqa: TC001  pydantic reads the types of answers
from pipewarden.casework.facts.record import FieldKind, PersonRole  # noqa: TC001  as above
from pipewarden.casework.facts.site import SiteState  # noqa: TC001  as above
from pipewarden.casework.facts.step import Refusal  # noqa: TC001  as above
from pipewarden.network.facts import Regime, Zone

CHECK = "standby_check"  # the step of every check-in of the standby supervisor


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides which lines hold, and what they are measured by.

    Attributes:
        zone: of the site; unknown counts as the protection range.
        regime: whose law the nearest range is; None where no network says.
        method: as filed; None where that is not known.
        machines: as filed.
        operators: machine operators whom records of this site name.
        done: steps of the path and substeps that were done in this episode.
    """

    zone: Zone
    regime: Regime | None = None
    method: Method | None = None
    machines: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()

    def within(self, zones: frozenset[Zone], methods: frozenset[Method], regimes: frozenset[Regime]) -> bool:
        """Tell whether a line for these holds; empty is everywhere, and what is not known is no method or regime."""
        zone = Zone.PROTECTION if self.zone is Zone.UNKNOWN else self.zone
        return (
            (not zones or zone in zones)
            and (not methods or self.method in methods)
            and (not regimes or self.regime in regimes)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One field that a step asks for at a site.

    Attributes:
        clause: who asks; begins with 产品规则 where no law does.
        law: whether a law does.
        at_least: so many people, points or corners.
        parties: each of them attends or signs.
        role: of the people that are counted; None for any.
        depth: each point has a depth.
        everyone: each machine operator and each filed machine that is known must be among the people.
        must_be: what a flag has to say.
        unless: a flag of the record that, when true, asks for no more than the people that are known.
    """

    field: FieldKind
    clause: str
    law: bool
    required: bool = True
    at_least: int = 1
    parties: tuple[PartyRole, ...] = ()
    role: PersonRole | None = None
    depth: bool = False
    everyone: bool = False
    must_be: bool | None = None
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class StepEvidence:
    """All that one step asks for at a site as it stands.

    Attributes:
        step: a state, a substep, or ``CHECK``.
        states: in which a substep may be recorded; empty for the others.
        refusal: a refused signature with a witness or a picture stands in for the signatures.
        refused: steps that come first and are not done.
        known: machine operators and filed machines that must be briefed, for the form to name them.
    """

    step: str
    zh: str
    en: str
    document: str
    clause: str
    law: bool
    pictures: int
    position: bool
    refusal: bool
    fields: tuple[Asked, ...]
    states: frozenset[SiteState] = frozenset()
    refused: tuple[Refusal, ...] = ()
    known: tuple[str, ...] = ()
