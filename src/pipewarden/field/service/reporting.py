"""Taking reports: kept once by their draft, given to whose ground it is, sent into the river, told at once in danger.

What was acknowledged is on disk. A report that no operator's ground holds, or whose place nobody knows, waits for a
person; none is thrown away. A person's word never has to pass the detector.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.field.facts.reports import Fresh, NewReport, Report, ReportState, Said
from pipewarden.field.rules import reports as rules
from pipewarden.field.rules.exif_time import taken_at
from pipewarden.field.service.confirming import target_of
from pipewarden.field.service.ground import tenant_at, waits_here
from pipewarden.field.store import report_policy
from pipewarden.field.store import reports as store
from pipewarden.field.store.report_tables import ReportRow
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.web import TooManyError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Grant, NotFoundError, Role, Scope
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.field.facts.reports import Kind, Reporter, Sender, Spot
    from pipewarden.kit.work import Work

CREATE = "report:create"
SOURCE = "report"
FOLDER = "reports"  # of the blob store: pictures that wait with their report
MOST_PICTURES = 3
_HOUR = timedelta(hours=1)
_TOKEN_BYTES = 16
_SAID = 120  # of somebody's words, in a message to a phone


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that was kept, the word of its link, and whether it had come before."""

    report: Report
    token: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What taking reports needs of the house.

    Attributes:
        blobs: where pictures lie.
        secret: what links and marks are made with.
        paced: whether phones and networks are held to a pace.
    """

    blobs: BlobStore
    secret: bytes
    paced: bool = True

    @property
    def waiting(self) -> BlobStore:
        """Return where pictures lie whose report waits for a person."""
        return BlobStore(self.blobs.root / FOLDER)

    def token(self, draft: UUID) -> str:
        """Return the word of a report's link, 128 bits that nobody can guess: the same for a draft sent again."""
        return hmac.new(self.secret, b"report\0" + draft.bytes, hashlib.sha256).digest()[:_TOKEN_BYTES].hex()

    def mark(self, *said: str) -> bytes:
        """Return what tells one phone or network from another without saying which it is."""
        return hmac.new(self.secret, b"sender\0" + "\0".join(said).encode(), hashlib.sha256).digest()


def digest_of(token: str) -> bytes:
    """Return by what a link's word is known: the word itself is not kept."""
    return hashlib.sha256(token.encode()).digest()


def take(
    work: Work, desk: Desk, sender: Sender, new: NewReport, *, actor: Actor | None = None, fresh: Fresh = Fresh.NONE
) -> Reported:
    """Keep a report; the same draft again returns what was kept.

    Args:
        work: the transaction; of the platform where nobody is signed in.
        desk: see there.
        sender: who, as far as that is known.
        new: what they say.
        actor: the person who is signed in, for ``report:create``.
        fresh: what became of the nonce.

    Raises:
        ForbiddenError: the actor may not report.
        InputError: the draft was used for another report, or the kind is none.
        TooManyError: this phone or network has sent more than its pace; word of danger is always taken.
    """
    if actor is not None and not actor.grants_for(CREATE):
        raise ForbiddenError.of(CREATE)
    store.lock(work, f"draft:{new.draft}")
    before = store.by_draft(work, new.draft)
    if before is not None:
        if before.content_sha256 != rules.content_of(new):
            fix = "Give each report a draft id of its own."
            raise InputError(field="draft", problem="was used for another report", fix=fix)
        return Reported(before, desk.token(new.draft), fresh=False)
    target = None if new.confirms is None else target_of(work, new.confirms)
    kind = report_policy.shipped_reports().kinds.get(new.kind if target is None else target.kind or "other")
    if kind is None:
        raise InputError(field="kind", problem=f"{new.kind!r} is none", fix="Ask /v1/public/report-kinds for them.")
    tenant_id = target.tenant_id if target is not None else _tenant(work, new.place, actor, sender)
    here = replace(work, tenant_id=tenant_id)
    phone = store.reporter(here, sender.device)
    if desk.paced and sender.gateway is None and actor is None and not kind.danger:
        _pace(here, phone, sender)
    place = target.place if target is not None else new.place
    pictures, notes = _pictures(new.pictures)
    why = _why(here, phone, place)
    report = _made(here, desk, sender, new, kind=kind, phone=phone, why=why)
    report = _marked(here, report, new, pictures, fresh=fresh, notes=notes)
    if report.state is ReportState.TAKEN and place is not None:
        report = replace(report, observations=into_river(here, desk, report, place, pictures, actor=actor))
    else:
        report = replace(report, pictures=tuple(desk.waiting.put(one) for one in pictures))
    if kind.danger:
        report = _call(here, report, kind, phone)
    store.add(here, report)
    return Reported(report, desk.token(new.draft), fresh=True)


