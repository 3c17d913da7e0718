"""Open311 in the town of the API tests: keys, forms, and what is read back."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree as ET

from intake_api import key
from PIL import Image
from sqlalchemy import text

from pipewarden.exchange.service import open311
from pipewarden.people import service as people

ROOT = "/open311/v2"


def tenant_key(town: Any, tenant_id: Any) -> str:
    """Return by what ``jurisdiction_id`` names an operator."""
    with town.at(tenant_id) as work:
        return next(one.key for one in people.tenants(work, people.operator()) if one.id == tenant_id)


def sender(town: Any, tenant: Any = None) -> Any:
    """Make a key that may hand on what people said."""
    return key(town, tenant)


def form(who: Any, place: tuple[float, float] | None, **said: Any) -> dict[str, Any]:
    """Return a form as a city's app fills it in."""
    fields: dict[str, Any] = {"service_code": "digging", "description": "有挖机在挖"}
    if who is not None:
        fields["api_key"] = who.key
    if place is not None:
        fields |= {"long": str(place[0]), "lat": str(place[1])}
    return {name: value for name, value in (fields | said).items() if value is not None}


def post(town: Any, who: Any, place: tuple[float, float] | None, fmt: str = "json", **said: Any) -> Any:
    """Send a request."""
    return town.client.as_(None, "POST", f"{ROOT}/requests.{fmt}", data=form(who, place, **said))


def posted(town: Any, who: Any, place: tuple[float, float] | None, **said: Any) -> str:
    """Send a request that is taken and return its id."""
    answer = post(town, who, place, **said)
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0]["service_request_id"])


def get(town: Any, path: str, tenant: Any = None, **query: Any) -> Any:
    """Ask anything, of the town's first operator."""
    query = {"jurisdiction_id": tenant_key(town, town.a if tenant is None else tenant)} | query
    asked = {name: value for name, value in query.items() if value is not None}
    return town.client.as_(None, "GET", f"{ROOT}/{path}", params=asked)


def one(town: Any, request_id: str, **query: Any) -> dict[str, Any]:
    """Return a request as it is read."""
    answer = get(town, f"requests/{request_id}.json", **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()[0])


def look(town: Any, tenant: Any = None) -> None:
    """Let the house look at every request again, as its worker does each minute."""
    with town.at(town.a if tenant is None else tenant) as work:
        work.session.execute(text("UPDATE exchange_open311_requests SET next_look_at = '2020-01-01T00:00:00Z'"))
        open311.register(work)
        open311.look_at(work, limit=10_000)


def errors(answer: Any) -> list[tuple[int, str]]:
    """Return an answer's errors: code and description."""
    if "json" in answer.headers["content-type"]:
        return [(one["code"], one["description"]) for one in answer.json()]
    root = ET.fromstring(answer.content)  # noqa: S314  our own
    assert root.tag == "errors"
    return [(int(one.findtext("code") or 0), one.findtext("description") or "") for one in root]


def asked(once: Any, nothing: str) -> dict[str, Any]:
    """Return for the matrix how each operation is asked: whoever asks gets the same, and writing needs a key."""
    whose, path = "jurisdiction_id=default", f"GET {ROOT}/requests/{{service_request_id}}"
    return {
        f"GET {ROOT}/discovery.{{form}}": once("GET", f"{ROOT}/discovery.json"),
        f"GET {ROOT}/services.{{form}}": once("GET", f"{ROOT}/services.json?{whose}"),
        f"GET {ROOT}/services/{{code}}.{{form}}": once("GET", f"{ROOT}/services/digging.xml?{whose}"),
        f"GET {ROOT}/requests.{{form}}": once("GET", f"{ROOT}/requests.xml?{whose}"),
        f"POST {ROOT}/requests.{{form}}": once("POST", f"{ROOT}/requests.json", data={"service_code": "digging"}),
        f"{path}.{{form}}": once("GET", f"{ROOT}/requests/{nothing}.json?{whose}"),
        f"{path}/pictures/{{picture}}": once("GET", f"{ROOT}/requests/{nothing}/pictures/1.jpg?{whose}"),
        f"GET {ROOT}/tokens/{{token}}.{{form}}": once("GET", f"{ROOT}/tokens/{nothing}.json?{whose}"),
        f"GET {ROOT}/servicerequestupdates.{{form}}": once("GET", f"{ROOT}/servicerequestupdates.json?{whose}"),
        f"POST {ROOT}/servicerequestupdates.{{form}}": once(
            "POST", f"{ROOT}/servicerequestupdates.json", data={"service_request_id": nothing, "status": "open"}
        ),
    }


def fuzzed(town: Any, place: tuple[float, float]) -> dict[str, dict[str, Any]]:
    """Return for the fuzz a request to each operation that is right."""
    who = sender(town)
    files = {"media": ("p.jpg", photograph(), "image/jpeg")}
    answer = town.client.post(f"{ROOT}/requests.json", data=form(who, place, description="fuzz"), files=files)
    made = str(answer.json()[0]["service_request_id"])
    look(town)
    whose, path = {"jurisdiction_id": tenant_key(town, town.a)}, f"GET {ROOT}/requests/{{service_request_id}}"
    sent = "application/x-www-form-urlencoded"
    return {
        f"GET {ROOT}/discovery.{{form}}": {"path": {"form": "json"}},
        f"GET {ROOT}/services.{{form}}": {"path": {"form": "json"}, "query": whose},
        f"GET {ROOT}/services/{{code}}.{{form}}": {"path": {"code": "digging", "form": "json"}, "query": whose},
        f"GET {ROOT}/requests.{{form}}": {"path": {"form": "json"}, "query": whose | {"service_code": "digging"}},
        f"POST {ROOT}/requests.{{form}}": {"path": {"form": "json"}, "body": form(who, place), "media": sent},
        f"{path}.{{form}}": {"path": {"service_request_id": made, "form": "json"}, "query": whose},
        f"{path}/pictures/{{picture}}": {"path": {"service_request_id": made, "picture": "1.jpg"}, "query": whose},
        f"GET {ROOT}/tokens/{{token}}.{{form}}": {"path": {"token": made, "form": "json"}, "query": whose},
        f"GET {ROOT}/servicerequestupdates.{{form}}": {"path": {"form": "json"}, "query": whose},
        f"POST {ROOT}/servicerequestupdates.{{form}}": {
            "path": {"form": "json"},
            "body": {"api_key": who.key, "service_request_id": made, "status": "open", "description": "fuzz"},
            "media": sent,
        },
    }


def photograph() -> bytes:
    """Return a photograph that says where it was taken."""
    exif = Image.Exif()
    exif[0x0110] = "a phone"
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 110, 90)).save(out, "JPEG", exif=exif)
    return out.getvalue()
