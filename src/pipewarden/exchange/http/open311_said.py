"""How Open311's rows look, and how its questions are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pipewarden.exchange.facts.open311 import Media
from pipewarden.exchange.rules.open311 import heard
from pipewarden.field import service as field
from pipewarden.kit.errors import InputError
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.exchange.facts.open311 import Request311, Update311
    from pipewarden.field.facts.reports import Kind
    from pipewarden.kit.work import Work

_UTC = ZoneInfo("UTC")
_YEARS = (2000, 2100)
_STRING, _MAYBE = {"type": "string"}, {"type": ["string", "null"]}
DISCOVERY = {"changeset": _STRING, "contact": _STRING, "key_service": _STRING, "endpoints": {"type": "array"}}
SERVICE = {
    "service_code": _STRING,
    "service_name": _STRING,
    "description": _STRING,
    "metadata": {"type": "boolean"},
    "type": {"enum": ["realtime", "batch", "blackbox"]},
    "keywords": _STRING,
    "group": _STRING,
}
DEFINITION = {"service_code": _STRING, "attributes": {"type": "array"}}
REQUEST = {
    "service_request_id": _STRING,
    "status": {"enum": ["open", "closed"]},
    "extended_status": _STRING,
    "status_notes": _MAYBE,
    "service_name": _STRING,
    "service_code": _STRING,
    "description": _MAYBE,
    "agency_responsible": _MAYBE,
    "service_notice": _MAYBE,
    "requested_datetime": _STRING,
    "updated_datetime": _MAYBE,
    "expected_datetime": _MAYBE,
    "address": _MAYBE,
    "address_id": _MAYBE,
    "zipcode": _MAYBE,
    "lat": {"type": ["number", "null"], "description": "Middle of a square of 100 m or more, degrees WGS-84."},
    "long": {"type": ["number", "null"]},
    "media_url": _MAYBE,
}
TOKEN = {"service_request_id": _STRING, "token": _STRING}
MADE = {"service_request_id": _STRING, "service_notice": _MAYBE, "account_id": _MAYBE}
UPDATE = {
    "update_id": _STRING,
    "service_request_id": _STRING,
    "status": _STRING,
    "updated_datetime": _STRING,
    "description": _STRING,
    "media_url": _MAYBE,
}
UPDATE_MADE = {"update_id": _STRING}
POSTED = {
    "api_key": "A device's key that may hand on messages.",
    "jurisdiction_id": "Whose it is; the key says it too.",
    "service_code": "Of services.json.",
    "description": "What is seen, at most 4000 signs.",
    "lat": "Degrees WGS-84.",
    "long": "Degrees WGS-84.",
    "accuracy_m": "Ours: radius of 95 of 100 cases, metres; assumed where it is missing.",
    "address_string": "Where, in words; without lat and long a person places it.",
    "address_id": "Ditto.",
    "media_url": "A picture; fetched later.",
    "external_id": "Ours: your own id; sent again it is the same request for ever.",
    "device_id": "Tells one of your reporters from another.",
    "account_id": "Ditto.",
    "email": "How the reporter may be called back; nobody reads it here.",
    "phone": "Ditto.",
    "first_name": "Ditto.",
    "last_name": "Ditto.",
}
UPDATED = {
    "api_key": "The key that sent the request.",
    "jurisdiction_id": "As for requests.",
    "service_request_id": "The request.",
    "update_id": "Your own id of the update; sent again it is the same.",
    "updated_datetime": "When.",
    "status": "OPEN, CLOSED or an extended word; it stands in the words.",
    "description": "What is new.",
}
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def within(work: Work, tenant_id: UUID) -> Work:
    """Return the same transaction for an operator's own."""
    return replace(work, tenant_id=tenant_id)


