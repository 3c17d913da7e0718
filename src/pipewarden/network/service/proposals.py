"""What was measured flows back as proposals: held against the map, listed, decided, settled by a map that agrees.

Accepting one never edits the map: the source of the map is asked to, and its next import settles the proposal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from pipewarden.kit.errors import RefusedError
from pipewarden.network import store
from pipewarden.network.facts.proposal import Proposal, ProposalKind, ProposalState
from pipewarden.network.rules import measured as rules
from pipewarden.network.store import proposals as table
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion, Pipe
    from pipewarden.network.facts.proposal import Measured
    from pipewarden.network.store.proposals import ProposalFilter
    from pipewarden.people.facts import Actor

    _Parts = list[tuple[NetworkVersion, Pipe]]

READ, DECIDE = "network:read", "network:decide"
_REACH_M = 50.0  # farther off than any error of a map and a measurement explains


def unmapped(work: Work, pipe_ids: Collection[str]) -> frozenset[str]:
    """Return those of ``pipe_ids`` that no active map of the tenant has; none where there is no map."""
    versions = {one.id: one for one in store.active_versions(work.session, work.tenant_id)}
    if not versions or not pipe_ids:
        return frozenset()
    found = {pipe.pipe_id for _, pipe in table.parts(work.session, work.tenant_id, versions, pipe_ids)}
    return frozenset(pipe_ids) - found


def propose(work: Work, measured: Sequence[Measured]) -> list[Proposal]:
    """Hold measurements against the active maps and keep them; one that the map agrees with is settled at once.

    A measurement without a pipe's id is given that of the nearest pipe where both errors explain the distance; else
    the map does not have that pipe, which is an error of the map.
    """
    versions = {one.id: one for one in store.active_versions(work.session, work.tenant_id)}
    named = [_named(work, one, versions) if not one.pipe_id and versions else one for one in measured]
    found = _parts(work, versions, {one.pipe_id for one in named})
    made = [_held(work, one, found.get(one.pipe_id, []), versions) for one in named]
    table.add(work.session, made)
    return made


def proposals(
    work: Work, actor: Actor, wanted: ProposalFilter, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[Proposal]:
    """Return proposals on ground that the actor may read, newest first.

    Raises:
        ForbiddenError: the actor reads no network.
    """
    scope = people.scope_filter(actor, READ, table.PROPOSALS)
    return table.page(work.session, scope, wanted, limit=limit, after=after)


def decide(work: Work, actor: Actor, proposal_id: UUID, *, accept: bool, why: str) -> Proposal:
    """Accept or reject an open proposal, on record; the map stays as its source has it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not decide, or sees none of that id.
        RefusedError: it was decided before, or a map has settled it.
    """
    scope = people.scope_filter(actor, DECIDE, table.PROPOSALS)
    found = people.visible(table.one(work.session, scope, proposal_id, lock=True), "proposal")
    if found.state is not ProposalState.OPEN:
        problem = f"is {found.state.value} already"
        raise RefusedError(field="state", problem=problem, fix="Look at it as it stands; a new measurement asks anew.")
    state = ProposalState.ACCEPTED if accept else ProposalState.REJECTED
    made = replace(found, state=state, decided_by=f"{actor.kind}:{actor.id}", decided_at=work.now(), why=why)
    table.decide(work.session, made)
    details = {"pipe_id": found.measured.pipe_id, "kind": found.measured.kind.value}
    people.record(work, actor, f"proposal.{state.value}", ("proposal", found.id), details, tenant_id=found.tenant_id)
    return made


def settle(work: Work, version: NetworkVersion) -> int:
    """Settle the proposals with which a version that is active now agrees, within twice the measurement's sigma.

    Returns:
        how many.
    """
    waiting, versions = table.waiting(work.session, work.tenant_id), {version.id: version}
    named = [(one, one.measured if one.measured.pipe_id else _named(work, one.measured, versions)) for one in waiting]
    found = _parts(work, versions, {measured.pipe_id for _, measured in named} - {""})
    count = 0
    for one, measured in named:
        parts = found.get(measured.pipe_id, [])
        if parts and _compared(measured, parts, mapped=True).agrees:
            table.decide(work.session, replace(one, state=ProposalState.SETTLED, settled_by=version.id))
            count += 1
    return count


def _named(work: Work, measured: Measured, versions: dict[UUID, NetworkVersion]) -> Measured:
    """Return a measurement with the nearest pipe's id, where both errors explain how far off that lies."""
    box = rules.box_around(measured.shape, _REACH_M)
    near = [(versions[one], pipe) for one, pipe in table.within(work.session, work.tenant_id, versions, box)]
    if not near:
        return measured
    name = min(near, key=lambda one: rules.off_m(measured.shape, one[1]))[1].pipe_id
    course = measured.kind is ProposalKind.AS_BUILT
    plain = measured if course else replace(measured, kind=ProposalKind.POSITION)
    told = _compared(plain, [one for one in near if one[1].pipe_id == name], mapped=True)
    return measured if told.map_error else replace(measured, pipe_id=name)


def _parts(work: Work, versions: dict[UUID, NetworkVersion], pipe_ids: Collection[str]) -> dict[str, _Parts]:
    found: dict[str, _Parts] = {}
    if versions and pipe_ids:
        for version_id, pipe in table.parts(work.session, work.tenant_id, versions, pipe_ids):
            found.setdefault(pipe.pipe_id, []).append((versions[version_id], pipe))
    return found


def _compared(measured: Measured, parts: _Parts, *, mapped: bool) -> rules.Compared:
    if measured.kind is ProposalKind.DEPTH:  # a namesake elsewhere, or of the other regime, says nothing of it
        parts = [one for one in parts if rules.off_m(measured.shape, one[1]) <= _REACH_M]
    sigma_m = max((_assumed_m(version) for version, _ in parts), default=0.0)
    return rules.compare(measured, [pipe for _, pipe in parts], sigma_m, mapped=mapped)


def _assumed_m(version: NetworkVersion) -> float:
    return float(store.shipped_assumptions().of(version.regime).sigma_m.value)


def _held(work: Work, measured: Measured, parts: _Parts, versions: dict[UUID, NetworkVersion]) -> Proposal:
    told = _compared(measured, parts, mapped=bool(versions))
    place = shapely.get_coordinates(shapely.from_wkb(measured.shape))[0]
    nearest = min(parts, key=lambda one: rules.off_m(measured.shape, one[1]), default=None)
    version = next(iter(versions.values()), None) if nearest is None else nearest[0]
    return Proposal(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        measured=measured,
        version_id=None if version is None else version.id,
        regime=None if version is None else version.regime,
        lon=float(place[0]),
        lat=float(place[1]),
        map_m=told.map_m,
        off_m=told.off_m,
        within_m=told.within_m,
        map_error=told.map_error,
        at=work.now(),
        state=ProposalState.SETTLED if told.agrees else ProposalState.OPEN,
        settled_by=None if version is None or not told.agrees else version.id,
    )
