"""Taking messages: each kept once under its platform's own id; a placed one is a report, a status is a note."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID

import numpy as np

from pipewarden.act import service as act
from pipewarden.casework import service as casework
from pipewarden.exchange import store
from pipewarden.exchange.facts import Item, ItemKind, ItemState, Kept, Said
from pipewarden.exchange.rules.mapping import read
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import UnauthenticatedError
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, ScopedRow
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.exchange.facts import Incoming
    from pipewarden.exchange.rules.mapping import IntakeMapping
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

CREATE = "intake:create"
MANAGE = "channel:manage"
SECRET_BYTES = 32
_ACCURACY_M = 100.0  # a hotline's pin is where somebody clicked on a map
_LONGEST_NOTE = 2000
_HALF_TURN, _POLE = 180.0, 90.0
_NEAR_DEG = 0.01  # a kilometre, ten times what such a pin may be off
_NO_PLACE = "it has no coordinates"
_NO_AREA = "its place lies in no area of ours"
_NOT_ABOUT = "its platform sorts it as something other than digging"


def platforms() -> tuple[str, ...]:
    """Return the names of the platforms whose messages we read."""
    return tuple(store.shipped())


def mapping_of(platform: str) -> IntakeMapping:
    """Return how a platform's messages are read.

    Raises:
        NotFoundError: there is no such platform.
    """
    return people.visible(store.shipped().get(platform), "platform")


def check_signature(work: Work, platform: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a message that is not signed as Standard Webhooks 1.0 says, where a secret was set for its platform.

    Raises:
        UnauthenticatedError: no signature, a wrong one, or one older than five minutes.
    """
    secret = store.secret(work, platform)
    if secret is None:
        return
    problem = act.webhook_problem(headers, body, secret, work.now())
    if problem is not None:
        fix = "Sign webhook-id, webhook-timestamp and the body with the platform's key, anew for each attempt."
        raise UnauthenticatedError(field="webhook-signature", problem=problem, fix=fix)


def platforms_signed(work: Work, actor: Actor) -> dict[str, bool]:
    """Return the platforms that may bring messages, and whether the tenant has each of them sign.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no channels.
    """
    people.require_row(actor, "channel:read", ScopedRow(work.tenant_id), "platform")
    return {name: store.secret(work, name) is not None for name in sorted(store.shipped())}


def set_secret(work: Work, actor: Actor, platform: str, entropy: bytes) -> str:
    """Set what a platform signs with from now on, and return it; it is shown this once.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such platform.
    """
    people.require_row(actor, MANAGE, ScopedRow(work.tenant_id), "platform")
    mapping_of(platform)
    made = act.webhook_secret(entropy)
    store.set_secret(work, platform, made)
    people.record(work, actor, "intake.secret_set", ("tenant", work.tenant_id), {"platform": platform})
    return made


def take_secret_away(work: Work, actor: Actor, platform: str) -> None:
    """Let a platform's messages come unsigned again: its API key alone proves who sends.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such platform.
    """
    people.require_row(actor, MANAGE, ScopedRow(work.tenant_id), "platform")
    mapping_of(platform)
    store.set_secret(work, platform, None)
    people.record(work, actor, "intake.secret_ended", ("tenant", work.tenant_id), {"platform": platform})


def take(
    work: Work, blobs: BlobStore, actor: Actor, messages: Sequence[Incoming], *, platform: str, mapping: IntakeMapping
) -> list[Kept]:
    """Keep messages of a platform, all or none; one that came before changes nothing.

    Args:
        work: the transaction: what is answered is kept.
        blobs: where reports keep pictures.
        actor: the platform's API key, or the operator.
        messages: as they came.
        platform: under which name they are kept.
        mapping: how they are read.

    Raises:
        ForbiddenError: the actor may not bring messages.
        InputError: a message cannot be read, or its id was used for another one; field and number are named.
    """
    if not actor.grants_for(CREATE):
        raise ForbiddenError.of(CREATE)
    store.lock(work, platform)
    said = [(one, read(mapping, one)) for one in messages]
    known = store.known(work, platform, [(one.source, what.id) for one, what in said])
    new: dict[UUID, Said] = {}
    kept: list[tuple[tuple[str, str], bool]] = []
    for one, what in said:
        key = (one.source, what.id)
        earlier = known.get(key)
        if earlier is None:
            known[key] = item = _item(work, platform, one, what)
            new[item.id] = what
        elif earlier.content_sha256 != _content(one, what):
            raise InputError(
                field=f"id, message {one.number}",
                problem=f"{what.id!r} was used for another message",
                fix="Give a message that says something new an id of its own.",
            )
        kept.append((key, earlier is None))
    fresh = _waiting_elsewhere(work, [one for one in known.values() if one.id in new])
    known |= {(one.source, one.event_id): one for one in _settled(work, blobs, actor, fresh, new)}
    store.add(work, [one for one in known.values() if one.id in new])
    return [Kept(known[key], fresh=is_fresh) for key, is_fresh in kept]


