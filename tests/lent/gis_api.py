"""Map layers and base maps for tests of every operation: who is asked what, and a request that is right."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyogrio.raw

from pipewarden.main.web.basemaps import Bases
from pipewarden.network.facts.basemaps import BaseCrs, BaseKind, Basemap, Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTHING = "00000000-0000-7000-8000-000000000000"
ROOT = "/v1/ogc"
SITES = f"{ROOT}/collections/sites"


class OneSquare:
    """A base map that has the same square everywhere."""

    def get(self, z: int, x: int, y: int) -> Fetched:
        return Fetched(f"{z}/{x}/{y}".encode(), "image/png")


@contextmanager
def based(town: Any) -> Iterator[None]:
    """Let the house have one base map, named fuzz."""
    title = {"zh": "底图", "en": "Base"}
    one = Basemap("fuzz", title, BaseKind.XYZ, BaseCrs.GCJ02, "M", "GS(2099)1号", url="https://m.example/{z}/{x}/{y}")
    before, town.app.state.bases = town.app.state.bases, Bases((one,), {"fuzz": OneSquare()})
    yield
    town.app.state.bases = before


def own_key(town: Any, who: Any) -> Any:
    with town.home.work() as work:
        until = (work.now() + timedelta(days=30)).isoformat()
    return town.client.as_(who, "POST", "/v1/me/keys", json={"name": "matrix", "expires_at": until})


def _once(method: str, path: str) -> Any:
    return lambda town, who, _things: [str(town.client.as_(who, method, path).status_code)]


def _features(town: Any, who: Any, things: Any) -> list[str]:
    ids: set[str] = set()
    path = f"{SITES}/items?limit=1000"
    while path:
        answer = town.client.as_(who, "GET", path)
        if answer.status_code != 200:
            return [str(answer.status_code)] * 4
        ids |= {one["id"] for one in answer.json()["features"]}
        path = next((one["href"] for one in answer.json()["links"] if one["rel"] == "next"), "")
    return ["in" if one in ids else "out" for one in things.sites]


def _feature(town: Any, who: Any, things: Any) -> list[str]:
    return [str(town.client.as_(who, "GET", f"{SITES}/items/{one}").status_code) for one in things.sites]


def _file(town: Any, who: Any, things: Any) -> list[str]:
    """Of the tenant acted for alone, also for who reads across tenants."""
    answer = town.client.as_(who, "GET", f"{ROOT}/map.gpkg?layers=sites")
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    path = town.home.folder / "matrix.gpkg"
    path.write_bytes(answer.content)
    meta, _, _, fields = pyogrio.raw.read(path, layer="sites")
    ids = set(fields[meta["fields"].tolist().index("id")].tolist())
    path.unlink()
    return ["in" if one in ids else "out" for one in things.sites]


def _make(town: Any, who: Any, _things: Any) -> list[str]:
    made = own_key(town, who)
    if made.status_code == 201:  # five are the most, and the role is asked again
        town.client.as_(who, "DELETE", f"/v1/me/keys/{made.json()['id']}")
    return [str(made.status_code)]


def _end(town: Any, who: Any, _things: Any) -> list[str]:
    """One's own, and another's."""
    other = own_key(town, town.who("safety_manager")).json()["id"]
    mine = own_key(town, who)
    own = mine.json()["id"] if mine.status_code == 201 else NOTHING
    found = [str(town.client.as_(who, "DELETE", f"/v1/me/keys/{one}").status_code) for one in (own, other)]
    town.client.as_(town.who("safety_manager"), "DELETE", f"/v1/me/keys/{other}")
    return found


ASKS: dict[str, Any] = {
    "GET /v1/ogc": _once("GET", ROOT),
    "GET /v1/ogc/conformance": _once("GET", f"{ROOT}/conformance"),
    "GET /v1/ogc/collections": _once("GET", f"{ROOT}/collections"),
    "GET /v1/ogc/collections/{layer}": _once("GET", SITES),
    "GET /v1/ogc/collections/{layer}/items": _features,
    "GET /v1/ogc/collections/{layer}/items/{feature_id}": _feature,
    "GET /v1/ogc/map.gpkg": _file,
    "GET /v1/me/keys": _once("GET", "/v1/me/keys"),
    "POST /v1/me/keys": _make,
    "DELETE /v1/me/keys/{key_id}": _end,
    "GET /v1/basemaps": _once("GET", "/v1/basemaps"),
    "GET /v1/basemaps/{name}/{z}/{x}/{y}": _once("GET", "/v1/basemaps/none/1/1/1"),
}


def fuzzed(town: Any, site: str) -> dict[str, dict[str, Any]]:
    """Return requests that are right."""
    with town.home.work() as work:
        until = (work.now() + timedelta(days=30)).isoformat()
    key = own_key(town, town.who("dispatcher")).json()["id"]
    layer = {"layer": "sites"}
    return {
        "GET /v1/ogc": {},
        "GET /v1/ogc/conformance": {},
        "GET /v1/ogc/collections": {},
        "GET /v1/ogc/collections/{layer}": {"path": layer},
        "GET /v1/ogc/collections/{layer}/items": {
            "path": layer,
            "query": {"bbox": "116,39,117,40", "datetime": "2026-01-01T00:00:00Z/..", "limit": 3},
        },
        "GET /v1/ogc/collections/{layer}/items/{feature_id}": {"path": layer | {"feature_id": site}},
        "GET /v1/ogc/map.gpkg": {"query": {"layers": "areas", "bbox": "116,39,117,40"}},
        "GET /v1/me/keys": {},
        "POST /v1/me/keys": {"who": "dispatcher", "body": {"name": "fz", "expires_at": until}},
        "DELETE /v1/me/keys/{key_id}": {"who": "dispatcher", "path": {"key_id": key}},
        "GET /v1/basemaps": {},
        "GET /v1/basemaps/{name}/{z}/{x}/{y}": {"path": {"name": "fuzz", "z": "3", "x": "6", "y": "3"}},
    }
