"""Cities' servers: which we read, what of their lists becomes reports, and what their updates say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid5

from pipewarden.exchange.facts.open311 import Posted, Server311
from pipewarden.exchange.rules.open311 import heard as rules
from pipewarden.exchange.rules.open311.pushing import Fate
from pipewarden.exchange.service.open311.posting import WEB, post
from pipewarden.exchange.store import open311 as store
from pipewarden.exchange.store.open311 import Request311Row
from pipewarden.field import service as field_service
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any
    from uuid import UUID

    from pipewarden.exchange.facts.open311 import Heard, NewServer311, Update311
    from pipewarden.kit.vault import Sealer
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

MANAGE = "channel:manage"
_FIRST = timedelta(days=7)
_LONGEST_WORDS = 1500


def purpose(server_id: UUID) -> str:
    """Return what a server's key is sealed for."""
    return f"open311:{server_id}"


@dataclass(slots=True)
class Counts:
    """What one page brought."""

    taken: int = 0
    known: int = 0
    waiting: int = 0
    ids: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)


def add_server(work: Work, actor: Actor, sealer: Sealer, new: NewServer311) -> Server311:
    """Note a city's server, read from now on; its key is sealed.

    Raises:
        ForbiddenError: the actor may not.
        InputError: one of its fields cannot be used; it is named.
        RefusedError: there is one of this name.
    """
    people.require(actor, MANAGE)
    root = _checked(new)
    store.lock(work, f"server {new.name}")
    if any(one.name == new.name for one in store.servers(work)):
        raise RefusedError(field="name", problem=f"{new.name!r} is there", fix="Remove it first, or take another name.")
    server_id, begin = work.ids.new(), new.since if new.since is not None else work.now() - _FIRST
    made = Server311(
        id=server_id,
        tenant_id=work.tenant_id,
        name=new.name,
        address=root,
        sealed_key=sealer.seal(new.key, purpose(server_id)) if new.key else None,
        jurisdiction=new.jurisdiction,
        codes=dict(new.codes),
        format=new.format,
        accuracy_m=new.accuracy_m,
        zone=new.zone,
        since=begin,
        updates_since=begin,
        pulled_at=None,
        problem="",
        created_at=work.now(),
    )
    store.add_server(work, made)
    people.record(work, actor, "open311.added", ("open311_server", server_id), {"name": new.name, "address": root})
    return made


def _checked(new: NewServer311) -> str:
    root = new.address.strip().rstrip("/")
    if not root.startswith(WEB) or "@" in root or "?" in root:
        fix = "Write it like https://host/open311/v2."
        raise InputError(field="address", problem="is no plain web address", fix=fix)
    kinds = field_service.shipped_reports().kinds
    wrong = sorted(f"{code}={kind}" for code, kind in new.codes.items() if kind not in kinds or not code)
    if wrong or not new.codes:
        fix = f"Write CODE=KIND, the kind one of {', '.join(kinds)}; * stands for every other code."
        raise InputError(field="--code", problem=f"{', '.join(wrong) or 'none'} is no kind of report", fix=fix)
    rules.zone_of(new.zone)
    return root


def list_servers(work: Work, actor: Actor) -> list[tuple[Server311, int]]:
    """Return the tenant's servers, each with how many updates wait to be sent to it.

    Raises:
        ForbiddenError: the actor may not.
    """
    people.require(actor, MANAGE)
    return [(one, store.unsent(work, one.id)) for one in store.servers(work)]


def named_server(work: Work, actor: Actor, name: str) -> Server311:
    """Return the tenant's server of this name.

    Raises:
        ForbiddenError: the actor may not.
        InputError: there is none.
    """
    found = [one for one, _ in list_servers(work, actor) if one.name == name]
    if not found:
        raise InputError(
            field="NAME", problem=f"{name[:60]!r} is no server", fix="`pipewarden open311 list` shows them."
        )
    return found[0]


