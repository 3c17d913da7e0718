"""Snapshots over HTTP: one still picture per request, the way most cameras offer it without any video."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx

from pipewarden.kit.addresses import ClosedError
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.outbound import CheckedTransport
from pipewarden.sense.adapters.source import Bounds, Source, closed_camera, without_password
from pipewarden.sense.facts import Frame, ObservationKind
from pipewarden.sense.rules import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipewarden.kit.clock import Clock

_MAX_REDIRECTS = 3
_DEAD = "Check the address, user and password, and that the camera is switched on and reachable from here."
_LOST = "What came before is kept. Check that the camera is switched on and reachable, then start again."
_HEALTHY_S = 60.0
_UNAUTHORIZED = 401


@contextmanager
def asked(url: str, bounds: Bounds, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
    """Ask for ``url``: with the credentials in it as Basic, and as Digest where the camera asks for that.

    Raises:
        UnavailableError: it does not answer, answers with a failure, or may not be spoken to.
    """
    timeout = httpx.Timeout(bounds.read_s, connect=bounds.open_s)
    name = without_password(url)
    try:
        with httpx.Client(
            timeout=timeout,
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            transport=CheckedTransport(bounds.opened),
        ) as client:
            with client.stream("GET", url, headers=headers) as reply:
                if not _wants_digest(reply):
                    _refuse_failure(reply, name)
                    yield reply
                    return
            parts = httpx.URL(url)
            digest = httpx.DigestAuth(parts.username, parts.password)
            bare = parts.copy_with(userinfo=b"")
            with client.stream("GET", bare, auth=digest, headers=headers) as reply:
                _refuse_failure(reply, name)
                yield reply
    except ClosedError as error:
        raise closed_camera(name) from error
    except httpx.TooManyRedirects as error:
        raise UnavailableError(field=name, problem=f"redirects more than {_MAX_REDIRECTS} times", fix=_DEAD) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        problem = f"does not answer ({type(error).__name__})"
        raise UnavailableError(field=name, problem=problem, fix=_DEAD) from error


def _wants_digest(reply: httpx.Response) -> bool:
    challenge = reply.headers.get("www-authenticate", "").casefold()
    return reply.status_code == _UNAUTHORIZED and "digest" in challenge and bool(reply.request.url.username)


def _refuse_failure(reply: httpx.Response, name: str) -> None:
    if not reply.is_success:
        raise UnavailableError(field=name, problem=f"answers {reply.status_code} {reply.reason_phrase}", fix=_DEAD)


def probe(url: str, bounds: Bounds) -> str:
    """Return what the address serves: ``snapshot``, ``mjpeg`` or ``http`` (a video).

    Raises:
        UnavailableError: it does not answer, or answers with a failure.
        InputError: it serves a page or a text.
    """
    with asked(url, bounds) as reply:
        served = reply.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if served.startswith("multipart/"):
            return "mjpeg"
        if served.startswith("image/"):
            return "snapshot"
        if served.startswith("text/") or served in {"application/json", "application/xml"}:
            raise InputError(
                field=without_password(url),
                problem=f"serves {served}, not a picture or a video",
                fix="Give the camera's snapshot, MJPEG or RTSP address itself, not its web page.",
            )
        start = next(reply.iter_bytes(16), b"")
        return "snapshot" if start.startswith((b"\xff\xd8\xff", b"\x89PNG")) else "http"


def _fetch(url: str, bounds: Bounds) -> bytes:
    """Return one picture's bytes, at most a little more than the limit, so that the header check can refuse it."""
    got, until = bytearray(), time.monotonic() + bounds.open_s + 4 * bounds.read_s
    with asked(url, bounds) as reply:
        for part in reply.iter_bytes(1 << 16):
            got += part
            if len(got) > MAX_BYTES:
                break
            if time.monotonic() > until:
                problem = "takes too long to send one picture"
                raise UnavailableError(field=without_password(url), problem=problem, fix=_DEAD)
    return bytes(got)


def open_snapshots(url: str, bounds: Bounds, clock: Clock, pause: Callable[[float], None] = time.sleep) -> Source:
    """Return a snapshot address asked every ``every_s`` seconds; one single picture where no bound asks for more.

    Args:
        url: http or https; user and password in it serve for Basic and Digest.
        bounds: ``frames`` or ``duration_s`` make it a sequence; two requests are never closer than ``every_s``, even
            after a consumer that was slow.
        clock: stamps each picture when it has arrived.
        pause: waits between two pictures.
    """
    single = bounds.frames == 1 or (bounds.frames is None and bounds.duration_s is None)
    kind = ObservationKind.SINGLE if single else ObservationKind.FRAME
    source = Source(kind, without_password(url), iter(()), live=True)
    taking = replace(bounds, frames=1) if single else bounds
    source.frames = _poll(url, taking, clock, pause, source.notes)
    return source


@dataclass(slots=True)
class _Misses:
    """Requests that brought no picture: how many are forgiven, and what people are told about them."""

    name: str
    retries: int
    notes: list[str]
    running: int = 0
    ever: int = 0
    good_since: float = math.inf

    def forget(self, now: float) -> None:
        """Note that a picture came; a minute of nothing but pictures clears what was missed before."""
        self.good_since = min(self.good_since, now)
        if now - self.good_since >= _HEALTHY_S:
            self.running = 0

    def add(self, error: UnavailableError, taken: int) -> None:
        """Forgive one more, or raise what makes the source lost."""
        if not taken:
            raise error
        self.running, self.ever, self.good_since = self.running + 1, self.ever + 1, math.inf
        if self.running > self.retries:
            problem = f"was lost after {taken} frames and {self.retries} retries ({error.problem})"
            raise UnavailableError(field=self.name, problem=problem, fix=_LOST) from error
        often = "once" if self.ever == 1 else f"{self.ever} times, at last"
        self.notes[:] = [f"{self.name} gave no picture {often}: {error.problem}"]


def _poll(url: str, bounds: Bounds, clock: Clock, pause: Callable[[float], None], notes: list[str]) -> Iterator[Frame]:
    name, start, taken, turn = without_password(url), time.monotonic(), 0, 0
    misses, asked, first = _Misses(name, bounds.retries, notes), start - bounds.every_s, 0.0
    while bounds.frames is None or taken < bounds.frames:
        due = max(start + turn * bounds.every_s, asked + bounds.every_s, time.monotonic())
        if bounds.duration_s is not None and due - start > bounds.duration_s:
            break
        if (wait := due - time.monotonic()) > 0:
            pause(wait)
        turn, asked = turn + 1, time.monotonic()
        try:
            picture = _fetch(url, bounds)
        except UnavailableError as error:
            misses.add(error, taken)
            continue
        arrived, at = time.monotonic(), clock.now()
        misses.forget(arrived)
        first = first if taken else arrived
        taken += 1
        source_id = f"{at:%Y%m%dT%H%M%S.%f}Z-{taken:06d}"
        yield Frame(picture, name, arrived - first, at, source_id=source_id)
