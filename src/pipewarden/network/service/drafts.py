"""Drafts: a map brought to the desk, told how to be read, compared, confirmed; nothing of it holds before the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import store
from pipewarden.network.facts.draft import WAITING, Choice, Draft, DraftKind, DraftState, Guard
from pipewarden.network.rules import crs as crs_rules
from pipewarden.network.rules import looking, packs, tiles
from pipewarden.network.rules.tiles import preview
from pipewarden.network.service.deliveries import IMPORT, check_file
from pipewarden.network.service.imports import ACTIVATE
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.network.facts.change import ChangeKind, PipeChange
    from pipewarden.network.facts.draft import FieldChoice
    from pipewarden.network.rules.tiles import Square
    from pipewarden.people.facts import Actor

_MOST_OPEN = 5
_STEP = 0.0002  # degrees, about 20 m: so far from a corner at most is any place on a pipe
_MOST_CORNERS = 400_000


def begin_draft(work: Work, blobs: BlobStore, actor: Actor, body: bytes, name: str) -> Draft:
    """Keep a file to be looked at; a worker reads it a moment later.

    Raises:
        ForbiddenError, NotFoundError: the actor must not.
        InputError: an empty file, a name with a path in it.
        RefusedError: five drafts of the tenant wait already.
    """
    people.require_row(actor, IMPORT, ScopedRow(work.tenant_id), "network")
    check_file(body, name)
    made = _made(work, actor, DraftKind.FILE, name, DraftState.READING, blob=blobs.put(body))
    people.record(work, actor, "network.draft_begun", ("network_draft", made.id), {"name": name, "sha256": made.blob})
    return made


def compare_versions(work: Work, actor: Actor, base_id: UUID, version_id: UUID) -> Draft:
    """Ask for what differs between two stored versions of one regime.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such version.
        InputError: the same version twice, or of two regimes.
        RefusedError: five drafts of the tenant wait already.
    """
    people.require_row(actor, IMPORT, ScopedRow(work.tenant_id), "network")
    base, version = (
        people.visible(store.version(work.session, work.tenant_id, one), "network version")
        for one in (base_id, version_id)
    )
    if base.id == version.id or base.regime is not version.regime:
        raise InputError(field="base", problem="is no other version of this network", fix="Choose two of one regime.")
    name = f"{base.number} → {version.number}"
    return _made(work, actor, DraftKind.VERSIONS, name, DraftState.COMPARING, base_id=base.id, version_id=version.id)


def _made(work: Work, actor: Actor, kind: DraftKind, name: str, state: DraftState, **more: Any) -> Draft:
    if store.drafts.waiting(work) >= _MOST_OPEN:
        raise RefusedError(
            field="network draft", problem=f"{_MOST_OPEN} wait already", fix="Wait until one of them is read."
        )
    made = Draft(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        kind=kind,
        asked_by=f"{actor.kind}:{actor.id}",
        name=name,
        blob=more.pop("blob", None),
        state=state,
        created_at=work.now(),
        changed_at=work.now(),
        **more,
    )
    store.drafts.add(work, made)
    return made


def draft(work: Work, actor: Actor, draft_id: UUID) -> Draft:
    """Return a draft.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    seen = people.scope_filter(actor, IMPORT, store.drafts.DRAFTS)
    found = store.drafts.drafts(work, seen, store.drafts.DraftRow.id == draft_id)
    return people.visible(next(iter(found), None), "network draft")


def drafts(work: Work, actor: Actor, *, limit: int, after: UUID | None) -> list[Draft]:
    """Return the drafts in reach, the newest first; those that were given up are left out.

    Raises:
        ForbiddenError: the actor brings no maps.
    """
    people.require(actor, IMPORT)
    seen = people.scope_filter(actor, IMPORT, store.drafts.DRAFTS)
    kept = store.drafts.DraftRow.state != DraftState.DISCARDED.value
    return store.drafts.drafts(work, seen, kept, limit=limit, after=after)


def draft_place(work: Work, actor: Actor, draft_id: UUID, crs: str) -> dict[str, Any]:
    """Return where the file's places lie in a reference system, for looking at them on a map.

    Raises:
        InputError: there is no such system.
        RefusedError: nothing was read yet.
    """
    found = _found(draft(work, actor, draft_id))
    return looking.place(np.array(found["sample"], dtype=np.float64).reshape(-1, 2), crs, home(work))


def draft_fields(
    work: Work, actor: Actor, draft_id: UUID, mapping: str | None, fields: Sequence[tuple[str, FieldChoice]]
) -> list[dict[str, Any]]:
    """Return how each attribute would be read, word by word.

    Raises:
        InputError: there is no such mapping or column, or a unit or meaning that is none.
        RefusedError: nothing was read yet.
    """
    found = _found(draft(work, actor, draft_id))
    return looking.fields(found["columns"], _body(found, mapping, fields))


def choose(work: Work, actor: Actor, draft_id: UUID, choice: Choice) -> Draft:
    """Say how the file is to be read; a worker compares it with the active version, and nothing of it holds yet.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        InputError: an unknown system, jurisdiction, mapping, column, unit or meaning.
        RefusedError: it is being worked on, or it is done.
    """
    one = _held(work, actor, draft_id, DraftState.READ, DraftState.COMPARED)
    _file_only(one)
    crs_rules.declare(choice.crs)
    packs.check_jurisdiction(store.shipped_packs(), choice.jurisdiction)
    found = _found(one)
    looking.fields(found["columns"], _body(found, choice.mapping, choice.fields))
    store.drafts.set_changes(work, one.id, [])
    return _step(work, one, DraftState.COMPARING, choice=choice, report=None, base_id=None)


