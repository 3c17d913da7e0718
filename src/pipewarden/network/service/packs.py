"""The rule packs as people read them: what holds where on which day, by which clause, and for which of our networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.network import store
from pipewarden.network.rules import packs as pack_rules
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion
    from pipewarden.network.rules.packs import Pack, Ranges
    from pipewarden.people.facts import Actor

READ_POLICY = "policy:read"


@dataclass(frozen=True, slots=True)
class PackHeld:
    """One shipped pack on one day.

    Attributes:
        holds: it is in force on that day.
        ranges: the ranges that count there, its parents' wider ones included; None where none is in force.
        networks: the active versions of the tenant that stand under it, by its own name or for want of another.
    """

    pack: Pack
    holds: bool
    ranges: Ranges | None
    networks: tuple[NetworkVersion, ...]


def packs_held(work: Work, actor: Actor, at: datetime) -> list[PackHeld]:
    """Return every shipped pack as it stands at ``at``, those of the tenant's own networks first, then by name.

    Raises:
        ForbiddenError: the actor reads no policy.
    """
    people.require(actor, READ_POLICY)
    shipped, assumed = store.shipped_packs(), store.shipped_assumptions()
    active = store.active_versions(work.session, work.tenant_id)
    under: dict[str, list[NetworkVersion]] = {}
    for one in active:
        found = pack_rules.resolve(shipped, assumed, jurisdiction=one.jurisdiction, regime=one.regime, at=at)
        under.setdefault(one.jurisdiction if found is None else found.pack_id, []).append(one)
    day = pack_rules.day_of(at)
    made = [
        PackHeld(
            pack=one,
            holds=one.effective.holds(day),
            ranges=pack_rules.resolve(shipped, assumed, jurisdiction=one.pack, regime=one.regime, at=at)
            if one.effective.holds(day)
            else None,
            networks=tuple(under.get(one.pack, ())),
        )
        for one in shipped
    ]
    return sorted(made, key=lambda one: (not one.networks, one.pack.pack, one.pack.effective.start))


def mapping_names(actor: Actor) -> list[str]:
    """Return the mappings of columns that are shipped.

    Raises:
        ForbiddenError: the actor reads no policy.
    """
    people.require(actor, READ_POLICY)
    return sorted(store.shipped_mappings())