def remove_server(work: Work, actor: Actor, name: str) -> Server311:
    """Read a server no more, and send nothing to it; what came from it stays. Its key is forgotten.

    Raises:
        ForbiddenError: the actor may not.
        InputError: there is none of this name.
    """
    found = named_server(work, actor, name)
    gone = f"{found.name} #{found.id}"  # so that the name is free
    store.change_server(work, found.id, removed_at=work.now(), sealed_key=None, name=gone)
    people.record(work, actor, "open311.removed", ("open311_server", found.id), {"name": name})
    return found


def take_heard(work: Work, desk: field_service.Desk, server: Server311, rows: Sequence[Mapping[str, Any]]) -> Counts:
    """Make reports of a page of a city's requests; what is known, closed or no works is counted and left.

    A request without a usable place waits for a person, like everybody's.
    """
    zone, now, counts = rules.zone_of(server.zone), work.now(), Counts()
    for row in rows:
        one = rules.request_of(row, zone, now)
        if one is None:
            counts.skipped["has no id"] += 1
            continue
        if one.id in counts.ids:
            continue
        counts.ids.add(one.id)
        kind = rules.kind_of(one.code, server.codes)
        if kind is None:
            counts.skipped["another service"] += 1
            continue
        if one.status == "closed":  # what a city has closed before we heard of it is over
            counts.skipped["closed there"] += 1
            continue
        request, fresh = post(work, desk, _posted(one, kind), server_id=server.id, assumed_m=server.accuracy_m)
        counts.taken += fresh
        counts.known += not fresh
        counts.waiting += fresh and field_service.report(work, request.id).state.value == "waiting"
    return counts


def _posted(one: Heard, kind: str) -> Posted:
    words = one.description[:_LONGEST_WORDS]
    if one.odd:
        words = f"{words} ({'; '.join(one.odd)})"
    return Posted(
        code=kind,
        description=words,
        external=one.id,
        lon=one.lon,
        lat=one.lat,
        address=one.address,
        media_url=one.media_url if one.media_url.startswith(WEB) else "",
        voice=one.id,  # whoever reported it to the city; each request is a voice of its own
        at=one.requested_at,
    )


def take_updates(work: Work, desk: field_service.Desk, server: Server311, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add what a city says of its requests to their reports, as words; a status of theirs closes nothing of ours.

    Returns:
        how many were new.
    """
    zone, made = rules.zone_of(server.zone), 0
    heard = [one for row in rows if (one := rules.update_of(row, zone)) is not None]
    row = Request311Row
    mine = store.requests(
        work, row.server_id == server.id, row.external.in_({one.request_id for one in heard}), limit=len(heard) + 1
    )
    of = {one.external: one for one in mine}
    for one in heard:
        request = of.get(one.request_id)
        if request is None:
            continue
        draft = uuid5(request.id, f"theirs {one.id}")
        if one.description in {own.description for own in store.told(work, request.id)}:
            continue  # what we told them comes back
        if not field_service.spoken(work, draft):
            words = f"{server.name}: [{one.status}] {one.description}".strip()
            field_service.add_words(work, desk.token(request.draft), draft, words)
            made += 1
    return made


def servers_due(work: Work, every: timedelta) -> list[UUID]:
    """Return the servers of the whole house whose turn it is, for the house's own work."""
    return [server_id for _, server_id in store.servers_due(work, every)]


def servers(work: Work) -> list[Server311]:
    """Return the tenant's servers, for the house's own work."""
    return store.servers(work)


def note_server(work: Work, server_id: UUID, **values: object) -> None:
    """Note how far a server was read, and what went wrong."""
    store.change_server(work, server_id, **values)


def to_push(work: Work, server_id: UUID, *, limit: int) -> list[tuple[Update311, str]]:
    """Return what a city is to be told now, each with its own id of the request."""
    return store.to_push(work, server_id, limit=limit)


def note_push(work: Work, one: Update311, fate: Fate, problem: str, pause: timedelta) -> None:
    """Note what became of telling a city."""
    values: dict[str, object] = {"tries": one.tries + 1, "problem": problem}
    values["push"] = work.now() + pause if fate is Fate.LATER else None
    if fate is Fate.TOLD:
        values["pushed_at"] = work.now()
    store.pushed(work, one.id, **values)