def activate_draft(work: Work, actor: Actor, draft_id: UUID, confirmed: Sequence[Guard], why: str) -> Draft:
    """Let a compared map become the active version; a worker writes it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: it is not compared, or something odd about it was not confirmed by itself.
    """
    people.require_row(actor, ACTIVATE, ScopedRow(work.tenant_id), "network")
    one = _held(work, actor, draft_id, DraftState.COMPARED)
    _file_only(one)
    lacking = sorted(one.guards - set(confirmed))
    if lacking:
        raise RefusedError(
            field="confirmed",
            problem=f"{', '.join(lacking)} was not confirmed",
            fix="Look at each on the map, and name it in `confirmed` if the file is right.",
        )
    by = f"{actor.kind}:{actor.id}"
    taken = tuple(sorted(one.guards))
    made = _step(work, one, DraftState.ACTIVATING, confirmed=taken, why=why, decided_by=by)
    details = {"name": one.name, "why": why, "confirmed": list(taken)}
    people.record(work, actor, "network.draft_activated", ("network_draft", one.id), details)
    return made


def discard(work: Work, actor: Actor, draft_id: UUID) -> Draft:
    """Give a draft up; what it would have changed is forgotten.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: a worker has it in hand, or it is active.
    """
    one = _held(work, actor, draft_id, DraftState.READ, DraftState.COMPARED, DraftState.UNREADABLE)
    store.drafts.set_changes(work, one.id, [])
    people.record(work, actor, "network.draft_discarded", ("network_draft", one.id), {"name": one.name})
    return _step(work, one, DraftState.DISCARDED)


def draft_changes(
    work: Work, actor: Actor, draft_id: UUID, *, kind: ChangeKind | None, moved: bool | None, after: int, limit: int
) -> list[tuple[int, PipeChange]]:
    """Return (number, change) of a draft past ``after``, the most dangerous first.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    one = draft(work, actor, draft_id)
    return store.drafts.changes(work, one.id, kind=kind, moved=moved, after=after, limit=limit)


def draft_tile(work: Work, actor: Actor, draft_id: UUID, square: Square) -> bytes:
    """Return a square of the map with what a draft would change; no bytes where nothing is.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    people.require(actor, "network:read")
    one = draft(work, actor, draft_id)
    found = store.drafts.changes_in(work, one.id, square.bounds(), preview.MOST)
    return tiles.encode(preview.draw(found, square))


def home(work: Work) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
    """Return places along the pipes that are there, lon/lat, one at least every 20 m; None without a network."""
    active = store.active_versions(work.session, work.tenant_id)
    wkb = [one for each in active for one in store.corners_of(work.session, work.tenant_id, each.id)]
    if not wkb:
        return None
    corners = shapely.get_coordinates(shapely.segmentize(shapely.from_wkb(wkb), _STEP))
    return np.asarray(corners[:: max(1, -(-corners.shape[0] // _MOST_CORNERS))], dtype=np.float64)


def _body(found: dict[str, Any], mapping: str | None, fields: Sequence[tuple[str, FieldChoice]]) -> dict[str, Any]:
    """Return the mapping that a choice makes; the columns that it names must be in the file."""
    known = {one["name"] for one in found["columns"]}
    for name, one in fields:
        if one.column is not None and one.column not in known:
            raise InputError(
                field=f"fields.{name}", problem=f"there is no column {one.column!r}", fix="Take one that the file has."
            )
    return body_of(Choice("", "", None, mapping, tuple(fields)))


def body_of(choice: Choice) -> dict[str, Any]:
    """Return the mapping file's content that a choice stands for.

    Raises:
        InputError: there is no such mapping.
    """
    shipped = store.shipped_mappings()
    name = choice.mapping or "generic"
    if name not in shipped:
        raise InputError(
            field="mapping", problem=f"{name!r} is none we ship", fix=f"Take one of {', '.join(sorted(shipped))}."
        )
    return looking.body_of(store.mapping_body(name), choice.fields)


def _found(one: Draft) -> dict[str, Any]:
    if one.found is None:
        raise RefusedError(field="network draft", problem="was not read yet", fix="Wait until its state is `read`.")
    return one.found


def _file_only(one: Draft) -> None:
    if one.kind is not DraftKind.FILE:
        raise RefusedError(field="network draft", problem="compares two versions", fix="Bring a file.")


def _held(work: Work, actor: Actor, draft_id: UUID, *states: DraftState) -> Draft:
    """Return a draft that nobody else changes meanwhile and that stands where the next step begins."""
    draft(work, actor, draft_id)
    one = people.visible(store.drafts.locked(work, draft_id), "network draft")
    if one.state not in states:
        raise RefusedError(
            field="network draft",
            problem=f"is {one.state.value}",
            fix="Wait until the worker is done." if one.state in WAITING else "Begin another draft with the file.",
        )
    return one


def _step(work: Work, one: Draft, state: DraftState, **values: Any) -> Draft:
    """Write the next state of a draft; whoever waits for a worker waits from now on."""
    fresh = {"changed_at": work.now(), "taken_at": None, "problem": None, "done": 0, "total": 0} | values
    made = replace(one, state=state, **fresh)
    plain = dict(fresh)
    if "choice" in fresh:
        plain["choice"] = None if made.choice is None else made.choice.as_json()
    if "confirmed" in fresh:
        plain["confirmed"] = [guard.value for guard in made.confirmed]
    store.drafts.change(work, one.id, state=state.value, **plain)
    return made
