"""Is it alive, may it be asked, how does it stand: /livez and /readyz for machines, /statusz and /metrics with a key.

Liveness depends on nothing but the loop: a process that is killed because a camera or a model is away helps nobody.
Readiness says no where an acknowledgement could not be kept: no durable write, no room, another shape, stopping. An old
queue and a clock that is off are said as well but do not shut the door: a report must still be taken (safety.md 0.1).
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from pipewarden.kit import facts_log
from pipewarden.main.web.figures import metrics
from pipewarden.operation import service, store
from pipewarden.operation.rules import LIMITS
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.people.rules.tokens import same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from pipewarden.act.service import Post
    from pipewarden.main.home import Home
    from pipewarden.operation.facts import Fault, HouseReading, StageReading, TenantReading
    from pipewarden.operation.ports import Machine

log = structlog.get_logger(__name__)
routes = APIRouter(tags=["health"])
_READY_FOR_S = 1.0  # whoever asks faster gets the same answer: each look writes a row
_FIGURES_FOR_S = 5.0
_LATELY = timedelta(minutes=10)


class Health(BaseModel):
    """Whether the process answers."""

    status: str


class ReadyCheckOut(BaseModel):
    """One thing that was looked at."""

    name: Annotated[str, Field(description="database, disk, migrations, queue, clock or stopping.")]
    ok: bool
    needed: Annotated[bool, Field(description="Whether the house is not ready without it.")]
    words: Annotated[str, Field(description="What was found, with its unit.")]


class ReadyOut(BaseModel):
    """Whether requests can be taken now, and every check by name."""

    status: Annotated[str, Field(description="ready, or why not.")]
    checks: list[ReadyCheckOut]


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at everything."""

    house: HouseReading
    tenants: list[TenantReading]
    stages: list[StageReading]
    faults: list[Fault]


@dataclass(slots=True, eq=False)
class Doctor:
    """Looks at the house for who asks; a look that is a moment old is given again, so that asking is no load.

    Attributes:
        consumers: who drains which kind of fact.
        stopwatch: seconds that only grow.
    """

    home: Home
    post: Callable[[], Post]
    machine: Machine
    consumers: Callable[[], Mapping[str, str]]
    stopwatch: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ready: tuple[float, tuple[ReadyCheckOut, ...]] = (float("-inf"), ())
    _figures: tuple[float, Figures | None] = (float("-inf"), None)

    def checks(self) -> tuple[ReadyCheckOut, ...]:
        """Return what readiness rests on, database first."""
        with self._lock:
            at, known = self._ready
            if self.stopwatch() - at >= _READY_FOR_S:
                known = tuple(self._checked())
                self._ready = (self.stopwatch(), known)
            return known

    def _checked(self) -> Iterator[ReadyCheckOut]:
        begun = self.stopwatch()
        try:
            with self.home.factory.begin(PLATFORM) as work:
                seen = service.house_reading(work, self.machine, {}, heartbeat=False)
        except SQLAlchemyError:
            seen = None
        took = self.stopwatch() - begun
        if seen is None or seen.fsync_s is None:
            yield ReadyCheckOut(name="database", ok=False, needed=True, words="the database does not answer")
            return
        yield ReadyCheckOut(name="database", ok=True, needed=True, words=f"written and flushed in {took * 1000:.0f} ms")
        room = f"{seen.free >> 20} MB free, {seen.reserve >> 20} MB needed"
        yield ReadyCheckOut(name="disk", ok=seen.free >= seen.reserve, needed=True, words=room)
        shape = "at head" if seen.head else "the database is not at head"
        yield ReadyCheckOut(name="migrations", ok=seen.head, needed=True, words=shape)
        oldest = max((one.oldest_s for one in seen.lanes), default=0.0)
        yield ReadyCheckOut(name="queue", ok=oldest <= LIMITS.queue_s, needed=False, words=f"oldest job {oldest:.0f} s")
        off = abs(seen.clock_s) <= LIMITS.clock_s
        yield ReadyCheckOut(name="clock", ok=off, needed=False, words=f"{seen.clock_s:+.1f} s from the database's")

    def figures(self) -> Figures:
        """Return how every tenant and the house stand."""
        with self._lock:
            at, known = self._figures
            if known is None or self.stopwatch() - at >= _FIGURES_FOR_S:
                known = self._looked()
                self._figures = (self.stopwatch(), known)
            return known

    def _looked(self) -> Figures:
        begin, post = self.home.factory.begin, self.post()
        with begin(PLATFORM) as work:
            heartbeat = self.home.settings.heartbeat_url is not None
            house = service.house_reading(work, self.machine, self.consumers(), heartbeat=heartbeat)
            stages = store.stages(work.session, service.PAIRS, work.now() - _LATELY)
            faults = store.open_faults(work)
            ids = [one.id for one in people.tenants(work, people.operator())]
            stuck = facts_log.count_stuck(work.session)
        tenants = []
        for tenant_id in ids:
            with begin(tenant_id) as work:
                tenants.append(service.tenant_reading(work, post, stuck=stuck.get(tenant_id, 0)))
        return Figures(house, tenants, stages, faults)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of a look; implements prometheus_client's collector."""
        try:
            seen = self.figures()
        except SQLAlchemyError as error:
            log.error("the figures could not be read", error=type(error).__name__)  # noqa: TRY400  its words hold SQL
            yield GaugeMetricFamily("pipewarden_database_writes", "Whether a durable write went through.", value=0.0)
            return
        yield from metrics(seen.house, seen.tenants, seen.stages, seen.faults)