def _item(work: Work, platform: str, one: Incoming, what: Said) -> Item:
    place = None if what.xy is None else _lonlat(one, what, what.xy)
    why = ""
    if what.kind is ItemKind.REPORT:
        why = _NO_PLACE if place is None else "" if what.about else _NOT_ABOUT
    return Item(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        platform=platform,
        source=one.source,
        event_id=what.id,
        kind=what.kind,
        state=ItemState.WAITING if why else ItemState.TAKEN,
        why=why,
        words=what.words,
        address=what.address,
        lon=None if place is None else place[0],
        lat=None if place is None else place[1],
        at=what.at,
        received_at=work.now(),
        observation_id=None,
        site_id=_site(one, what) if what.kind is ItemKind.STATUS else None,
        content_sha256=_content(one, what),
    )


def _waiting_elsewhere(work: Work, items: Sequence[Item]) -> list[Item]:
    """Return the messages with those waiting that speak of no ground of ours, where areas are drawn at all.

    Whoever has drawn a few areas only still hears at once of what is near a pipe of theirs.
    """
    placed = {
        one.id: (one.lon, one.lat)
        for one in items
        if one.kind is ItemKind.REPORT and one.state is ItemState.TAKEN and one.lon is not None and one.lat is not None
    }
    if not placed or all(one.wkb is None for one in people.areas(work)):
        return list(items)
    found = people.areas_at(work, np.array(list(placed.values())))
    lost = {
        item_id
        for (item_id, at), there in zip(placed.items(), found, strict=True)
        if there.area is None and not network.near(work, _around(*at), at=work.now())
    }
    return [replace(one, state=ItemState.WAITING, why=_NO_AREA) if one.id in lost else one for one in items]


def _settled(
    work: Work, blobs: BlobStore, actor: Actor, items: Sequence[Item], said: Mapping[UUID, Said]
) -> list[Item]:
    """Make reports of messages, or notes on their sites, unless they wait for a person."""
    reports = {
        one.id: _event(one, (one.lon, one.lat), _ACCURACY_M)
        for one in items
        if one.site_id is None and one.state is ItemState.TAKEN and one.lon is not None and one.lat is not None
    }
    taken = sense.take_all(work, blobs, actor, list(reports.values())) if reports else []
    notes = [(one.site_id, _note(one, said[one.id])) for one in items if one.site_id is not None]
    if notes:
        casework.notes(work, notes, f"{actor.kind}:{actor.id}")
    made = {item_id: one.observation.id for item_id, one in zip(reports, taken, strict=True)}
    return [replace(one, observation_id=made.get(one.id)) for one in items]


def _note(item: Item, what: Said) -> str:
    words = f"{item.platform} {what.number}: {what.status}" + (f" - {what.words}" if what.words else "")
    return words[:_LONGEST_NOTE]


def report(
    work: Work, blobs: BlobStore, actor: Actor, item: Item, *, place: tuple[float, float], accuracy_m: float
) -> UUID:
    """Send a message into the river as a citizen's report and return its observation."""
    return sense.take(work, blobs, actor, _event(item, place, accuracy_m)).observation.id


def _event(item: Item, place: tuple[float, float], accuracy_m: float) -> NewEvent:
    name = f"{quote(item.platform, safe='')}/{quote(item.source, safe='')}#{item.event_id}"
    return NewEvent(
        observation=NewObservation(
            stream=f"intake:{item.platform}",
            source_id=name,
            kind=ObservationKind.REPORT,
            picture=b"",
            picture_name=f"{item.platform} {item.event_id}",
            at=item.at,
        ),
        source=item.source,
        event_id=item.event_id,
        words=item.words,
        lon=place[0],
        lat=place[1],
        accuracy_m=accuracy_m,
        extra={"platform": item.platform, "address": item.address},
    )


def _around(lon: float, lat: float) -> tuple[float, float, float, float]:
    return lon - _NEAR_DEG, lat - _NEAR_DEG, lon + _NEAR_DEG, lat + _NEAR_DEG


def _lonlat(one: Incoming, what: Said, xy: tuple[float, float]) -> tuple[float, float]:
    lon, lat = network.place_lonlat(what.crs, xy)
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= _HALF_TURN and abs(lat) <= _POLE):
        raise InputError(
            field=f"coordinates, message {one.number}",
            problem=f"{xy} is no place in {what.crs}",
            fix="Send longitude and latitude (or east and north) in the system that is declared.",
        )
    return lon, lat


def _site(one: Incoming, what: Said) -> UUID:
    try:
        return UUID(what.site)
    except ValueError as error:
        raise InputError(
            field=f"site_id, message {one.number}",
            problem=f"{what.site[:60]!r} is no site",
            fix="Send the subject of the event that your order answers.",
        ) from error


def _content(one: Incoming, what: Said) -> bytes:
    """Return the hash of what was read: a list says what is done about a complaint, too, and that changes daily."""
    read_out = asdict(what if what.kind is ItemKind.STATUS else replace(what, status=""))
    return hashlib.sha256(json.dumps([one.type, read_out], sort_keys=True, default=str).encode()).digest()
