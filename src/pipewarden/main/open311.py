"""Wires Open311: the way to cities' servers, when they are read, and the commands that name them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipewarden.exchange import jobs
from pipewarden.exchange.adapters.wire import GuardedWire
from pipewarden.exchange.service import open311 as exchange
from pipewarden.field.service import Desk
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.vault import Sealer
from pipewarden.main.home import open_home
from pipewarden.main.judging import JUDGE
from pipewarden.main.log import configure
from pipewarden.main.web.secret import service_secret
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.exchange.facts.open311 import Pulled
    from pipewarden.kit.settings import Settings
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.main.web.secret import WebSettings

OPEN311 = "pipewarden.exchange.open311"
_EVERY_MIN = "* * * * *"


def house_of(home: Home, settings: Settings, secret: bytes) -> jobs.House:
    """Return what the jobs of Open311 stand on.

    Raises:
        InputError: PIPEWARDEN_OUTBOUND_OPEN cannot be used.
    """
    outbound = Outbound(read_opened(settings.outbound_open, "PIPEWARDEN_OUTBOUND_OPEN"))
    sealer = Sealer(secret, SystemChance().bytes)
    return jobs.House(GuardedWire(outbound), Desk(home.blobs, secret), sealer, home.factory.clock)


def register(queue: Queue, home: Home, house: jobs.House) -> None:
    """Let workers of ``queue`` keep Open311 going, on the queue where slow work waits."""

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=OPEN311, queue=JUDGE, queueing_lock=OPEN311, lock=OPEN311)
    def open311(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.run(home.factory.begin, house)


@contextmanager
def at_home(settings: WebSettings) -> Iterator[tuple[Home, jobs.House]]:
    """Open the home of the settings for a command."""
    configure(settings.log_level)
    with open_home(settings) as home:
        yield home, house_of(home, settings, service_secret(settings, home.folder))


def pull_now(home: Home, house: jobs.House, name: str) -> Pulled:
    """Read a city's list for whoever asks at the machine.

    Raises:
        InputError: the tenant has no server of this name.
    """
    with home.work() as work:
        server = exchange.named_server(work, people.operator(work.tenant_id), name)
        tenant = next(one for one in exchange.operators(work) if one.id == work.tenant_id)
    return jobs.pull(home.factory.begin, house, server, tenant.key)
