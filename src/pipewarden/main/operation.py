"""Wires operation: the machine, the outside, who looks when, and the watchdog's own small process.

The worker looks once a minute, beside its queue and not through it, and says every half minute that it is alive. The
watchdog does the same from a process of its own and tells the outside, so that each is missed by the other, and the
house by whoever waits outside.
"""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from alembic.config import Config
from alembic.script import ScriptDirectory

import pipewarden
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.errors import InputError
from pipewarden.kit.outbound import Outbound
from pipewarden.main.act import open_post
from pipewarden.main.home import open_home
from pipewarden.main.web.secret import service_secret
from pipewarden.operation import jobs, service
from pipewarden.operation.adapters.machine import RealMachine
from pipewarden.operation.adapters.outside import Handle
from pipewarden.operation.facts import BeatName
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from pipewarden.act.service import Post
    from pipewarden.kit.settings import Settings
    from pipewarden.main.home import Home
    from pipewarden.main.web.secret import WebSettings
    from pipewarden.operation.facts import Fault

log = structlog.get_logger(__name__)
ALIVE_S, LOOK_S, OUTSIDE_S = 30.0, 60.0, 60.0


@cache
def head() -> str:
    """Return the newest migration of the package."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(pipewarden.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(settings).get_current_head() or ""


def open_machine(home: Home) -> RealMachine:
    """Return the machine that a home stands on."""
    return RealMachine(home.folder, head())


def open_outside(settings: Settings) -> Handle:
    """Return the way to whoever waits outside for our sign of life.

    Raises:
        InputError: the address is none.
    """
    url = "" if settings.heartbeat_url is None else settings.heartbeat_url.get_secret_value()
    if url and not url.startswith(("https://", "http://")):
        fix = "Write it like https://host/path."
        raise InputError(field="PIPEWARDEN_HEARTBEAT_URL", problem="is no web address", fix=fix)
    return Handle(Outbound(read_opened(settings.outbound_open, "PIPEWARDEN_OUTBOUND_OPEN")), url)


@dataclass(slots=True)
class Watch:
    """What it takes to look once.

    Attributes:
        consumers: who drains which kind of fact, whose lag is measured.
        faults: how many lasted at the last look.
    """

    home: Home
    post: Post
    consumers: Mapping[str, str]
    faults: int = 0

    def look(self) -> int:
        """Look at every tenant and at the house, and return how many faults last."""
        heartbeat = self.home.settings.heartbeat_url is not None
        begin, machine = self.home.factory.begin, open_machine(self.home)
        self.faults = jobs.watch(begin, self.post, machine, self.consumers, heartbeat=heartbeat)
        return self.faults

    def lasting(self) -> list[Fault]:
        """Return the faults that last, of everybody."""
        with self.home.factory.begin(PLATFORM) as work:
            return service.lasting(work)

    def alive(self, name: str) -> None:
        """Say that a process is alive."""
        jobs.say_alive(self.home.factory.begin, name)


def watchdog(settings: WebSettings, consumers: Mapping[str, str], *, once: bool) -> list[Fault]:
    """Look, tell the outside, and rest for half a minute, until SIGTERM or SIGINT; return the faults that last.

    Args:
        settings: where data lives, and whom to tell.
        consumers: who drains which kind of fact.
        once: look a single time.

    Raises:
        UnavailableError: no database at the start; later it is tried again, and the outside hears nothing meanwhile.
    """
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    outside = open_outside(settings)
    with open_home(settings) as home:
        watch = Watch(home, open_post(settings, service_secret(settings, home.folder)), consumers)
        if once:
            watch.look()
            return watch.lasting()
        told_s = 0.0
        while not stopping.is_set():
            try:
                watch.alive(BeatName.WATCHDOG)
                faults = watch.look()
                if told_s <= 0:
                    jobs.tell_outside(home.factory.begin, outside, faults)
                    told_s = OUTSIDE_S
            except Exception:  # a house that cannot be looked at is silent to the outside, and is tried again
                log.exception("could not look")
            told_s -= ALIVE_S
            stopping.wait(ALIVE_S)
        return watch.lasting()
