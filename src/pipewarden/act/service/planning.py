"""Calls to deliveries: who is told by which channels, in which order and words, all in the transaction of the call."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.act import store
from pipewarden.act.facts import CallState, Delivery, DeliveryState
from pipewarden.act.rules import plan as rules
from pipewarden.act.rules.words import Place, body, headline, split
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.service.post import Post
    from pipewarden.casework.facts import Call
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Contact

_ROOM = 600  # bytes of a part for its number, the mark of a repeat and the link that acknowledges
_WHY_NONE = "has no channel that can be used"


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says, and what it carries: a call, or a digest of calls."""

    subject_id: UUID
    urgency: Urgency
    title: str
    text: str


@dataclass(slots=True)
class _Batch:
    """What a batch of calls shares, read once."""

    post: Post
    contacts: dict[UUID, list[Contact]]
    robots: list[Contact]
    likes: dict[tuple[UUID, str], tuple[datetime, UUID, CallState]]
    places: dict[UUID, Place]
    told_groups: set[tuple[UUID, str]] = field(default_factory=set)
    rows: list[dict[str, object]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


def deliver(work: Work, post: Post, call_ids: Sequence[UUID]) -> None:
    """Take up casework's calls; one that was taken up already is not taken again."""
    fresh = set(call_ids) - store.calls.known(work, call_ids)
    found = sorted(post.casework.calls(work, fresh), key=lambda call: (call.at, call.id))
    plan(work, post, found, own=False)


def plan(work: Work, post: Post, calls: Sequence[Call], *, own: bool) -> None:
    """Write calls down and put their messages into the outbox.

    Args:
        work: the transaction.
        post: the ways out.
        calls: to persons of the tenant worked for.
        own: whether act made them, so that casework does not know them.
    """
    if not calls:
        return
    batch = _batch(work, post, calls)
    off = post.off(work)
    silent: list[Call] = []
    for call in calls:
        contacts = batch.contacts.get(call.person_id, [])
        ways = rules.routes(contacts, call.urgency, off)
        about = rules.group_of(call)
        state, subject, digest = _state(work, batch, call, ways, about)
        if subject == call.id and state is CallState.OPEN:
            batch.deliveries += _messages(work, batch, call, ways)
        if call.urgency is Urgency.ALARM and subject == call.id:
            batch.deliveries += _copies(work, batch, call, off_kinds={k for k in ContactKind if off(k)})
        if state is CallState.UNREACHABLE:
            silent.append(call)
        else:
            since = call.at if subject == call.id else batch.likes[call.person_id, about][0]
            batch.likes[call.person_id, about] = (since, subject, state)
        batch.rows.append(_row(work, batch, call, contacts, about, own=own) | _carried(work, state, subject, digest))
    store.calls.add(work, batch.rows)
    store.outbox.add(work, batch.deliveries)
    for call in silent:
        if not own and call.urgency is not Urgency.NOTE:
            post.casework.unreachable(work, call.id, _WHY_NONE)


def _batch(work: Work, post: Post, calls: Sequence[Call]) -> _Batch:
    sites = post.casework.sites(work, {one for call in calls for one in call.site_ids})
    persons = {call.person_id for call in calls}
    whats = {rules.group_of(call) for call in calls}
    since = min((at for at in map(rules.cool_since, calls) if at is not None), default=work.now())
    placed = list(sites.values())
    nowhere = float("nan")
    points = [(nowhere if one.lon is None else one.lon, nowhere if one.lat is None else one.lat) for one in placed]
    areas = people.areas_at(work, np.array(points, np.float64)) if points else []
    return _Batch(
        post=post,
        contacts=people.contacts_of(work, persons),
        robots=people.robots_of(work),
        likes=_likes(work, persons, whats, since),
        places={
            one.id: Place(one, "" if found.area is None else found.area.name)
            for one, found in zip(placed, areas, strict=True)
        },
    )


def _likes(
    work: Work, persons: set[UUID], whats: set[str], since: datetime
) -> dict[tuple[UUID, str], tuple[datetime, UUID, CallState]]:
    """Return the like calls of a moment ago; one that is on its way ends for whoever stands behind it by now as well.

    Its subject is held, in one order for all, so that no hand ends it between this look and the end of the transaction.
    """
    likes = store.calls.likes(work, persons, whats, since)
    under_way = sorted(subject for _, subject, state in likes.values() if state is CallState.OPEN)
    for subject in dict.fromkeys(under_way):
        store.outbox.lock_subject(work, subject)
    return store.calls.likes(work, persons, whats, since) if under_way else likes


def _state(
    work: Work, batch: _Batch, call: Call, ways: list[tuple[int, Contact]], about: str
) -> tuple[CallState, UUID, datetime | None]:
    """Return how a call begins, what carries it, and when its digest goes out."""
    since = rules.cool_since(call)
    before = batch.likes.get((call.person_id, about))
    if since is not None and before is not None and before[0] >= since and before[2] is not CallState.HELD:
        return before[2], before[1], None
    if not ways:
        return CallState.UNREACHABLE, call.id, None
    if call.urgency is Urgency.NOTE:
        return CallState.HELD, call.id, rules.digest_at(work.now(), ways[0][1].quiet)
    return CallState.OPEN, call.id, None


def _carried(work: Work, state: CallState, subject: UUID, digest: datetime | None) -> dict[str, object]:
    over = None if state in {CallState.HELD, CallState.OPEN} else work.now()
    return {"state": state.value, "subject_id": subject, "digest_at": digest, "settled_at": over, "read_at": None}


def _row(
    work: Work, batch: _Batch, call: Call, contacts: Sequence[Contact], about: str, *, own: bool
) -> dict[str, object]:
    language = contacts[0].language if contacts else Language.ZH
    title, text = written(batch.post, call, _places(batch, call), language)
    return {
        "id": call.id,
        "tenant_id": work.tenant_id,
        "person_id": call.person_id,
        "urgency": call.urgency.value,
        "site_ids": [str(one) for one in call.site_ids],
        "about": about,
        "title": title,
        "body": text,
        "own": own,
        "at": call.at,
    }


def _places(batch: _Batch, call: Call) -> list[Place]:
    return [batch.places[one] for one in call.site_ids if one in batch.places]


def written(post: Post, call: Call, places: Sequence[Place], language: Language) -> tuple[str, str]:
    """Return a call's headline and its other lines in a language."""
    words = store.words.shipped_words()[language]
    return headline(words, call, places), body(words, call, places, post.public_url)


def _messages(work: Work, batch: _Batch, call: Call, ways: Sequence[tuple[int, Contact]]) -> list[Delivery]:
    made: list[Delivery] = []
    for position, contact in ways:
        title, text = written(batch.post, call, _places(batch, call), contact.language)
        made += parts(work, batch.post, contact, Said(call.id, call.urgency, title, text), position=position)
    return made


def _copies(work: Work, batch: _Batch, call: Call, off_kinds: set[ContactKind]) -> list[Delivery]:
    """Return the copies of an alarm for the groups that were not told the same a moment ago."""
    made: list[Delivery] = []
    for robot in batch.robots:
        if robot.kind in off_kinds:
            continue
        title, text = written(batch.post, call, _places(batch, call), robot.language)
        since = work.now() - rules.GROUP_COOL
        if (robot.id, title) in batch.told_groups or store.outbox.spoken_lately(work, robot.id, title, since):
            continue
        batch.told_groups.add((robot.id, title))
        note = store.words.shipped_words()[robot.language].frame["copy"]
        made += parts(work, batch.post, robot, Said(call.id, call.urgency, title, f"{text}\n{note}"), position=0)
    return made


def parts(work: Work, post: Post, contact: Contact, said: Said, *, position: int) -> list[Delivery]:
    """Return the deliveries of one message to one contact point, split where the channel takes no more at once."""
    whole = f"{said.title}\n{said.text}" if said.text else said.title
    if contact.kind is ContactKind.WEBHOOK:
        pieces = [_document(work, said, whole)]
    else:
        pieces = split(whole, post.channels[contact.kind].limit - _ROOM)
    return [
        Delivery(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            subject_id=said.subject_id,
            target_id=contact.id,
            channel=contact.kind.value,
            person_id=contact.person_id,
            part=number,
            parts=len(pieces),
            position=position,
            urgency=said.urgency,
            title=said.title,
            body=piece,
            state=DeliveryState.SPARE if position else DeliveryState.WAITING,
            due_at=work.now(),
            created_at=work.now(),
        )
        for number, piece in enumerate(pieces, start=1)
    ]


def _document(work: Work, said: Said, whole: str) -> str:
    """Return a call as Standard Webhooks writes a payload: type, timestamp, data."""
    data = {"subject_id": str(said.subject_id), "urgency": said.urgency.value, "title": said.title, "text": whole}
    return json.dumps(
        {"type": "pipewarden.call", "timestamp": work.now().isoformat(), "data": data}, ensure_ascii=False
    )
