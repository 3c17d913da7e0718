"""Every error as RFC 9457 problem+json, with the field and the fix that the command line would say."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from pipewarden.kit.errors import InputError, PipewardenError, RefusedError, UnavailableError
from pipewarden.kit.web import BusyError, QueryError, TooManyError, UnauthenticatedError
from pipewarden.people.facts import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

log = structlog.get_logger(__name__)

MEDIA = "application/problem+json"
_STATUS: tuple[tuple[type[PipewardenError], int], ...] = (
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (TooManyError, 429),
    (RefusedError, 409),
    (QueryError, 400),
    (InputError, 422),
    (UnavailableError, 503),
)
_AGAIN_S = "5"


def problem(
    status: int,
    detail: str,
    *,
    field: str | None = None,
    fix: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a problem document; ``field``, ``fix``, ``errors`` and ``more`` are its extensions."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if field is not None:
        body["field"] = field
    if fix is not None:
        body["fix"] = fix
    if errors:
        body["errors"] = [dict(one) for one in errors]
    body |= more or {}
    return JSONResponse(body, status_code=status, media_type=MEDIA, headers=dict(headers or {}))


def of_house(error: PipewardenError) -> JSONResponse:
    """Return the problem of one of our own errors."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    if isinstance(error, BusyError | TooManyError):
        headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, UnavailableError):
        headers["Retry-After"] = _AGAIN_S
    elif isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = 'Bearer realm="pipewarden"'
    return problem(status, error.problem, field=error.field, fix=error.fix, more=error.more, headers=headers)


async def _house(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, PipewardenError):
        raise TypeError("registered for our own errors")
    return of_house(error)


async def _validation(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise TypeError("registered for validation errors")
    found = [
        {"field": ".".join(str(part) for part in one["loc"] if part != "body") or "body", "problem": str(one["msg"])}
        for one in error.errors()
    ]
    first = found[0] if found else {"field": "body", "problem": "cannot be read"}
    fix = "Correct the named fields and send it again."
    return problem(422, first["problem"], field=first["field"], fix=fix, errors=found)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise TypeError("registered for HTTP exceptions")
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _database(_request: Request, error: Exception) -> JSONResponse:
    log.error("database did not answer", error=error.__class__.__name__)
    return problem(
        503,
        "the database does not answer",
        field="database",
        fix="Nothing was taken; send it again.",
        headers={"Retry-After": _AGAIN_S},
    )


async def _data(_request: Request, error: Exception) -> JSONResponse:
    log.warning("value refused by the database", error=error.__class__.__name__)
    return problem(422, "holds a value that cannot be stored", field="body", fix="Send plain text and sane numbers.")


async def _bug(_request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error", exc_info=error)
    return problem(500, "something broke here; it is on record", fix="Try again, or tell the operator the time.")


def install(app: FastAPI) -> None:
    """Let ``app`` answer every error as a problem."""
    app.add_exception_handler(PipewardenError, _house)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(PoolTimeoutError, _database)
    app.add_exception_handler(DataError, _data)
    app.add_exception_handler(Exception, _bug)
