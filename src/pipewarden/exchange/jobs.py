"""Keeps Open311 going: looks at requests, fetches their pictures, reads cities' lists and tells cities what became.

Strangers are waited for outside of every transaction; each page, picture and update is one of its own, and may be
repeated: what is known is known by its id.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from pipewarden.exchange.facts.open311 import Media, Pulled
from pipewarden.exchange.rules.open311.pushing import Fate, fate_of
from pipewarden.exchange.rules.open311.written import LARGEST, read
from pipewarden.exchange.service import open311 as service
from pipewarden.kit.errors import PipewardenError, UnavailableError
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from uuid import UUID

    from pipewarden.exchange.facts.open311 import Request311, Server311
    from pipewarden.exchange.ports import Wire
    from pipewarden.field.service import Desk
    from pipewarden.kit.clock import Clock
    from pipewarden.kit.vault import Sealer
    from pipewarden.kit.work import Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=5)
_LOOKS, _PICTURES, _PUSHES = 200, 10, 20  # of one run and tenant
_OVERLAP, _UPDATES_OVERLAP = timedelta(days=1), timedelta(hours=1)  # what a city enters late
_SPAN = timedelta(days=7)
_SHORTEST = timedelta(minutes=1)
_MOST_ASKED = 30  # questions of one pull
_PAGE, _FULL, _CUT = 1000, 50, 1000  # rows wanted; a page that may go on; a list that was surely cut off
_PICTURE_BYTES = 25 << 20
_PICTURE_S, _LIST_S, _PUSH_S = 10.0, 20.0, 10.0
_NO_EXTENSION = frozenset({400, 404, 405, 406, 501})
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class House:
    """What the jobs stand on."""

    wire: Wire
    desk: Desk
    sealer: Sealer
    clock: Clock


def run(begin: Begin, house: House) -> int:
    """Do once what is due for every tenant; what breaks for one is tried again and holds up no other.

    Returns:
        how many requests were looked at.
    """
    with begin(PLATFORM) as work:
        tenants = service.operators(work)
        due = set(service.servers_due(work, EVERY))
    looked = 0
    for tenant in tenants:
        try:
            with begin(tenant.id) as work:
                service.register(work)
                looked += service.look_at(work, limit=_LOOKS)
            fetch(begin, house, tenant.id, tenant.key)
            with begin(tenant.id) as work:
                servers = service.servers(work)
            for one in servers:
                if one.id in due and (problem := pull(begin, house, one, tenant.key).problem):
                    log.warning("a city's list was not read", server=one.name, problem=problem)
                push(begin, house, one, tenant.key)
        except Exception:  # whatever it was, the next tenant's turn comes
            log.exception("open311 failed and is tried again", tenant=tenant.key)
    return looked


def fetch(begin: Begin, house: House, tenant_id: UUID, tenant_key: str) -> Counter[Media]:
    """Fetch the pictures that requests name by their address; a refused address is noted and never tried again."""
    done: Counter[Media] = Counter()
    with begin(tenant_id) as work:
        wanted = service.wanted_media(work, limit=_PICTURES)
    for one in wanted:
        content, problem = _picture(house, one, tenant_key)
        with begin(tenant_id) as work:
            done[service.take_media(work, house.desk, one, content, problem)] += 1
    return done


def _picture(house: House, request: Request311, tenant_key: str) -> tuple[bytes | None, str]:
    try:
        got = house.wire.get(request.media_url, {}, tenant=tenant_key, most=_PICTURE_BYTES, within_s=_PICTURE_S)
    except UnavailableError as error:
        return None, error.problem
    except PipewardenError as error:  # not allowed, or too large: it will not be otherwise tomorrow
        return None, f"!{error.problem}"
    if got.status in _GOOD:
        return got.body, ""
    return None, f"{'!' if got.status in {401, 403, 404, 410} else ''}answers {got.status}"


@dataclass(slots=True)
class _Pull:
    """One pull under way."""

    begin: Begin
    house: House
    server: Server311
    tenant_key: str
    asked: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def get(self, path: str, since: datetime, until: datetime, page: int) -> tuple[int, bytes]:
        """Ask for one page."""
        if self.asked >= _MOST_ASKED:
            problem = f"has more than {_MOST_ASKED} pages at a time; the next pull goes on"
            raise UnavailableError(field=self.server.name, problem=problem, fix="Wait for it.")
        self.asked += 1
        params = {"start_date": _utc(since), "end_date": _utc(until), "page": str(page), "page_size": str(_PAGE)}
        if self.server.jurisdiction:
            params["jurisdiction_id"] = self.server.jurisdiction
        url = f"{self.server.address}/{path}.{self.server.format.value}"
        got = self.house.wire.get(url, params, tenant=self.tenant_key, most=LARGEST, within_s=_LIST_S)
        return got.status, got.body

    def requests(self, since: datetime, until: datetime) -> None:
        """Take every request of a window; one that a server cuts off is asked for in halves."""
        seen: set[str] = set()
        for page in range(1, _MOST_ASKED + 1):
            rows = self.rows("requests", "service_requests", since, until, page)
            ids = {str(one.get("service_request_id")) for one in rows}
            if page > 1 and not ids - seen:
                if len(rows) >= _CUT and until - since > _SHORTEST:  # it knows no pages and says no more than so many
                    middle = since + (until - since) / 2
                    self.requests(since, middle)
                    self.requests(middle, until)
                return
            seen |= ids
            with self.begin(self.server.tenant_id) as work:
                counts = service.take_heard(work, self.house.desk, self.server, rows)
            self.counted.update(taken=counts.taken, known=counts.known, waiting=counts.waiting)
            self.skipped += counts.skipped
            if len(rows) < _FULL:
                return

    def updates(self, since: datetime, until: datetime) -> None:
        """Take every update of a window, where the server has the extension."""
        seen: set[str] = set()
        for page in range(1, _MOST_ASKED + 1):
            status, body = self.get("servicerequestupdates", since, until, page)
            if status in _NO_EXTENSION:
                return
            rows = self._read("service_request_updates", status, body)
            ids = {str(one.get("update_id")) for one in rows}
            if not ids - seen:
                return
            seen |= ids
            with self.begin(self.server.tenant_id) as work:
                self.counted["updates"] += service.take_updates(work, self.house.desk, self.server, rows)
            if len(rows) < _FULL:
                return

    def rows(self, path: str, root: str, since: datetime, until: datetime, page: int) -> list[dict[str, Any]]:
        """Return the rows of one page; a page behind the last one may be an error."""
        status, body = self.get(path, since, until, page)
        return [] if page > 1 and status in _NO_EXTENSION else self._read(root, status, body)

    def _read(self, root: str, status: int, body: bytes) -> list[dict[str, Any]]:
        if status not in _GOOD:
            raise UnavailableError(field=self.server.name, problem=f"answers {status}", fix="Ask who runs it.")
        return read(root, body, name=self.server.name)


def pull(begin: Begin, house: House, server: Server311, tenant_key: str) -> Pulled:
    """Read a city's list from where the last pull ended, a day of it again; what fails is noted and read next time."""
    now, under_way, problem = house.clock.now(), _Pull(begin, house, server, tenant_key), ""
    try:
        for since, until in _windows(server.since - _OVERLAP, now):
            under_way.requests(since, until)
            _note(begin, server, since=max(server.since, until))
        under_way.updates(server.updates_since - _UPDATES_OVERLAP, now)
        _note(begin, server, updates_since=now)
    except PipewardenError as error:
        problem = error.problem
    _note(begin, server, pulled_at=now, problem=problem[:300])
    counted = under_way.counted
    return Pulled(
        taken=counted["taken"],
        known=counted["known"],
        waiting=counted["waiting"],
        updates=counted["updates"],
        skipped=dict(under_way.skipped),
        problem=problem,
    )


