"""Reading requests and their updates: anybody may, of what is public; a key also what it sent itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_

from pipewarden.exchange.store import open311 as store
from pipewarden.exchange.store.open311 import Request311Row
from pipewarden.field import service as field
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ForbiddenError, NotFoundError, Tenant

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.exchange.facts.open311 import Request311, Update311
    from pipewarden.kit.work import Work

CREATE = "intake:create"
LONGEST = timedelta(days=90)  # GeoReport v2: start_date to end_date, and what is listed where neither is said
MOST = 1000  # GeoReport v2: of one answer
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """Since when and until when, and which page of how many; pages begin at 1."""

    since: datetime
    until: datetime
    page: int = 1
    page_size: int = 50

    @staticmethod
    def of(now: datetime, since: datetime | None, until: datetime | None, page: int, page_size: int) -> Window:
        """Return a window of at most 90 days.

        Raises:
            InputError: it is longer, ends before it begins, or a page is none.
        """
        if since is None and until is None:
            since, until = now - LONGEST, now
        elif until is None and since is not None:
            until = min(since + LONGEST, max(now, since))
        elif since is None and until is not None:
            since = until - LONGEST
        if since is None or until is None or not timedelta(0) <= until - since <= LONGEST:
            fix = "Ask for 90 days or less, the start before the end."
            raise InputError(field="start_date", problem="to end_date is no span of 0 to 90 days", fix=fix)
        if not (1 <= page <= _MOST_PAGES and 1 <= page_size <= MOST):
            raise InputError(field="page", problem="or page_size is out of range", fix=f"Ask for 1 to {MOST}.")
        return Window(since, until, page, page_size)


@dataclass(frozen=True, slots=True)
class Asked311:
    """Which requests; ``ids`` overrides everything else (GeoReport v2)."""

    window: Window
    ids: tuple[UUID, ...] | None = None
    codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


def operators(work: Work) -> list[Tenant]:
    """Return every operator of the house, for the house's own work."""
    return people.tenants(work, people.operator())


def operator_of(work: Work, actor: Actor) -> Tenant:
    """Return the operator that a key is of."""
    return next(one for one in people.tenants(work, people.operator()) if one.id == actor.tenant_id)


def jurisdiction(work: Work, key: str | None) -> Tenant:
    """Return the operator that ``jurisdiction_id`` names; the only one where none is named.

    Raises:
        NotFoundError: there is none of this name.
        InputError: none is named, and there are several.
    """
    found = people.tenants(work, people.operator())
    if key:
        named = [one for one in found if one.key == key]
        if not named:
            raise NotFoundError(
                field="jurisdiction_id", problem=f"{key[:40]!r} was not found", fix="Ask the operator for its name."
            )
        return named[0]
    if len(found) != 1:
        raise InputError(field="jurisdiction_id", problem="was not provided", fix="Say whose requests you mean.")
    return found[0]


def holder(work: Work, api_key: str, jurisdiction_id: str | None) -> Actor:
    """Return who holds an API key and may hand on what people told them.

    Raises:
        ForbiddenError: the key is missing, holds no longer, or may not (GeoReport v2: 403).
        NotFoundError: ``jurisdiction_id`` names another operator than the key's.
    """
    actor = people.actor_by_key(work.session, api_key.strip(), work.now()) if api_key.strip() else None
    if actor is None:
        problem = "is missing" if not api_key.strip() else "is no key that holds"
        raise ForbiddenError(field="api_key", problem=problem, fix="Send the api_key that the operator gave you.")
    if not actor.grants_for(CREATE):
        raise ForbiddenError.of(CREATE)
    if jurisdiction_id and jurisdiction(work, jurisdiction_id).id != actor.tenant_id:
        raise NotFoundError(
            field="jurisdiction_id", problem="is not this key's", fix="Leave it out, or use that operator's key."
        )
    return actor


def listed(work: Work, asked: Asked311, key_id: UUID | None) -> list[Request311]:
    """Return requests of the tenant, the newest first."""
    row, window = Request311Row, asked.window
    if asked.ids is not None:
        return store.requests(work, _seen(key_id), row.id.in_(asked.ids), limit=MOST)
    conditions: list[ColumnElement[bool]] = [row.requested_at.between(window.since, window.until)]
    if asked.codes:
        conditions.append(row.code.in_(asked.codes))
    if asked.statuses:
        conditions.append(or_(row.status.in_(asked.statuses), row.extended.in_(asked.statuses)))
    offset = (window.page - 1) * window.page_size
    return store.requests(work, _seen(key_id), *conditions, limit=window.page_size, offset=offset)


def _seen(key_id: UUID | None) -> ColumnElement[bool]:
    public = Request311Row.public.is_(True)
    return public if key_id is None else or_(public, Request311Row.key_id == key_id)


def one_request(work: Work, request_id: UUID, key_id: UUID | None) -> Request311:
    """Return a request of the tenant.

    Raises:
        NotFoundError: there is none that the asker may read.
    """
    found = listed(work, Asked311(Window(work.now(), work.now()), ids=(request_id,)), key_id)
    if not found:
        raise NotFoundError.of("service_request_id")
    return found[0]


def updates(work: Work, window: Window, ids: tuple[UUID, ...], key_id: UUID | None) -> list[Update311]:
    """Return what became of requests, in the order in which it could be seen; windows go by that, too."""
    offset = (window.page - 1) * window.page_size
    return store.public_updates(
        work, window.since, window.until, key_id=key_id, ids=ids, limit=window.page_size, offset=offset
    )


def picture(work: Work, request_id: UUID, number: int) -> str:
    """Return the SHA-256 of a picture of a public request, which is in the river; its reader sees it masked.

    Raises:
        NotFoundError: there is none that anybody may see.
    """
    found = one_request(work, request_id, None)
    if not 1 <= number <= found.pictures:
        raise NotFoundError.of("picture")
    sha256 = field.picture(work, field.report(work, found.id), number)
    if sha256 is None:  # it waits with its report, and no person has looked at it
        raise NotFoundError.of("picture")
    return sha256
