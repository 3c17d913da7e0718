"""Taking service requests: kept once, made a field report like anybody's, never refused because it came before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid5

from pipewarden.exchange.facts.open311 import Media, Request311
from pipewarden.exchange.rules.open311.heard import repeat_of
from pipewarden.exchange.rules.open311.states import status_of
from pipewarden.exchange.store import open311 as store
from pipewarden.field import service as field
from pipewarden.field.facts.reports import NewReport, Sender, Spot
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.exchange.facts.open311 import Posted
    from pipewarden.field.facts.reports import Report
    from pipewarden.kit.work import Work

ASSUMED_M = 50.0  # Open311 places say nothing of their error; a product default, and the report says so
_REPEATED = timedelta(days=1)
_SAYS = "位置误差未给出，按 {m:.0f} m 估计 (accuracy not given, {m:.0f} m assumed)"
_LONGEST_CONTACT = 200
WEB = ("http://", "https://")


def post(
    work: Work,
    desk: field.Desk,
    said: Posted,
    *,
    key_id: UUID | None = None,
    server_id: UUID | None = None,
    assumed_m: float = ASSUMED_M,
) -> tuple[Request311, bool]:
    """Keep a service request and return it, and whether it is new.

    The same id of the same sender is the same request for ever; without one, the same words about the same place are
    the same for a day.

    Args:
        work: the transaction, of the tenant whose key or server it is.
        desk: what taking reports needs.
        said: the request.
        key_id: whose key sent it; or
        server_id: which city's server it was read from.
        assumed_m: the error of its place where it says none.

    Raises:
        InputError: the service code is none.
    """
    if said.code not in field.shipped_reports().kinds:
        raise InputError(field="service_code", problem=f"{said.code[:40]!r} is none", fix="Ask services.json for them.")
    repeat, sender = repeat_of(said), key_id or server_id
    store.lock(work, f"{sender} {said.external or repeat.hex()}")
    since = work.now() - _REPEATED
    before = store.sent_before(
        work, key_id=key_id, server_id=server_id, external=said.external, repeat=repeat, since=since
    )
    if before is not None:
        return before, False
    mark = desk.mark("open311", str(sender), said.voice or said.contact)
    draft = work.ids.new()
    new = _report(said, draft, assumed_m)
    kept = field.take(work, desk, Sender(mark, mark, gateway=work.tenant_id), new).report
    request = request_of(work, kept, public=not field.shipped_reports().kinds[kept.kind].indoor)
    request = replace(
        request,
        key_id=key_id,
        server_id=server_id,
        external=said.external,
        repeat=repeat,
        description=said.description,
        address=said.address,
        media_url=said.media_url,
        media=Media.WANTED if said.media_url else Media.NONE,
    )
    store.add(work, request)
    return request, True


def _report(said: Posted, draft: UUID, assumed_m: float) -> NewReport:
    place, where = None, said.address
    if said.lon is not None and said.lat is not None:
        accuracy_m = assumed_m if said.accuracy_m is None else said.accuracy_m
        place = Spot(said.lon, said.lat, accuracy_m, "wgs84", "map")
        if said.accuracy_m is None:
            where = "; ".join(part for part in (said.address, _SAYS.format(m=assumed_m)) if part)
    return NewReport(
        draft=draft,
        kind=said.code,
        words=said.description,
        place=place,
        place_words=where,
        pictures=said.pictures,
        taken_at=said.at,
        contact=said.contact[:_LONGEST_CONTACT],
        language=said.language,
    )


def request_of(work: Work, report: Report, *, public: bool) -> Request311:
    """Return a report as Open311 knows it: its place on the grid, and nothing that says who sent it."""
    lon = lat = None
    if report.lon is not None and report.lat is not None:
        lon, lat = people.on_grid(report.lon, report.lat, people.privacy_policy().grid_m)
    now = field.followed(work, report)
    status, extended = status_of(now.state)
    return Request311(
        id=report.id,
        tenant_id=report.tenant_id,
        draft=report.draft,
        key_id=None,
        server_id=None,
        external="",
        repeat=b"",
        code=report.kind,
        description="",
        address="",
        lon=lon,
        lat=lat,
        status=status,
        extended=extended,
        notes=f"{now.answer.zh} {now.answer.en}",
        requested_at=report.received_at,
        updated_at=work.now(),
        public=public,
        pictures=0,
        media_url="",
        media=Media.NONE,
        media_why="",
        media_tries=0,
        next_look_at=work.now(),
    )


def add_update(
    work: Work, desk: field.Desk, key_id: UUID, request_id: UUID, *, update_id: str, status: str, words: str
) -> UUID:
    """Keep what a sender's side says of its request, as words added to the report; the same id again changes nothing.

    A status of theirs closes nothing of ours: it stands in the words.

    Returns:
        the id by which the update is known here.

    Raises:
        NotFoundError: this key sent no such request.
    """
    found = store.request(work, request_id)
    if found is None or found.key_id != key_id:
        raise NotFoundError.of("service_request_id")
    made = uuid5(found.id, f"theirs {update_id or [status, words]}")
    text = f"[{status}] {words}" if status else words
    store.lock(work, f"update {made}")
    if not field.spoken(work, made):
        field.add_words(work, desk.token(found.draft), made, text)
    return made
