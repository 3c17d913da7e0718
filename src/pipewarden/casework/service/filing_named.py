"""Works that name their reader: the unit that they speak for, or the phone that they have proved, stands as a party.

Why: owner and supervising engineer answer for works that their contractor has filed (建设工程安全生产管理条例 第四条,
第十四条), so they read them; only who filed them changes them. A name proves nothing and opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, or_

from pipewarden.casework import store
from pipewarden.casework.facts import PartyRole
from pipewarden.casework.rules.filing_named import parts
from pipewarden.casework.store.filing_tables import FilingRow
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, Scope

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.casework.store.filings import KeptFiling
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

READ = "filing:read"
NAMED = frozenset({PartyRole.OWNER, PartyRole.CONTRACTOR, PartyRole.SUPERVISING_ENGINEER})
ANSWERS = frozenset({PartyRole.OWNER, PartyRole.CONTRACTOR})  # who digs and for whom; who supervises them does not


@dataclass(frozen=True, slots=True)
class Standing:
    """By what a reader is known on works of the tenant; nothing of it for who reads by office.

    Attributes:
        contractors: that they speak for, with those that were merged into them.
        keys: codes of these, and the phones that they have proved.
    """

    contractors: frozenset[UUID] = frozenset()
    keys: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Say whether anything names them."""
        return bool(self.contractors or self.keys)


def known_as(work: Work, actor: Actor) -> Standing:
    """Return by what the actor may be named on works of the tenant worked for."""
    own = any(one.scope is Scope.OWN and one.tenant_id == work.tenant_id for one in actor.grants_for(READ))
    if actor.kind is not ActorKind.PERSON or not own:
        return Standing()
    units = store.contractors.spoken_for(work, actor.id)
    codes = {f"code:{one.code}" for one in units if one.code}
    phones = {f"phone:{one}" for one in people.proved_phones(work, actor.id)}
    return Standing(frozenset(one.id for one in units), frozenset(codes | phones))


def named_scope(work: Work, known: Standing) -> ColumnElement[bool]:
    """Return the condition for filings of the tenant that name somebody."""
    if not known.known:
        return false()
    return and_(
        FilingRow.tenant_id == work.tenant_id,
        or_(FilingRow.contractor_id.in_(known.contractors), FilingRow.named.overlap(sorted(known.keys))),
    )


def parts_of(known: Standing, kept: KeptFiling) -> frozenset[PartyRole]:
    """Return as what somebody stands on works that are there to read."""
    contractor = kept.contractor_id is not None and kept.contractor_id in known.contractors
    return parts(kept.filing.works.parties, known.keys, contractor=contractor) & NAMED


def part_of(work: Work, actor: Actor, kept: KeptFiling, known: Standing | None = None) -> PartyRole | None:
    """Return as what the actor reads works that somebody else has filed; None where they are theirs, or by office."""
    if kept.filed_by == actor.id or any(one.scope is not Scope.OWN for one in actor.grants_for(READ)):
        return None
    return min(parts_of(known_as(work, actor) if known is None else known, kept), default=None)
