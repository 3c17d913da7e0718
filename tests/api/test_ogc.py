"""OGC API - Features as QGIS and GDAL ask it: every layer as the reader's role and area let it be, page by page."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from base64 import b64encode
from datetime import timedelta
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import filing_api
import pyogrio.raw
import pytest
import shapely
from sqlalchemy import text

from pipewarden.exchange.service.gis import file
from pipewarden.people import service as people
from pipewarden.people.facts import Role, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "/v1/ogc"
PLACE = (116.7702, 39.5902)  # a corner of the east where no other test works
FAR = (116.4402, 39.5902)
BOX = "116.76,39.58,116.79,39.60"


def line(place: tuple[float, float]) -> list[tuple[float, float]]:
    return [(place[0] - 0.002, place[1]), (place[0] + 0.002, place[1])]


def get(town: Any, who: Any, path: str, **more: Any) -> Any:
    return town.client.as_(town.who(who) if isinstance(who, str) else who, "GET", f"{ROOT}{path}", **more)


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["features"]}


@pytest.fixture(scope="module")
def exporter(town: Any) -> Iterator[Any]:
    """Let the tenant's dispatchers take pipes out, by an edit on record, and give the right back afterwards."""
    root = people.operator(town.a)
    with town.at(town.a) as work:
        before = dict(people.permitted(work, town.a, Role.DISPATCHER))
        people.edit_role(work, root, Role.DISPATCHER, before | {"network:export": Scope.AREA}, reason="GIS")
    yield town.person(Role.DISPATCHER, area=town.east)
    with town.at(town.a) as work:
        people.edit_role(work, root, Role.DISPATCHER, before, reason="GIS is over")


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    crossing = [(116.59, 39.5902), (116.61, 39.5902)]  # over the rim between west and east
    with (
        town.network(town.a, {"og-east": line(PLACE), "og-west": line(FAR), "og-rim": crossing}),
        town.network(town.b, {"og-of-b": line(PLACE)}),
    ):
        yield


@pytest.fixture(scope="module")
def site(town: Any) -> str:
    return str(town.site_at(town.who("safety_manager"), PLACE))


@pytest.fixture(scope="module")
def key(town: Any) -> str:
    """A dispatcher's own key, for the QGIS on their table."""
    return own_key(town, town.who("dispatcher"))


def own_key(town: Any, who: Any, **more: Any) -> str:
    with town.home.work() as work:
        until = (work.now() + timedelta(days=30)).isoformat()
    made = town.client.as_(who, "POST", "/v1/me/keys", json={"name": "QGIS", "expires_at": until} | more)
    assert made.status_code == 201, made.text
    return str(made.json()["text"])


def keyed(town: Any, key: str, path: str) -> Any:
    return town.client.get(f"{ROOT}{path}", headers={"Authorization": f"Bearer {key}"})


