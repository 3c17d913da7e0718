"""The living demo: the real server and worker, a town of its own, and a day that is played to them while people look.

Everything ends together: the player is a thread of the server's process, and the worker watches its standard input.
"""

from __future__ import annotations

import fcntl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from pipewarden.kit.errors import PipewardenError, UnavailableError
from pipewarden.main.demo import cast, day, story, town
from pipewarden.main.demo.keyring import Keyring
from pipewarden.main.demo.player import Player, StoppedError
from pipewarden.main.home import open_home
from pipewarden.main.web import console
from pipewarden.main.web.app import Parts, real_gate
from pipewarden.main.web.secret import service_secret
from pipewarden.main.web.serving import answer, beside, listening
from pipewarden.people import service as people
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pipewarden.main.demo.cast import Seat
    from pipewarden.main.demo.player import Step
    from pipewarden.main.home import Home
    from pipewarden.main.web.secret import WebSettings
    from pipewarden.people.service import Gate
    from pipewarden.sim.facts import DayScore

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"  # the passwords are on somebody's screen: this machine only
_QUIET_S, _LOOK_S = 60.0, 0.5


@dataclass(frozen=True, slots=True)
class Stage:
    """What is ready when the doors open.

    Attributes:
        address: where the console and the API are.
        home: acting for this run's tenant.
        key: the cameras' key; lives in this process only.
        console: whether the console is built.
    """

    address: str
    home: Home
    seats: Sequence[Seat]
    cameras: int
    console: bool
    key: str = field(repr=False)


class Audience(Protocol):
    """Who is told how the demo goes; called from the player's thread except for ``opened``."""

    def opened(self, stage: Stage) -> None:
        """The doors are open."""

    def stepped(self, step: Step) -> None:
        """An event was sent."""

    def ended(self, score: DayScore) -> None:
        """The day is over and the river is empty."""

    def broken(self, error: PipewardenError) -> None:
        """The day could not go on; the service does."""


def run(settings: WebSettings, audience: Audience, *, port: int, speed: float | None = None) -> None:
    """Serve a fresh demo town and play its day, then go on serving until SIGTERM or SIGINT.

    Args:
        settings: where data lives.
        audience: is told.
        port: of 127.0.0.1.
        speed: story seconds per second; the whole day in ``story.DAY_S`` when None.

    Raises:
        UnavailableError: the port is taken, another demo plays in this home, or there is no database.
        InputError: the shipped demo is incomplete.
    """
    if settings.database_url is not None:
        service_secret(settings, settings.home)  # said before anything is opened
    with listening(HOST, port) as door, open_home(settings) as home, _alone(home.folder), beside("worker"):
        # browsers differ on secure cookies of a plain 127.0.0.1, and nothing of it leaves the machine
        secret = service_secret(settings, home.folder)
        parts = Parts(secret=secret, gate=real_gate(secret), cookie_secure=False)
        stage = prepare(home, parts.gate, f"http://{HOST}:{port}")
        audience.opened(stage)
        with _playing(stage, audience, speed):
            answer(stage.home, door, parts)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one demo play in a home at a time: the second would take the first one's people away."""
    with (folder / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnavailableError(
                field="PIPEWARDEN_HOME", problem=f"another demo plays in {folder}", fix="Stop it, or name another home."
            ) from error
        yield


def prepare(home: Home, gate: Gate, address: str) -> Stage:
    """Make the town of this run in ``home`` and seat its people."""
    here = town.fresh(home)
    areas = town.draw_areas(here)
    town.lay_pipes(here)
    town.know_compounds(here)
    town.file_works(here)
    cameras = town.hang_cameras(here)
    root = people.operator(here.tenant_id)
    with here.work() as work:
        seats = cast.seat(work, gate, Keyring.of(home.folder), areas)
        until = work.now() + cast.KEPT_FOR
        key = people.make_key(work, gate, root, "demo cameras", permissions=["observation:create"], expires_at=until)
    return Stage(address, here, seats, len(cameras), console=console_built(), key=key.text)


def console_built() -> bool:
    """Return whether the console's files are there; without them the service has only its API."""
    return (console.BUILT / "index.html").is_file()


@contextmanager
def _playing(stage: Stage, audience: Audience, speed: float | None) -> Iterator[None]:
    """Play the day beside the server while the context lasts."""
    stop = threading.Event()
    player = threading.Thread(target=_play, args=(stage, audience, speed, stop), name="player")
    player.start()
    try:
        yield
    finally:
        stop.set()
        player.join()


def _play(stage: Stage, audience: Audience, speed: float | None, stop: threading.Event) -> None:
    """Play the day, wait for the river and tell what came out; whatever fails here leaves the service standing."""
    try:
        today = sim.demo_day()
        first_s = story.first_alarm_s(today.events, sim.demo_truth())
        seats = {seat.part.key: seat for seat in stage.seats}
        player = Player(stage.address, stage.key, seats, today.start, stage.home.factory.clock, stop)
        player.play(story.cues(today.events, first_s=first_s, speed=speed), audience.stepped)
        _until_quiet(stage.home, stop)
        audience.ended(day.score(stage.home))
    except StoppedError:
        log.info("play stopped")
    except PipewardenError as error:
        audience.broken(error)
    except Exception:  # a person is looking at the service, which has nothing to do with the play
        log.exception("the play broke off")


def _until_quiet(home: Home, stop: threading.Event) -> None:
    """Wait until the river has taken every fact of the tenant.

    Raises:
        StoppedError: ``stop`` was set.
        UnavailableError: nothing moved for a minute.
    """
    before, since = -1, time.monotonic()
    while True:
        with home.work() as work:
            backlog = home.registry.backlog(work.session, work.tenant_id)
        if not backlog:
            return
        if backlog != before:
            before, since = backlog, time.monotonic()
        if time.monotonic() - since > _QUIET_S:
            raise UnavailableError(field="river", problem="does not move", fix="Read the log above.")
        if stop.wait(_LOOK_S):
            raise StoppedError
