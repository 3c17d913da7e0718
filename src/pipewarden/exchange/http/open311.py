"""Open311 GeoReport v2 with mySociety's updates extension: the one door whose errors are that specification's.

Its addresses, names and shapes are open311.org's. Anybody reads; whoever writes shows an ``api_key``: a device's key
that may hand on messages (``intake:create``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from pipewarden.exchange.facts.open311 import Format, Posted
from pipewarden.exchange.http import open311_said as said
from pipewarden.exchange.rules.open311.heard import number, text
from pipewarden.exchange.rules.open311.written import MEDIA, write
from pipewarden.exchange.service import open311 as service
from pipewarden.field import service as field
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.kit.web import BlobsHere, OpenToAll, TooManyError, UnauthenticatedError, WorkHere
from pipewarden.people.facts import ForbiddenError, NotFoundError
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from uuid import UUID

    from pipewarden.kit.web import Cursors
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Tenant
    from pipewarden.perceive.service import Lens

ROOT = "/open311/v2"
_STATUS: tuple[tuple[type[PipewardenError], int], ...] = (
    (UnauthenticatedError, 403),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (TooManyError, 429),
    (InputError, 400),
    (UnavailableError, 503),
)
_MOST_WORDS = 4000  # GeoReport v2: of a description
_MOST_FIELDS = 60
_MOST_FILES = 4


class Open311(OpenToAll):
    """A route whose errors are written as GeoReport v2 writes them: code and description, in the format asked for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with errors in the specification's shape."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                words = f"{first['loc'][-1]}: {first['msg']}"
                return refused(request, 404 if first["loc"][:2] == ("path", "form") else 400, words)
            except PipewardenError as error:
                code = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
                answer = refused(request, code, f"{error.field} {error.problem}. {error.fix}")
                if isinstance(error, TooManyError):
                    answer.headers["Retry-After"] = str(error.retry_after_s)
                return answer

        return handle


def refused(request: Request, code: int, description: str) -> Response:
    """Return an error as GeoReport v2 writes it."""
    form = Format.XML if request.url.path.endswith(".xml") else Format.JSON
    body = write("errors", [{"code": code, "description": description}], form)
    return Response(body, status_code=code, media_type=MEDIA[form])


routes = APIRouter(prefix=ROOT, tags=["open311"], route_class=Open311)
Form = Annotated[Format, Path(alias="form", description="json or xml.")]
_TEXT = {"schema": {"type": "string"}}
_ERROR: dict[str, Any] = {
    "description": "An error as GeoReport v2 writes it.",
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "description"],
                    "properties": {"code": {"type": "integer"}, "description": {"type": "string"}},
                },
            }
        },
        "text/xml": _TEXT,
    },
}