@routes.get("/livez")
@routes.get("/healthz")
async def livez() -> Health:
    """Say that the process answers; asks nobody."""
    return Health(status="alive")


@routes.get("/readyz", responses={503: {"model": ReadyOut, "description": "Not now; the checks say why."}})
def readyz(request: Request, response: Response) -> ReadyOut:
    """Say whether requests can be taken now, with each check by name."""
    if request.app.state.live.stopping.is_set():
        response.status_code = 503
        stopping = ReadyCheckOut(name="stopping", ok=False, needed=True, words="asked to stop")
        return ReadyOut(status="stopping", checks=[stopping])
    checks = request.app.state.doctor.checks()
    wrong = next((one for one in checks if one.needed and not one.ok), None)
    if wrong is not None:
        response.status_code = 503
    return ReadyOut(status="ready" if wrong is None else wrong.words, checks=list(checks))


def _with_key(request: Request) -> None:
    """Let only who holds the key of the metrics pass; where none is set there is nothing here.

    Raises:
        HTTPException: 404 without a key in the settings, 401 for a wrong one.
    """
    key = request.app.state.home.settings.metrics_key
    if key is None:
        raise HTTPException(404, "there is nothing here")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not same(given.strip(), key.get_secret_value()):
        raise HTTPException(401, "the key is not right", headers={"WWW-Authenticate": 'Bearer realm="pipewarden"'})


@routes.get("/metrics", include_in_schema=False)
def get_metrics(request: Request) -> Response:
    """Return every metric in Prometheus's text format."""
    _with_key(request)
    words = generate_latest(request.app.state.meters.registry)
    return Response(words, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


@routes.get("/statusz", include_in_schema=False)
def get_statusz(request: Request) -> dict[str, Any]:
    """Return what the house is blind to now, every tenant and the machine, for who runs it."""
    _with_key(request)
    seen = request.app.state.doctor.figures()
    return {
        "at": seen.house.at,
        "house": asdict(seen.house),
        "tenants": [_plain(asdict(one)) for one in seen.tenants],
        "stages": [asdict(one) for one in seen.stages],
        "faults": [asdict(one) | {"page": f"docs/runbook.md#{one.kind.value}"} for one in seen.faults],
    }


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Return a reading whose maps have words for keys, as JSON needs them."""
    return {_word(key): _plain(value) if isinstance(value, dict) else value for key, value in told.items()}


def _word(key: object) -> str:
    return "/".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
