"""Following requests: what readers may see is written anew from what really happened, and each news is an update."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.exchange.facts.open311 import Media
from pipewarden.exchange.rules.open311.states import news, status_of
from pipewarden.exchange.service.open311.posting import request_of
from pipewarden.exchange.store import open311 as store
from pipewarden.field import service as field
from pipewarden.field.facts.reports import ReportState
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.exchange.facts.open311 import Request311
    from pipewarden.kit.work import Work

_FIRST = timedelta(days=90)  # as far back as a list reaches where no start is said
_OVERLAP = timedelta(minutes=15)  # a transaction that began early may commit late
_PAGE = 200
_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=10)  # the open ones; closed ones, which may be opened again
_FORGOTTEN = timedelta(days=365)
_MOST_TRIES = 5


def register(work: Work) -> int:
    """Note the tenant's reports that came another way, so that readers see them too; return how many are new.

    Hazards inside of somebody's home are not noted.
    """
    newest = store.newest(work)
    since = work.now() - _FIRST if newest is None else newest - _OVERLAP
    kinds, made, before = field.shipped_reports().kinds, 0, None
    while reports := field.received_since(work, since, limit=_PAGE, before=before):
        known = store.known(work, [one.id for one in reports])
        for one in reports:
            if one.id not in known and not kinds[one.kind].indoor:
                made += store.add(work, request_of(work, one, public=one.state is not ReportState.ASIDE))
        before = reports[-1].id
    return made


def look_at(work: Work, *, limit: int) -> int:
    """Look at the tenant's requests whose turn it is; return how many there were."""
    due = store.to_look_at(work, limit=limit)
    for one in due:
        _look(work, one)
    return len(due)


def _look(work: Work, request: Request311) -> None:
    report = field.report(work, request.id)
    now = field.followed(work, report)
    status, extended = status_of(now.state)
    told = news(request, store.told(work, request.id), now.steps, work.now(), state=now.state, answer=now.answer)
    store.tell(work, told)
    changed = bool(told) or (status, extended) != (request.status, request.extended)
    placed = request_of(work, report, public=request.public)
    indoor = field.shipped_reports().kinds[report.kind].indoor
    aside = report.state is ReportState.ASIDE  # what a person set aside may be abuse: only who sent it still sees it
    old = work.now() - request.requested_at > _FORGOTTEN
    pause = _FORGOTTEN if old else _SOON if status == "open" else _LATER
    store.change(
        work,
        request.id,
        status=status,
        extended=extended,
        notes=placed.notes,
        lon=placed.lon,
        lat=placed.lat,
        public=not indoor and not aside,
        pictures=now.pictures if report.state is ReportState.TAKEN else 0,
        updated_at=work.now() if changed else request.updated_at,
        next_look_at=work.now() + pause,
    )


def take_media(work: Work, desk: field.Desk, request: Request311, content: bytes | None, problem: str) -> Media:
    """Bring a picture that was fetched to its report, or note why there is none; the words stand all the same.

    Args:
        work: the transaction, of the request's tenant.
        desk: what taking reports needs.
        request: whose picture.
        content: the bytes; None where it did not come.
        problem: why it did not; one that begins with ``!`` is final.
    """
    if content is not None:
        try:
            field.add_pictures(work, desk, request.id, [content])
        except InputError as error:
            problem = f"!{error.problem}"
        else:
            store.change(work, request.id, media=Media.TAKEN.value, media_why="")
            return Media.TAKEN
    tries = request.media_tries + 1
    over = problem.startswith("!") or tries >= _MOST_TRIES
    state = Media.REFUSED if over else Media.WANTED
    values = {"media": state.value, "media_why": problem.removeprefix("!")[:300], "media_tries": tries}
    store.change(work, request.id, **values, next_look_at=work.now() + _SOON)
    return state


def wanted_media(work: Work, *, limit: int) -> list[Request311]:
    """Return the tenant's requests whose picture is to be fetched now."""
    return store.wanted_media(work, limit=limit)
