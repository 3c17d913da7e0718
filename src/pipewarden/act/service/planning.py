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
from pipewarden.network import service as network
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, Language

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
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
    told: set[tuple[UUID, str]]
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
        if call.drill:  # before any way is looked for: nothing of a drill leaves the house
            row = _row(work, batch, call, contacts, rules.group_of(call), own=own)
            batch.rows.append(row | _carried(CallState.IN_APP, call.id, None))
            continue
        ways = rules.routes(contacts, call.urgency, off)
        about = rules.group_of(call)
        state, subject, digest = _state(work, batch, call, ways, about)
        if subject == call.id and state is CallState.OPEN:
            batch.deliveries += _messages(work, batch, call, ways)
        if call.urgency is Urgency.ALARM and subject == call.id:
            batch.deliveries += _copies(work, batch, call, about, off)
        if state is CallState.UNREACHABLE:
            silent.append(call)
        else:
            since = call.at if subject == call.id else batch.likes[call.person_id, about][0]
            batch.likes[call.person_id, about] = (since, subject, state)
        batch.rows.append(_row(work, batch, call, contacts, about, own=own) | _carried(state, subject, digest))
    store.calls.add(work, batch.rows)
    store.outbox.add(work, batch.deliveries)
    for call in silent:
        if not own and call.urgency is not Urgency.NOTE:
            post.casework.unreachable(work, call.id, _WHY_NONE)


def _batch(work: Work, post: Post, calls: Sequence[Call]) -> _Batch:
    persons = {call.person_id for call in calls}
    whats = {rules.group_of(call) for call in calls}
    since = min((at for at in map(rules.cool_since, calls) if at is not None), default=work.now())
    alarms = {rules.group_of(call) for call in calls if call.urgency is Urgency.ALARM}
    robots = people.robots_of(work) if alarms else []
    spoken_to = [one.id for one in robots]
    return _Batch(
        post=post,
        contacts=people.contacts_of(work, persons),
        robots=robots,
        likes=_likes(work, persons, whats, since),
        places=placed(work, post, {one for call in calls for one in call.site_ids}),
        told=store.outbox.told(work, spoken_to, alarms, work.now() - rules.GROUP_COOL) if robots else set(),
    )


def placed(work: Work, post: Post, site_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Return sites by id as messages speak of them: with their areas and how far the pipe is."""
    sites = list(post.casework.sites(work, site_ids).values()) if site_ids else []
    if not sites:
        return {}
    nowhere = float("nan")
    lonlat = np.array(
        [(nowhere if one.lon is None else one.lon, nowhere if one.lat is None else one.lat) for one in sites],
        np.float64,
    )
    areas = people.areas_at(work, lonlat)
    answers = network.answer_many(work, lonlat, covariances=None, at=work.now())
    return {
        one.id: Place(
            site=one,
            where="" if found.area is None else found.area.name,
            distance_m=None if said.zone is Zone.UNKNOWN else said.distance_m,
        )
        for one, found, said in zip(sites, areas, answers, strict=True)
    }


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


def _carried(state: CallState, subject: UUID, digest: datetime | None) -> dict[str, object]:
    return {"state": state.value, "subject_id": subject, "digest_at": digest, "read_at": None}


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


def _copies(work: Work, batch: _Batch, call: Call, about: str, off: Callable[[ContactKind], bool]) -> list[Delivery]:
    """Return the copies of an alarm for the groups that were not told of the matter a moment ago."""
    made: list[Delivery] = []
    for robot in batch.robots:
        if off(robot.kind) or (robot.id, about) in batch.told:
            continue
        batch.told.add((robot.id, about))
        title, text = written(batch.post, call, _places(batch, call), robot.language)
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