def _made(work: Work, desk: Desk, sender: Sender, new: NewReport, *, kind: Kind, phone: Reporter, why: str) -> Report:
    """Return a report as it is kept, before its pictures, its nonce and its clock are looked at."""
    now, spot = work.now(), new.place
    return Report(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        draft=new.draft,
        token_digest=digest_of(desk.token(new.draft)),
        content_sha256=rules.content_of(new),
        reporter_id=phone.id,
        network=sender.network,
        person_id=sender.person_id,
        kind=kind.kind,
        danger=kind.danger,
        state=ReportState.WAITING if why else ReportState.TAKEN,
        why=why,
        words=new.words,
        place_words=new.place_words,
        lon=None if spot is None else spot.lon,
        lat=None if spot is None else spot.lat,
        accuracy_m=None if spot is None else spot.accuracy_m,
        said_crs="" if spot is None else spot.crs,
        at=now,
        taken_at=new.taken_at,
        received_at=now,
        language=new.language,
        fresh=Fresh.NONE,
        nonce=None,
        contact=new.contact,
        notes=(),
        pictures=(),
        observations=(),
        confirms=new.confirms,
    )


def _marked(
    work: Work, report: Report, new: NewReport, pictures: list[bytes], *, fresh: Fresh, notes: list[str]
) -> Report:
    """Return a report with its moment and with what is odd about it; nothing is refused for being odd."""
    policy, now = report_policy.shipped_reports(), report.received_at
    at, odd = rules.moment(new.taken_at, now, policy)
    said = [*notes, *([] if odd is None else [odd])]
    nonce = new.nonce if fresh in {Fresh.FRESH, Fresh.LATE} else None
    if nonce is not None and store.nonce_used(work, nonce):
        fresh, nonce = Fresh.USED, None
    if any(rules.old_picture(taken_at(one), now, policy) for one in pictures):
        fresh = Fresh.OLD
        said.append(f"a picture says that it is older than {policy.old_picture_h:.0f} h")
    return replace(report, at=at, fresh=fresh, nonce=nonce, notes=tuple(said))


def _tenant(work: Work, place: Spot | None, actor: Actor | None, sender: Sender) -> UUID:
    """Return whose ground a report is about; the signed-in person's own tenant where no place says better."""
    if sender.gateway is not None:
        return sender.gateway
    found = tenant_at(work, None if place is None else (place.lon, place.lat))
    if found is not None:
        return found
    return PLATFORM if actor is None else actor.tenant_id


def _pace(work: Work, phone: Reporter, sender: Sender) -> None:
    policy, since = report_policy.shipped_reports(), work.now() - _HOUR
    mine = store.sent_since(work, since, reporter_id=phone.id)
    network = store.sent_since(work, since, network=sender.network)
    if mine < policy.device_hour and network < policy.network_hour:
        return
    raise TooManyError(
        field="rate",
        problem="more reports than one phone or network may send in an hour",
        fix="Send it again later; where gas smells or a pipe was hit, say so: word of danger is always taken.",
        retry_after_s=int(_HOUR.total_seconds()) // policy.device_hour,
    )


def _why(work: Work, phone: Reporter, place: Spot | None) -> str:
    """Return why a person must look before the river has it; empty where nobody must."""
    if phone.aside_until is not None and phone.aside_until > work.now():
        return f"its phone was set aside: {phone.aside_why}"
    problem = rules.place_problem(place, report_policy.shipped_reports())
    if problem or place is None:
        return problem
    if work.tenant_id == PLATFORM:
        return rules.NO_OPERATOR
    return rules.NO_AREA if waits_here(work, (place.lon, place.lat)) else ""


def _pictures(sent: tuple[bytes, ...]) -> tuple[list[bytes], list[str]]:
    """Return the pictures that can be kept, and a note for each that cannot: it never costs the words."""
    kept, notes = [], []
    for number, one in enumerate(sent[:MOST_PICTURES], start=1):
        try:
            sense.check_picture(one, f"picture {number}")
        except InputError as error:
            notes.append(f"picture {number} was not kept: {error.problem}")
        else:
            kept.append(one)
    if len(sent) > MOST_PICTURES:
        notes.append(f"{len(sent) - MOST_PICTURES} pictures more than {MOST_PICTURES} were not kept")
    return kept, notes


def into_river(
    work: Work,
    desk: Desk,
    report: Report,
    place: Spot,
    pictures: list[bytes],
    *,
    actor: Actor | None = None,
    first: int = 0,
) -> tuple[UUID, ...]:
    """Send a report into the river and return its observations: the words with the first picture, then each other.

    ``first`` is the number of the first picture, where some are there already.
    """
    sender = (
        actor
        if actor is not None and actor.tenant_id == work.tenant_id
        else public(work, report.person_id or report.reporter_id)
    )
    words = rules.river_words(_kind(report), report.words, report.place_words)
    events = [
        _event(report, words, place, picture, number) for number, picture in enumerate(pictures or [b""], start=first)
    ]
    return tuple(one.observation.id for one in sense.take_all(work, desk.blobs, sender, events))


