"""Plays the day to the running service as cameras and people do: over HTTP, with a device's key and with sign-ins.

Nothing reaches the river by a side door, so what the demo shows is what the service does. An event is stamped with the
moment it is sent; the story's own time of day travels with it as ``story_time``.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import structlog

from pipewarden.sim.facts import EventKind

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pipewarden.kit.clock import Clock
    from pipewarden.main.demo.cast import Seat
    from pipewarden.main.demo.story import Cue
    from pipewarden.sim.facts import DayEvent

log = structlog.get_logger(__name__)

_PATIENCE_S = 30.0
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 5.0
_NOT_NOW = frozenset({429, 503})


class StoppedError(Exception):
    """Somebody ended the play; no error of anybody."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far the day is: events sent of all, those the service refused, and the story's time."""

    done: int
    total: int
    refused: int
    story_time: datetime


@dataclass(slots=True)
class Player:
    """Sends one day's events.

    Attributes:
        address: of the service, ``http://host:port``.
        key: the device's key that the cameras send with.
        seats: who reports, by part.
        start: of the story; it dates nothing but the story.
        clock: stamps the events.
        stop: ends every wait of the play when it is set.
    """

    address: str
    key: str = field(repr=False)
    seats: Mapping[str, Seat]
    start: datetime
    clock: Clock
    stop: threading.Event
    _open: ExitStack = field(default_factory=ExitStack, repr=False)
    _clients: dict[str, httpx.Client] = field(default_factory=dict, repr=False)

    def play(self, cues: Sequence[Cue], tell: Callable[[Step], None]) -> None:
        """Send every event at its moment.

        An event that the service refuses is told and left out; one that it cannot take now is sent again.

        Raises:
            StoppedError: ``stop`` was set before the end of the day.
        """
        begun, refused = time.monotonic(), 0
        with self._open:
            for number, cue in enumerate(cues, start=1):
                self._wait(begun + cue.due_s - time.monotonic())
                answer = self._send(cue.event)
                if answer.is_error:
                    refused += 1
                    log.warning("event refused", key=cue.event.key, status=answer.status_code, answer=answer.text[:300])
                tell(Step(number, len(cues), refused, self._story_time(cue.event)))

    def _story_time(self, one: DayEvent) -> datetime:
        return self.start + timedelta(seconds=one.at_s)

    def _send(self, one: DayEvent) -> httpx.Response:
        data: dict[str, object] = {
            "story_time": self._story_time(one).isoformat(),
            "rendered": one.file is not None,
        }
        if one.kind is EventKind.FRAME:
            client = self._client("", {"Authorization": f"Bearer {self.key}"})
            data["camera"] = one.camera
        else:
            client = self._client(one.who or "", {})
            entered = self._sign_in(client, self.seats[one.who or ""])
            if entered.is_error:
                return entered
            data |= {"words": one.words, "lon": one.lon, "lat": one.lat, "accuracy_m": one.accuracy_m}
        event = {
            "specversion": "1.0",
            "id": one.key,
            "source": f"demo/{one.camera or one.who}",
            "type": f"pipewarden.{one.kind}",
            "time": self.clock.now().isoformat(),
            "data": data,
        }
        parts: dict[str, tuple[str | None, bytes]] = {"event": (None, json.dumps(event).encode())}
        if one.file is not None:
            parts["picture"] = (one.file.name, one.file.read_bytes())
        return self._sent(client, client.build_request("POST", "/v1/observations", files=parts))

    def _sign_in(self, client: httpx.Client, seat: Seat) -> httpx.Response:
        """Sign in anew for each report: the last one may be hours ago."""
        asked = {"login": seat.login, "password": seat.password}
        answer = self._sent(client, client.build_request("POST", "/v1/session", json=asked))
        if answer.is_success:
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return answer

    def _client(self, who: str, headers: dict[str, str]) -> httpx.Client:
        """Return the sender's own client, with a cookie jar of its own."""
        if who not in self._clients:
            # no proxy of the environment lies between a machine and itself
            made = httpx.Client(base_url=self.address, headers=headers, timeout=_PATIENCE_S, trust_env=False)
            self._clients[who] = self._open.enter_context(made)
        return self._clients[who]

    def _sent(self, client: httpx.Client, request: httpx.Request) -> httpx.Response:
        """Send the very same request until it is answered: an event that comes twice is taken once."""
        request.read()
        while True:
            pause = _PAUSE_S
            try:
                answer = client.send(request)
            except httpx.TransportError as error:
                log.info("service does not answer", error=type(error).__name__)
            else:
                if answer.status_code not in _NOT_NOW:
                    return answer
                pause = float(answer.headers.get("Retry-After", _PAUSE_S))
            self._wait(min(pause, _LONGEST_PAUSE_S))

    def _wait(self, seconds: float) -> None:
        if self.stop.wait(max(0.0, seconds)):
            raise StoppedError