def utc(at: datetime) -> str:
    """Return a moment as RFC 3339 writes it, with its zone."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment(name: str, words: str | None) -> datetime | None:
    """Return a moment that was asked for.

    Raises:
        InputError: it is none, or of no year that counts here.
    """
    if not words:
        return None
    found = heard.moment(words.strip().replace(" ", "+") if "T" in words else words.strip(), _UTC)
    if found is None or not _YEARS[0] <= found.year < _YEARS[1]:
        raise InputError(field=name, problem=f"{words[:40]!r} is no moment", fix="Write it as 2026-11-26T00:00:00Z.")
    return found


def id_of(words: str) -> UUID:
    """Return the id of a request.

    Raises:
        NotFoundError: it is none of ours.
    """
    try:
        return UUID(words.strip())
    except ValueError as error:
        raise NotFoundError.of("service_request_id") from error


def ids(words: str) -> tuple[UUID, ...]:
    """Return the ids that stand between commas; what is none of ours is found nowhere, and is left out."""
    found = []
    for one in parts(words):
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return tuple(found)


def parts(words: str | None) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(one.strip() for one in (words or "").split(",") if one.strip())


def degrees(told: Mapping[str, str], name: str, most: float) -> float | None:
    """Return degrees of a form; None where it has none.

    Raises:
        InputError: it is no number, or beyond the globe.
    """
    if not heard.text(told, name):
        return None
    found = heard.number(told, name)
    if found is None or abs(found) > most:
        raise InputError(
            field=name, problem="is no degrees WGS-84", fix=f"Send a number from -{most:.0f} to {most:.0f}."
        )
    return found


def discovery(base: str, now: datetime) -> dict[str, Any]:
    """Return the discovery document."""
    return {
        "changeset": utc(now),
        "contact": "Ask the operator of this service.",
        "key_service": "Ask the operator of this service for an api_key.",
        "endpoints": [
            {
                "specification": _SPECIFICATION,
                "url": base,
                "changeset": utc(now),
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def service(one: Kind) -> dict[str, Any]:
    """Return one kind of report as a service."""
    return {
        "service_code": one.kind,
        "service_name": one.zh,
        "description": one.en,
        "metadata": False,
        "type": "realtime",
        "keywords": "danger" if one.danger else "",
        "group": "室内 indoor" if one.indoor else "施工 works",
    }


def request(one: Request311, agency: str, key_id: UUID | None, base: str) -> dict[str, Any]:
    """Return one request; to whoever sent it with what became of its picture."""
    kind = field.shipped_reports().kinds.get(one.code)
    mine = key_id is not None and one.key_id == key_id
    return {
        "service_request_id": str(one.id),
        "status": one.status,
        "extended_status": one.extended,
        "status_notes": one.notes,
        "service_name": one.code if kind is None else kind.zh,
        "service_code": one.code,
        "description": one.description or (one.code if kind is None else kind.en),
        "agency_responsible": agency,
        "service_notice": notice(one, fresh=True) if mine else None,
        "requested_datetime": utc(one.requested_at),
        "updated_datetime": utc(one.updated_at),
        "expected_datetime": None,
        "address": one.address or None,
        "address_id": None,
        "zipcode": None,
        "lat": one.lat,
        "long": one.lon,
        "media_url": f"{base}/requests/{one.id}/pictures/1.jpg" if one.public and one.pictures else None,
    }


def notice(one: Request311, *, fresh: bool) -> str:
    """Return what the sender of a request should know."""
    words = [] if fresh else ["This came before; it is the same request."]
    if one.media is Media.WANTED:
        words.append("The picture is fetched later.")
    if one.media is Media.REFUSED:
        words.append(f"The picture was not kept: {one.media_why}.")
    if one.lon is None:
        words.append("It has no place: a person looks where it is.")
    return " ".join([one.notes, *words])


def update(one: Update311) -> dict[str, Any]:
    """Return one update."""
    return {
        "update_id": str(one.id),
        "service_request_id": str(one.request_id),
        "status": one.status,
        "updated_datetime": utc(one.recorded_at),
        "description": one.description,
        "media_url": None,
    }