def _kind(report: Report) -> Kind:
    return report_policy.shipped_reports().kinds[report.kind]


def _event(report: Report, words: str, place: Spot, picture: bytes, number: int) -> NewEvent:
    return NewEvent(
        observation=NewObservation(
            stream=f"report:{report.reporter_id}",  # one phone is one voice, however often it speaks
            source_id=f"{report.id}#{number}",
            kind=ObservationKind.REPORT,
            picture=picture,
            picture_name=f"report {report.id}",
            at=report.at,
        ),
        source=SOURCE,
        event_id=f"{report.id}#{number}",
        words=words,
        lon=place.lon,
        lat=place.lat,
        accuracy_m=place.accuracy_m,
        extra={"kind": report.kind, "report": str(report.id)},
    )


def public(work: Work, sender_id: UUID) -> Actor:
    """Return who acts where nobody of this operator is signed in: one of the public, who may report, nothing else."""
    grant = Grant(CREATE, Scope.OWN, work.tenant_id, None, Role.RESIDENT)
    return Actor(ActorKind.PERSON, sender_id, "public", work.tenant_id, grants=(grant,))


def _call(work: Work, report: Report, kind: Kind, phone: Reporter) -> Report:
    """Call whoever is on duty, once for a place in a while; every report is kept, and says whether it called."""
    policy = report_policy.shipped_reports()
    store.lock(work, f"danger:{work.tenant_id}")
    place = None if report.lon is None or report.lat is None else (report.lon, report.lat)
    lately = store.called_since(work, work.now() - timedelta(minutes=policy.calls_min), phone.id)
    if not rules.calls_again(place, [(lon, lat) for _, lon, lat in lately], policy.calls_m):
        return report
    where = "" if place is None else f"{place[0]:.5f}, {place[1]:.5f}"
    said = {
        "zh": kind.zh,
        "en": kind.en,
        "words": " ".join(report.words.split())[:_SAID],
        "place": " ".join(part for part in (where, report.place_words) if part),
        "report": str(report.id),
    }
    params = {name: text for name, text in said.items() if text}
    loud = phone.aside_until is None or phone.aside_until <= work.now()
    called = [
        one
        for here in _operators(work)
        for one in casework.call_on_duty(here, "report.danger", params, place=place, loud=loud)
    ]
    return replace(report, called_at=work.now()) if called else report


def _operators(work: Work) -> list[Work]:
    """Return for whom somebody is called: the operator of the ground, or, where nobody knows it, each of the house."""
    if work.tenant_id != PLATFORM:
        return [work]
    return [replace(work, tenant_id=one.id) for one in people.tenants(work, people.operator())]


def add_words(work: Work, token: str, draft: UUID, words: str) -> Report:
    """Keep what a reporter adds; the same draft again changes nothing.

    Raises:
        NotFoundError: the link leads nowhere.
        InputError: the draft was used for other words.
        RefusedError: its reporter wanted it forgotten.
    """
    report = of_link(work, token)
    if report.forget_at is not None:
        raise RefusedError(field="token", problem="leads to a report that was forgotten", fix="Report it anew.")
    store.lock(work, f"draft:{draft}")
    before = store.said_by_draft(work, draft)
    if before is not None:
        if before.report_id != report.id or before.words != words:
            raise InputError(field="draft", problem="was used for other words", fix="Give each a draft id of its own.")
        return report
    store.add_said(work, Said(work.ids.new(), report.tenant_id, report.id, draft, words, work.now()))
    return report


def of_link(work: Work, token: str) -> Report:
    """Return the report that a link leads to.

    Raises:
        NotFoundError: it leads nowhere; nothing says whether it ever did.
    """
    found = store.by_token(work, digest_of(token))
    if found is None:
        raise NotFoundError.of("report")
    return found


def hotline(work: Work, tenant_id: UUID) -> tuple[str, str, str]:
    """Return whom to ring in danger: name zh, name en, number; the operator's own line, else the shipped one."""
    found = None if tenant_id == PLATFORM else casework.hotline(replace(work, tenant_id=tenant_id))
    return report_policy.shipped_reports().hotline if found is None else (found[0], found[0], found[1])


def sent_by(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Report]:
    """Return what a signed-in person reported, newest first, to whichever operator.

    Raises:
        ForbiddenError: a device asks; it has reported nothing by itself.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="Sign in as a person.")
    return store.reports(work, ReportRow.person_id == actor.id, limit=limit, before=before)