_OTHER: dict[str, Any] = {
    "description": "Too large, too many, too busy: said before this door, as everywhere in this house (RFC 9457).",
    "content": _ERROR["content"] | {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def answers(item: Mapping[str, Any], *, single: bool = False, codes: tuple[int, ...] = (400, 404)) -> dict[Any, Any]:
    """Return what a route answers, for the document: a list of objects with these properties, or XML."""
    one = {"type": "object", "properties": dict(item)}
    schema = one if single else {"type": "array", "items": one}
    right = {
        "description": "As GeoReport v2 says.",
        "content": {"application/json": {"schema": schema}, "text/xml": _TEXT},
    }
    return {200: right, "default": _OTHER} | dict.fromkeys(codes, _ERROR)


def _answer(root: str, rows: Any, form: Format) -> Response:
    return Response(write(root, rows, form), media_type=MEDIA[form])


def _desk(request: Request) -> field.Desk:
    cursors: Cursors = request.app.state.cursors
    return field.Desk(request.app.state.blobs, cursors.secret)


def _base(request: Request) -> str:
    """Return the address that readers use: the one that the house is known by, else the one that was asked."""
    public: str = request.app.state.post.public_url
    return (public or str(request.base_url)).rstrip("/") + ROOT


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose requests are read, and the key of the reader, where one is shown."""

    work: Work
    tenant: Tenant
    key_id: UUID | None


def _reader(
    work: WorkHere,
    jurisdiction_id: Annotated[str | None, Query(max_length=200)] = None,
    api_key: Annotated[
        str | None, Query(max_length=200, description="Of who sent requests: reads their words.")
    ] = None,
) -> Reader:
    actor = None if api_key is None else service.holder(work, api_key, jurisdiction_id)
    if actor is not None:
        return Reader(said.within(work, actor.tenant_id), service.operator_of(work, actor), actor.id)
    tenant = service.jurisdiction(work, jurisdiction_id)
    return Reader(said.within(work, tenant.id), tenant, None)


ReaderHere = Annotated[Reader, Depends(_reader)]


@routes.get("/discovery.{form}", responses=answers(said.DISCOVERY, single=True, codes=(404,)))
def discover(work: WorkHere, request: Request, form: Form) -> Response:
    """Say where this service is and what it speaks (Open311 Service Discovery)."""
    return _answer("discovery", said.discovery(_base(request), work.now()), form)


@routes.get("/services.{form}", responses=answers(said.SERVICE))
def list_services(reader: ReaderHere, form: Form) -> Response:
    """List what can be reported."""
    del reader  # a jurisdiction that is none is refused
    return _answer("services", [said.service(one) for one in field.shipped_reports().kinds.values()], form)


@routes.get("/services/{code}.{form}", responses=answers(said.DEFINITION, single=True))
def get_service(reader: ReaderHere, code: Annotated[str, Path(max_length=100)], form: Form) -> Response:
    """Return what one service asks beside the ordinary fields: nothing."""
    del reader
    if code not in field.shipped_reports().kinds:
        raise NotFoundError(field="service_code", problem=f"{code!r} was not found", fix="Ask services.json for them.")
    return _answer("service_definition", {"service_code": code, "attributes": []}, form)


class WindowQuery:
    """The window and the page of a list."""

    def __init__(  # FastAPI's dependency by class
        self,
        work: WorkHere,
        start_date: Annotated[
            str | None, Query(max_length=60, description="RFC 3339; without a zone it is UTC.")
        ] = None,
        end_date: Annotated[str | None, Query(max_length=60)] = None,
        page: int = 1,
        page_size: Annotated[int, Query(description="1 to 1000.")] = 50,
    ) -> None:
        since, until = said.moment("start_date", start_date), said.moment("end_date", end_date)
        self.window = service.Window.of(work.now(), since, until, page, page_size)


WindowHere = Annotated[WindowQuery, Depends()]
_IDS = Query(max_length=4000, description="Ids with commas between them; overrides everything else.")


@routes.get("/requests.{form}", responses=answers(said.REQUEST))
def list_requests(
    *,
    reader: ReaderHere,
    request: Request,
    form: Form,
    window: WindowHere,
    service_request_id: Annotated[str | None, _IDS] = None,
    service_code: Annotated[str | None, Query(max_length=1000)] = None,
    status: Annotated[str | None, Query(max_length=300, description="open, closed, or an extended word.")] = None,
) -> Response:
    """List requests, the newest first: places on a grid of 100 m or more, no contacts."""
    asked = service.Asked311(
        window=window.window,
        ids=None if service_request_id is None else said.ids(service_request_id),
        codes=said.parts(service_code),
        statuses=said.parts(status),
    )
    found = service.listed(reader.work, asked, reader.key_id)
    rows = [said.request(one, reader.tenant.name, reader.key_id, _base(request)) for one in found]
    return _answer("service_requests", rows, form)


@routes.get("/requests/{service_request_id}.{form}", responses=answers(said.REQUEST))
def get_request(reader: ReaderHere, request: Request, service_request_id: str, form: Form) -> Response:
    """Return one request, as a list of one."""
    found = service.one_request(reader.work, said.id_of(service_request_id), reader.key_id)
    row = said.request(found, reader.tenant.name, reader.key_id, _base(request))
    return _answer("service_requests", [row], form)


@routes.get("/tokens/{token}.{form}", responses=answers(said.TOKEN))
def get_token(reader: ReaderHere, token: str, form: Form) -> Response:
    """Return the id of a request by its token; ids are given at once here, and the token of a request is its id."""
    found = service.one_request(reader.work, said.id_of(token), reader.key_id)
    return _answer("service_requests", [{"service_request_id": str(found.id), "token": token}], form)


@routes.get(
    "/requests/{service_request_id}/pictures/{picture}",
    response_class=Response,
    responses=answers({}) | {200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_request_picture(
    reader: ReaderHere, blobs: BlobsHere, request: Request, service_request_id: str, picture: str
) -> Response:
    """Return a picture of a request, drawn anew with faces and plates painted over; what it said of itself is gone."""
    number_ = picture.removesuffix(".jpg")
    if not (number_.isascii() and number_.isdigit()):
        raise NotFoundError.of("picture")
    sha256 = service.picture(reader.work, said.id_of(service_request_id), min(int(number_[:4]), 1000))
    lens: Lens = request.app.state.lens
    try:
        drawn = perceive.redraw(perceive.masked(lens), blobs.get(sha256), name="picture")
    except InputError as error:
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})


@dataclass(frozen=True, slots=True)
class Sent:
    """A form, and the files with it."""

    fields: dict[str, str]
    files: tuple[bytes, ...]


async def _sent(request: Request) -> Sent:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fix = "Send application/x-www-form-urlencoded."
        raise InputError(field="Content-Type", problem=f"{media[:60] or 'none'!r} is no form", fix=fix)
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [await one.read() for _, one in form.multi_items() if isinstance(one, UploadFile)]
    if any("\x00" in value for value in fields.values()):
        raise InputError(field="form", problem="holds a zero sign", fix="Send plain text.")
    return Sent(fields, tuple(one for one in files if one))


SentHere = Annotated[Sent, Depends(_sent)]


def _form(*required: str, **properties: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {name: {"type": "string", "description": words} for name, words in properties.items()},
    }
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


@routes.post(
    "/requests.{form}",
    responses=answers(said.MADE, codes=(400, 403, 404)),
    openapi_extra=_form("api_key", "service_code", "description", **said.POSTED),
)
def post_request(work: WorkHere, request: Request, form: Form, sent: SentHere) -> Response:
    """Take a service request: a report like anybody's. Sent again, it answers with the id that it has."""
    told = sent.fields
    actor = service.holder(work, _key(request, told), text(told, "jurisdiction_id") or None)
    here = said.within(work, actor.tenant_id)
    made, fresh = service.post(here, _desk(request), _posted(sent), key_id=actor.id)
    notice = said.notice(made, fresh=fresh)
    row = {"service_request_id": str(made.id), "service_notice": notice, "account_id": None}
    return _answer("service_requests", [row], form)


def _key(request: Request, told: Mapping[str, str]) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return told.get("api_key") or (key if scheme.lower() == "bearer" else "")


def _posted(sent: Sent) -> Posted:
    told = sent.fields
    description, address = text(told, "description", longest=_MOST_WORDS + 1), text(told, "address_string", "address")
    lon, lat = said.degrees(told, "long", 180.0), said.degrees(told, "lat", 90.0)
    if len(description) > _MOST_WORDS:
        raise InputError(field="description", problem=f"is longer than {_MOST_WORDS} signs", fix="Send less.")
    if not text(told, "service_code"):
        raise InputError(field="service_code", problem="was not provided", fix="Ask services.json for them.")
    if (lon is None) != (lat is None):
        raise InputError(field="lat", problem="and long go together", fix="Send both, degrees WGS-84.")
    if lon is None and not address and not text(told, "address_id"):
        raise InputError(field="lat", problem="and long, or address_string, were not provided", fix="Say where it is.")
    media = text(told, "media_url", longest=1001)
    if media and (len(media) > 1000 or not media.startswith(("http://", "https://"))):  # noqa: PLR2004  signs
        raise InputError(field="media_url", problem="is no web address", fix="Send an https address of a picture.")
    names = " ".join(part for part in (text(told, "first_name"), text(told, "last_name")) if part)
    contact = "; ".join(part for part in (names, text(told, "phone"), text(told, "email")) if part)
    accuracy_m = number(told, "accuracy_m")
    return Posted(
        code=text(told, "service_code"),
        description=description,
        external=text(told, "external_id", "external", longest=150),
        lon=lon,
        lat=lat,
        accuracy_m=None if accuracy_m is None or not 0 <= accuracy_m <= 20_000 else accuracy_m,  # noqa: PLR2004  metres
        address=address or text(told, "address_id"),
        media_url=media,
        contact=contact,
        voice=text(told, "device_id", "account_id", longest=200),
        pictures=sent.files,
    )


@routes.get("/servicerequestupdates.{form}", responses=answers(said.UPDATE))
def list_updates(
    reader: ReaderHere,
    form: Form,
    window: WindowHere,
    service_request_id: Annotated[str | None, _IDS] = None,
) -> Response:
    """List what became of requests, the oldest first; windows and times are when a reader could first see it."""
    ids = said.ids(service_request_id) if service_request_id else ()
    if service_request_id and not ids:
        return _answer("service_request_updates", [], form)
    found = service.updates(reader.work, window.window, ids, reader.key_id)
    return _answer("service_request_updates", [said.update(one) for one in found], form)


@routes.post(
    "/servicerequestupdates.{form}",
    responses=answers(said.UPDATE_MADE, codes=(400, 403, 404)),
    openapi_extra=_form("api_key", "service_request_id", **said.UPDATED),
)
def post_update(work: WorkHere, request: Request, form: Form, sent: SentHere) -> Response:
    """Take what the sender's side says of its request, as words added to it; it closes nothing here."""
    told = sent.fields
    actor = service.holder(work, _key(request, told), text(told, "jurisdiction_id") or None)
    status, words = text(told, "status").casefold()[:60], text(told, "description", longest=_MOST_WORDS)
    if not status and not words:
        raise InputError(field="description", problem="was not provided", fix="Say what is new.")
    made = service.add_update(
        said.within(work, actor.tenant_id),
        _desk(request),
        actor.id,
        said.id_of(text(told, "service_request_id")),
        update_id=text(told, "update_id", longest=150),
        status=status,
        words=words,
    )
    return _answer("service_request_updates", [{"update_id": str(made)}], form)