def test_the_landing_page_leads_to_everything(town: Any) -> None:
    links = {one["rel"]: one["href"] for one in get(town, "dispatcher", "").json()["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    for rel in ("self", "conformance", "data", "service-desc"):
        found = town.client.as_(town.who("dispatcher"), "GET", links[rel])
        assert found.status_code == 200, links[rel]
    told = get(town, "dispatcher", "/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in told
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson" in told


def test_layers_are_those_that_the_reader_reads(town: Any, exporter: Any) -> None:
    listed = get(town, "dispatcher", "/collections").json()
    named = {one["id"] for one in listed["collections"]}
    assert named == {"cameras", "sites", "alarms", "filings", "areas"} | named & {"pipes", "facilities"}
    assert {"pipes", "facilities"} <= {one["id"] for one in get(town, exporter, "/collections").json()["collections"]}
    assert {one["id"] for one in get(town, "resident", "/collections").json()["collections"]} == set()
    one = get(town, "dispatcher", "/collections/sites").json()
    assert one["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    assert {link["rel"] for link in one["links"]} == {"self", "items"}
    assert get(town, "dispatcher", "/collections/nothing").status_code == 404
    assert get(town, "resident", "/collections/sites").status_code == 403


def test_pipe_geometry_leaves_only_by_the_right_to_take_it_out(town: Any, exporter: Any) -> None:
    for who in ("safety_manager", "auditor", "tenant_admin", "regulator"):
        assert get(town, who, "/collections/pipes/items").status_code == 403, who
    found = get(town, exporter, "/collections/pipes/items?limit=1000")
    assert found.headers["content-type"] == "application/geo+json"
    shown = {one["properties"]["pipe_id"]: one for one in found.json()["features"]}
    assert set(shown) == {"og-east", "og-rim"}, "the west and the other company are out of reach"
    rim = shapely.from_geojson(json.dumps(shown["og-rim"]["geometry"]))
    assert rim.bounds[0] == pytest.approx(116.6, abs=1e-8), "cut where the reader's ground ends"
    east = shapely.from_geojson(json.dumps(shown["og-east"]["geometry"]))
    assert east.equals_exact(shapely.LineString(line(PLACE)), 1e-8), "the survey itself, not the tile's units"
    assert shown["og-east"]["properties"]["pressure_class"] == "medium"
    with town.at(town.a) as work:
        seen = text(
            "SELECT count(*) FROM people_views WHERE actor_id = :id AND what = 'export' AND subject_id = 'pipes'"
        )
        assert work.session.scalar(seen, {"id": exporter.id}) >= 1


def test_one_pipe_by_its_address(town: Any, exporter: Any) -> None:
    shown = get(town, exporter, f"/collections/pipes/items?bbox={BOX}").json()["features"]
    assert [one["properties"]["pipe_id"] for one in shown] == ["og-east"]
    one = get(town, exporter, f"/collections/pipes/items/{shown[0]['id']}").json()
    assert one["properties"] == shown[0]["properties"]
    assert {link["rel"] for link in one["links"]} == {"self", "collection"}
    version, row = shown[0]["id"].split(".")
    with town.at(town.a) as work:
        wanted = text("SELECT row FROM network_pipes WHERE version_id = :id AND pipe_id = 'og-west'")
        hidden = work.session.scalar(wanted, {"id": version})
    for wrong in (f"{version}.{hidden}", f"{version}.{int(row) + 999}", "x", f"{version}.-1", f"{version}.99999999999"):
        assert get(town, exporter, f"/collections/pipes/items/{wrong}").status_code == 404, wrong


def test_sites_and_alarms_are_scoped_like_their_lists(town: Any, site: str) -> None:
    assert site in ids(get(town, "dispatcher", f"/collections/sites/items?bbox={BOX}"))
    west = town.person(Role.DISPATCHER, area=town.west)
    assert site not in ids(get(town, west, "/collections/sites/items?limit=1000"))
    assert site not in ids(get(town, "safety_manager_b", "/collections/sites/items?limit=1000"))
    assert get(town, west, f"/collections/sites/items/{site}").status_code == 404
    one = get(town, "dispatcher", f"/collections/sites/items/{site}").json()
    told = town.client.as_(town.who("dispatcher"), "GET", f"/v1/sites/{site}").json()
    assert one["properties"]["state"] == told["state"]
    assert one["geometry"]["coordinates"] == pytest.approx([told["lon"], told["lat"]], abs=1e-8)
    alarm = one["properties"]["alarm_id"]
    shown = get(town, "dispatcher", f"/collections/alarms/items/{alarm}").json()
    assert shown["properties"]["zone"] in {"protection", "control", "outside", "unknown"}
    assert get(town, west, f"/collections/alarms/items/{alarm}").status_code == 404
    assert get(town, "dispatcher", "/collections/alarms/items/not-an-id").status_code == 404


def test_no_feature_names_a_person(town: Any, site: str) -> None:
    owner = town.client.as_(town.who("dispatcher"), "GET", f"/v1/sites/{site}").json()
    whole = get(town, "dispatcher", f"/collections/sites/items/{site}").text
    for word in (owner["owner_id"], owner["owner_name"]):
        assert not word or word not in whole


def test_a_box_narrows_and_a_place_outside_is_left_out(town: Any, site: str) -> None:
    assert site not in ids(
        get(town, "dispatcher", "/collections/sites/items?bbox=116.60,39.40,116.61,39.41&limit=1000")
    )
    assert site in ids(get(town, "dispatcher", "/collections/sites/items?bbox=116.76,39.58,0,116.79,39.60,900"))


def test_a_time_narrows_what_has_one(town: Any, site: str) -> None:
    with town.home.work() as work:
        now = work.now()
    before, after = (now - timedelta(days=3)).isoformat(), (now + timedelta(days=3)).isoformat()
    ask = f"/collections/sites/items?bbox={BOX}&limit=1000"
    for words, there in (
        ({"datetime": f"{before}/{after}"}, True),
        ({"datetime": f"../{before}"}, False),
        ({"datetime": f"{before}/.."}, True),
        ({"datetime": before}, False),
    ):
        found = get(town, "dispatcher", ask, params={"bbox": BOX, "limit": 1000, **words})
        assert (site in ids(found)) is there, words
    cameras = ids(get(town, "dispatcher", "/collections/cameras/items"))
    assert ids(get(town, "dispatcher", "/collections/cameras/items?datetime=2001-01-01T00:00:00Z")) == cameras


def test_filings_have_their_ground_and_their_period(town: Any) -> None:
    made = filing_api.filed(town, town.who("safety_manager"), PLACE)
    one = get(town, "safety_manager", f"/collections/filings/items/{made}").json()
    assert one["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    begin, end = one["properties"]["valid_from"], one["properties"]["valid_until"]
    ask = "/collections/filings/items"
    assert made in ids(get(town, "safety_manager", ask, params={"datetime": f"{begin}/{end}", "limit": 1000}))
    assert made in ids(get(town, "safety_manager", ask, params={"datetime": begin, "limit": 1000}))
    assert made not in ids(get(town, "safety_manager", ask, params={"datetime": end, "limit": 1000}))
    assert "parties" not in one["properties"]


def test_pages_hold_every_feature_once(town: Any) -> None:
    whole = ids(get(town, "safety_manager", "/collections/areas/items?limit=1000"))
    seen, path, pages = [], f"{ROOT}/collections/areas/items?limit=2", 0
    while path:
        answer = town.client.as_(town.who("safety_manager"), "GET", path).json()
        assert answer["numberReturned"] == len(answer["features"]) <= 2
        seen += [one["id"] for one in answer["features"]]
        pages += 1
        path = next((one["href"] for one in answer["links"] if one["rel"] == "next"), None)
    assert len(seen) == len(set(seen)) == len(whole)
    assert pages > 1


def test_pipes_page_by_page_keep_the_question(town: Any, exporter: Any) -> None:
    seen, path = [], f"{ROOT}/collections/pipes/items?limit=1&bbox=116.59,39.58,116.79,39.60"
    while path:
        answer = town.client.as_(exporter, "GET", path).json()
        seen += [one["properties"]["pipe_id"] for one in answer["features"]]
        path = next((one["href"] for one in answer["links"] if one["rel"] == "next"), None)
        assert path is None or "bbox=" in path
    assert sorted(seen) == ["og-east", "og-rim"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=nan,0,1,1", "bbox"),
        ("bbox=170,0,-170,1", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2026-01-01", "datetime"),
        ("datetime=2026-02-01T00:00:00Z/2026-01-01T00:00:00Z", "datetime"),
        ("datetime=../../..", "datetime"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("cursor=made-up", "cursor"),
        ("colour=red", "colour"),
    ],
)
def test_what_cannot_be_understood_is_400(town: Any, query: str, field: str) -> None:
    answer = get(town, "dispatcher", f"/collections/sites/items?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field


def test_more_than_the_most_is_the_most(town: Any) -> None:
    assert get(town, "dispatcher", "/collections/sites/items?limit=100000").status_code == 200


def test_a_cursor_of_another_layer_is_none(town: Any) -> None:
    links = get(town, "safety_manager", "/collections/areas/items?limit=1").json()["links"]
    onward = next(one["href"] for one in links if one["rel"] == "next").replace("areas", "sites")
    assert town.client.as_(town.who("safety_manager"), "GET", onward).status_code == 400


def test_a_key_reads_as_its_person_and_no_more(town: Any, key: str, site: str) -> None:
    named = {one["id"] for one in keyed(town, key, "/collections").json()["collections"]}
    assert named == {"cameras", "sites", "alarms", "filings", "areas"}
    assert site in ids(keyed(town, key, f"/collections/sites/items?bbox={BOX}"))
    assert keyed(town, key, "/collections/pipes/items").status_code == 403
    assert keyed(town, key, "/map.gpkg?layers=alarms").status_code == 403
    cameras = {one["properties"]["key"] for one in keyed(town, key, "/collections/cameras/items").json()["features"]}
    assert "cam-west" not in cameras, "their area is the east"
    assert keyed(town, f"{key}x", "/collections").status_code == 401


def test_a_key_opens_maps_and_nothing_else(town: Any, key: str) -> None:
    shown = {"Authorization": f"Bearer {key}"}
    for method, path in (
        ("GET", "/v1/me"),
        ("GET", "/v1/sites"),
        ("GET", "/v1/ogcx"),
        ("POST", "/v1/me/keys"),
        ("POST", "/v1/strikes"),
        ("POST", "/v1/observations"),
        ("GET", "/v1/tiles/network/1/1/1"),
        ("GET", "/v1/osmand?id=" + key),
    ):
        assert town.client.request(method, path, headers=shown, json={}).status_code in {401, 404, 422}, path
    assert town.client.get("/v1/me", headers=shown).status_code == 401
    assert town.client.post("/v1/strikes", headers=shown, json={}).status_code == 401


def test_who_looked_by_a_key_is_the_person(town: Any, key: str) -> None:
    keyed(town, key, "/collections/areas/items?limit=3")
    with town.at(town.a) as work:
        seen = text("SELECT count(*) FROM people_views WHERE actor_id = :id AND subject_kind = 'ogc/areas'")
        assert work.session.scalar(seen, {"id": town.who("dispatcher").id}) >= 1


def test_pipes_by_a_key_that_was_made_for_them(town: Any, exporter: Any) -> None:
    plain, whole = own_key(town, exporter), own_key(town, exporter, pipes=True)
    assert keyed(town, plain, "/collections/pipes/items").status_code == 403
    shown = keyed(town, whole, "/collections/pipes/items?limit=1000").json()["features"]
    assert {one["properties"]["pipe_id"] for one in shown} == {"og-east", "og-rim"}


def test_keys_are_listed_and_ended_by_who_made_them(town: Any) -> None:
    who = town.person(Role.PATROLLER, area=town.east)
    made = own_key(town, who)
    (listed,) = town.client.as_(who, "GET", "/v1/me/keys").json()["items"]
    assert listed["person_id"] == str(who.id)
    assert "text" not in listed
    assert keyed(town, made, "").status_code == 200
    assert town.client.as_(who, "DELETE", f"/v1/me/keys/{listed['id']}").status_code == 204
    assert keyed(town, made, "").status_code == 401


@pytest.mark.system("ogr2ogr")
def test_gdal_reads_us(town: Any, address: str, key: str, site: str, tmp_path: Path) -> None:
    """The OAPIF driver of GDAL, over the network, page after page into a GeoPackage of its own."""
    out = tmp_path / "got.gpkg"
    settings = ["--config", "GDAL_HTTP_HEADERS", f"Authorization: Bearer {key}"]
    asked = ["ogr2ogr", *settings, "-f", "GPKG", str(out), f"OAPIF:{address}{ROOT}", "-oo", "PAGE_SIZE=1"]
    done = subprocess.run([*asked, "sites", "areas"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    named = {str(name) for name, _ in pyogrio.list_layers(out)}
    assert {"sites", "areas"} <= named
    meta, _, shapes, fields = pyogrio.raw.read(out, layer="sites")
    columns = dict(zip(meta["fields"].tolist(), fields, strict=True))
    assert meta["crs"] == "EPSG:4326" or "CRS84" in meta["crs"]
    assert site in set(columns["id"].tolist())
    there = shapely.from_wkb(shapes[columns["id"].tolist().index(site)])
    assert (there.x, there.y) == pytest.approx(PLACE, abs=1e-3)
    want = len(ids(keyed(town, key, "/collections/areas/items?limit=1000")))
    assert pyogrio.read_info(out, layer="areas")["features"] == want


def opened(answer: Any, tmp_path: Path) -> Path:
    assert answer.status_code == 200, answer.text
    path = tmp_path / "taken.gpkg"
    path.write_bytes(answer.content)
    return path


def table(path: Path, layer: str) -> dict[str, list[Any]]:
    meta, _, shapes, fields = pyogrio.raw.read(path, layer=layer)
    found = {str(name): column.tolist() for name, column in zip(meta["fields"], fields, strict=True)}
    return found | {"shape": [] if shapes is None else shapes.tolist()}


def test_layers_as_one_file(town: Any, exporter: Any, site: str, tmp_path: Path) -> None:
    answer = get(town, exporter, f"/map.gpkg?bbox={BOX}", headers={"X-Reason": "evidence"})
    assert answer.headers["content-type"] == "application/geopackage+sqlite3"
    assert answer.headers["content-disposition"].startswith('attachment; filename="pipewarden-')
    path = opened(answer, tmp_path)
    named = {str(name) for name, _ in pyogrio.list_layers(path)}
    assert named == {"pipes", "facilities", "cameras", "sites", "filings", "areas", "pipewarden_export"}, "alarms: no"
    pipes = table(path, "pipes")
    assert pipes["pipe_id"] == ["og-east"]
    assert shapely.from_wkb(pipes["shape"][0]).equals(shapely.LineString(line(PLACE)))
    sites = table(path, "sites")
    assert site in sites["id"]
    told = get(town, exporter, f"/collections/sites/items/{site}").json()["properties"]
    at = sites["opened_at"][sites["id"].index(site)]
    assert told["opened_at"].startswith(at.isoformat(timespec="seconds")), "UTC, as everywhere"


def test_a_file_says_who_took_it_and_the_record_says_which(town: Any, exporter: Any, tmp_path: Path) -> None:
    answer = get(town, exporter, "/map.gpkg?layers=pipes,areas")
    marks = table(opened(answer, tmp_path), "pipewarden_export")
    mark = dict(zip(marks["key"], marks["value"], strict=True))
    assert mark["taken_by"] == f"person:{exporter.id}"
    entries = town.client.as_(town.who("auditor"), "GET", "/v1/audit?act=map.exported").json()["items"]
    entry = next(one for one in entries if mark["record"] in json.dumps(one))
    digest = hashlib.sha256(answer.content).hexdigest()
    assert digest in json.dumps(entry)
    assert answer.headers["repr-digest"] == f"sha-256=:{b64encode(bytes.fromhex(digest)).decode()}:"
    assert '"pipes": 2' in json.dumps(entry).replace("\\", "") or '"pipes":2' in json.dumps(entry).replace("\\", "")


def test_a_file_needs_the_right_for_each_layer(town: Any) -> None:
    assert get(town, "dispatcher", "/map.gpkg?layers=alarms").status_code == 403
    assert get(town, "safety_manager", "/map.gpkg?layers=pipes").status_code == 403
    assert get(town, "safety_manager", f"/map.gpkg?layers=alarms&bbox={BOX}").status_code == 200
    assert get(town, "resident", "/map.gpkg").status_code == 403
    wrong = get(town, "dispatcher", "/map.gpkg?layers=pipes,rivers")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "layers")


def test_a_file_without_anything_is_still_one(town: Any, tmp_path: Path) -> None:
    path = opened(get(town, "dispatcher", "/map.gpkg?layers=sites&bbox=1,1,2,2"), tmp_path)
    assert table(path, "sites")["id"] == []


def test_too_much_is_refused_with_what_to_do(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "MOST_FEATURES", 2)
    answer = get(town, "safety_manager", "/map.gpkg?layers=areas")
    assert answer.status_code == 400
    assert "bbox" in answer.json()["fix"]
    assert not list(FilePath(tempfile.gettempdir()).glob("pipewarden-map-*")), "nothing is left behind"
