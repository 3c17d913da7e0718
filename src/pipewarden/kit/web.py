"""What the routes of every slice share and no slice owns: one transaction per request, errors, cursors, clean text.

``main`` builds the door; a slice only names its route class and asks for the work and the actor of the request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.routing import APIRoute
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, PipewardenError, RefusedError
from pipewarden.kit.work import Work

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from starlette.responses import Response

HIGHEST_LIMIT = 200
_MAC_BYTES = 12
_YEARS = (2000, 2100)


class UnauthenticatedError(PipewardenError):
    """Nobody is known to be asking (HTTP 401)."""

    exit_code = 6


class QueryError(InputError):
    """A word of the address cannot be used, where another's specification wants HTTP 400 for it."""


class BusyError(RefusedError):
    """The same request is under way; ``retry_after_s`` says when to ask again (HTTP 409 with Retry-After)."""

    def __init__(self, *, field: str, problem: str, fix: str, retry_after_s: int) -> None:
        super().__init__(field=field, problem=problem, fix=fix)
        self.retry_after_s = retry_after_s


class TooManyError(RefusedError):
    """More was sent than one may send; ``retry_after_s`` says when there is room again (HTTP 429 with Retry-After)."""

    def __init__(self, *, field: str, problem: str, fix: str, retry_after_s: int) -> None:
        super().__init__(field=field, problem=problem, fix=fix)
        self.retry_after_s = retry_after_s


class Door(Protocol):
    """Lets one request through: who asks, one transaction, committed before the answer leaves."""

    async def through(
        self, request: Request, inner: Callable[[Request], Awaitable[Response]], *, anonymous: bool
    ) -> Response:
        """Run ``inner`` between the begin and the commit of one transaction."""
        ...


class InOneTransaction(APIRoute):
    """A route whose answer leaves only after its transaction was committed; somebody known must ask."""

    anonymous = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the door around it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            door: Door = request.app.state.door
            return await door.through(request, inner, anonymous=self.anonymous)

        return handle


class OpenToAll(InOneTransaction):
    """The same for routes that ask nobody who they are: signing in."""

    anonymous = True


def router(*, tags: list[str], anonymous: bool = False) -> APIRouter:
    """Return a router whose routes pass the door."""
    return APIRouter(prefix="/v1", tags=list(tags), route_class=OpenToAll if anonymous else InOneTransaction)


def _work(request: Request) -> Work:
    work: Work = request.state.work
    return work


def _blobs(request: Request) -> BlobStore:
    blobs: BlobStore = request.app.state.blobs
    return blobs


def actor_of(request: Request) -> Any:
    """Return who asks; ``kit`` does not know what an actor is, the slice that asks does."""
    return request.state.actor


def _reason(
    x_reason: Annotated[
        str | None,
        Header(
            max_length=2000,
            description="Why you look: 2 to 200 characters (percent-encoded UTF-8), or one of the codes emergency, "
            "site, reaching, evidence, complaint, subject, quality, audit. It is kept for the person whose data it is.",
        ),
    ] = None,
) -> str | None:
    """Return why somebody looks at personal data; headers hold no Chinese, so it comes percent-encoded."""
    try:
        return None if x_reason is None else unquote_to_bytes(x_reason.encode("latin-1")).decode()
    except UnicodeError as error:
        fix = "Percent-encode the words as UTF-8."
        raise InputError(field="X-Reason", problem="is not UTF-8", fix=fix) from error


BLOB_ID = "^[A-Za-z0-9_-]{22}$"  # 128 random bits: a stored picture's address; never the hash of its bytes
BlobId = Annotated[str, Field(pattern=BLOB_ID, description="As it was answered when the picture was sent.")]
WorkHere = Annotated[Work, Depends(_work)]
ReasonHere = Annotated[str | None, Depends(_reason)]
BlobsHere = Annotated[BlobStore, Depends(_blobs)]


def _clean(text: str | None) -> str | None:
    if text is None:  # of a field that may be null: there is nothing to clean
        return None
    if any(ch < " " and ch not in "\t\n\r" for ch in text) or "\x7f" in text:
        raise ValueError("must not hold control characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("must be whole Unicode characters") from error
    return text


def _believable(at: datetime) -> datetime:
    if not _YEARS[0] <= at.year < _YEARS[1]:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[1] - 1}")
    return at.astimezone(UTC)


Clean = AfterValidator(_clean)
Name = Annotated[str, Field(min_length=1, max_length=200), Clean]
Sentence = Annotated[str, Field(min_length=1, max_length=2000), Clean]
Moment = Annotated[AwareDatetime, AfterValidator(_believable)]

_SIDES = 4


def box_of(box: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a ``Box``.

    Raises:
        ValueError: it is not four numbers that make a box on the globe.
    """
    sides = [float(part) for part in box.split(",")]
    if len(sides) != _SIDES:
        raise ValueError("must be west,south,east,north")
    west, south, east, north = sides
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  degrees
        raise ValueError("must be a box in degrees, west before east and south before north")
    return west, south, east, north


def _boxed(box: str) -> str:
    box_of(box)
    return box


Box = Annotated[
    str,
    Field(max_length=120, description="west,south,east,north in degrees WGS-84.", examples=["116.6,39.4,116.9,39.7"]),
    AfterValidator(_boxed),
]
Corner = Annotated[list[float], Field(min_length=2, max_length=2, description="lon, lat in degrees WGS-84.")]


def corners(ring: Iterable[tuple[float, float]]) -> list[Corner]:
    """Return a ring of (lon, lat) as routes answer it, the way GeoJSON writes positions (RFC 7946 3.1.1)."""
    return [[lon, lat] for lon, lat in ring]


class Asked(BaseModel):
    """What our own API takes: a field we do not know is an error, so that a typing slip is never silently dropped."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


class PageQuery(Asked):
    """The two words of every list."""

    limit: Annotated[int, Field(ge=1, le=HIGHEST_LIMIT, description="Rows of one page.")] = 50
    cursor: Annotated[str | None, Field(max_length=1000, description="`next` of the page before.")] = None


Paged = Annotated[PageQuery, Query()]


class ShareOut(BaseModel):
    """A share with its denominator and its 95 % interval."""

    hits: int
    of: int
    value: Annotated[float | None, Field(description="Empty where there is nothing to count.")]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where a list goes on, as a word that nobody can make up: signed with the service's secret."""

    secret: bytes

    def write(self, kind: str, place: object) -> str:
        """Return the word for ``place`` (JSON) in lists of ``kind``."""
        body = json.dumps([kind, place], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, kind: str, word: str | None) -> Any:
        """Return what ``write`` was given; None for no word.

        Raises:
            InputError: the word was not made here, or for another list.
        """
        if word is None:
            return None
        try:
            whole = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
            mac, body = whole[:_MAC_BYTES], whole[_MAC_BYTES:]
            found = json.loads(body) if hmac.compare_digest(mac, self._mac(body)) else [None, None]
        except ValueError:
            found = [None, None]
        if found[0] != kind:
            raise InputError(field="cursor", problem="is not one of ours", fix="Take `next` of the page before.")
        return found[1]

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self.secret, b"cursor\0" + body, hashlib.sha256).digest()[:_MAC_BYTES]


def _cursors(request: Request) -> Cursors:
    cursors: Cursors = request.app.state.cursors
    return cursors


CursorsHere = Annotated[Cursors, Depends(_cursors)]