def _windows(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    while since < until:
        end = min(since + _SPAN, until)
        yield since, end
        since = end


def _note(begin: Begin, server: Server311, **values: object) -> None:
    with begin(server.tenant_id) as work:
        service.note_server(work, server.id, **values)


def push(begin: Begin, house: House, server: Server311, tenant_key: str) -> Counter[Fate]:
    """Tell a city what became of its requests, in order; where it is not heard, it is told again, ever later."""
    done: Counter[Fate] = Counter()
    if server.sealed_key is None:
        return done
    key = house.sealer.open(server.sealed_key, service.purpose(server.id))
    with begin(server.tenant_id) as work:
        waiting = service.to_push(work, server.id, limit=_PUSHES)
    url = f"{server.address}/servicerequestupdates.{server.format.value}"
    for one, external in waiting:
        form = {
            "api_key": key,
            "service_request_id": external,
            "update_id": str(one.id),
            "status": one.status,
            "updated_datetime": _utc(one.at),
            "description": one.description,
        }
        if server.jurisdiction:
            form["jurisdiction_id"] = server.jurisdiction
        try:
            got = house.wire.post(url, form, tenant=tenant_key, within_s=_PUSH_S)
            fate, problem, pause = fate_of(got.status, got.body, one.tries)
        except PipewardenError as error:
            fate, problem, pause = fate_of(None, error.problem.encode(), one.tries)
        with begin(server.tenant_id) as work:
            service.note_push(work, one, fate, problem, pause)
        done[fate] += 1
    return done


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
