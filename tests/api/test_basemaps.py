"""Base maps over HTTP: listed for who is signed in, fetched by the house, and a key that is in no log and no answer."""

from __future__ import annotations

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pmtiles.tile import Compression
from structlog.testing import capture_logs

from pipewarden.kit.errors import InputError
from pipewarden.main.web.basemaps import Bases, open_bases
from pipewarden.main.web.console import console
from pipewarden.network.rules.tiles import archive
from pipewarden.network.rules.tiles.square import Square

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "canary-key-7f3a"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
TITLE = {"zh": "底图", "en": "Base"}


class Maps(BaseHTTPRequestHandler):
    """An online map: what it was asked, and the odd things that such a service does."""

    asked: list[str] = []  # noqa: RUF012  one server, one list

    def do_GET(self) -> None:
        self.asked.append(self.path)
        parts = urlsplit(self.path)
        way = parts.path.split("/")[1]
        status, media, body = {
            "right": (200, "image/png; charset=x", PNG),
            "empty": (204, "image/png", b""),
            "absent": (404, "text/html", b"no"),
            "refused": (403, "text/html", b"wrong key " + parse_qs(parts.query).get("tk", [""])[0].encode()),
            "page": (200, "text/html", b"<script>"),
            "large": (200, "image/png", b"0" * ((2 << 20) + 1)),
            "away": (302, "image/png", b""),
        }[way]
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/right/1/1/1?tk=stolen")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Say nothing: what is looked for in logs is ours."""


@pytest.fixture(scope="module")
def there() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Maps)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def online(name: str, url: str, **more: Any) -> dict[str, Any]:
    said = {"name": name, "title": TITLE, "kind": "xyz", "crs": "GCJ-02", "attribution": "M", "approval": "GS(2099)1号"}
    return said | {"url": url} | more


def house(tmp_path: Path, *maps: dict[str, Any], opened: str = "127.0.0.0/8") -> Any:
    path = tmp_path / "basemaps.yaml"
    path.write_text(yaml.safe_dump({"basemaps": list(maps)}), encoding="utf-8")
    return SimpleNamespace(basemaps=path, outbound_open=opened)


@pytest.fixture
def bases(town: Any, there: str, tmp_path: Path) -> Iterator[Bases]:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    key = {"key_file": str(tmp_path / "key")}
    ways = ("right", "empty", "absent", "refused", "page", "large", "away")
    square = Square(3, 6, 3)
    (tmp_path / "own.pmtiles").write_bytes(archive.pack({square: b"a vector square"}, (90, 20, 120, 40), "own"))
    own = {
        "name": "own", "title": TITLE, "kind": "pmtiles", "crs": "WGS-84", "attribution": "us",
        "file": str(tmp_path / "own.pmtiles"),
    }  # fmt: skip
    maps = [online(way, f"{there}/{way}/{{z}}/{{x}}/{{y}}?tk={{key}}", **key) for way in ways]
    maps.append(online("seen", "https://{s}.maps.example/{z}/{x}/{y}?tk={key}", via="browser", subdomains=["a"], **key))
    made = open_bases(house(tmp_path, own, *maps))
    before, town.app.state.bases = town.app.state.bases, made
    yield made
    town.app.state.bases = before


def get(town: Any, path: str, who: str | None = "dispatcher") -> Any:
    return town.client.as_(None if who is None else town.who(who), "GET", f"/v1/basemaps{path}")


def test_a_house_without_any_lists_none(town: Any) -> None:
    assert get(town, "").json() == {"items": []}
    assert get(town, "", None).status_code == 401


def test_the_page_is_told_what_it_must_know(town: Any, bases: Bases) -> None:
    listed = {one["name"]: one for one in get(town, "").json()["items"]}
    assert listed["own"]["tiles"] == ["/v1/basemaps/own/{z}/{x}/{y}"]
    assert (listed["own"]["pictures"], listed["right"]["pictures"]) == (False, True)
    assert (listed["own"]["min_zoom"], listed["own"]["max_zoom"]) == (3, 3), "deeper ones are drawn from the last"
    assert (listed["right"]["min_zoom"], listed["right"]["max_zoom"]) == (0, 18), "as it was configured"
    assert (listed["right"]["crs"], listed["right"]["approval"]) == ("GCJ-02", "GS(2099)1号")
    assert listed["seen"]["tiles"] == [f"https://a.maps.example/{{z}}/{{x}}/{{y}}?tk={KEY}"], "as it was configured"
    behind = {name: one for name, one in listed.items() if name != "seen"}
    assert KEY not in str(behind), "the key of a map behind the door never leaves"
    assert bases.hosts == ("https://a.maps.example",)


@pytest.mark.usefixtures("bases")
def test_the_house_fetches_a_square_with_its_key(town: Any) -> None:
    Maps.asked.clear()
    answer = get(town, "/right/14/13504/6235")
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert Maps.asked == [f"/right/14/13504/6235?tk={KEY}"]


@pytest.mark.usefixtures("bases")
@pytest.mark.parametrize(("way", "status"), [("empty", 204), ("absent", 204), ("seen", 404), ("nothing", 404)])
def test_where_nothing_is(town: Any, way: str, status: int) -> None:
    assert get(town, f"/{way}/1/1/1").status_code == status


@pytest.mark.usefixtures("bases")
@pytest.mark.parametrize("way", ["refused", "page", "large", "away"])
def test_an_odd_answer_is_not_passed_on(town: Any, way: str) -> None:
    Maps.asked.clear()
    answer = get(town, f"/{way}/1/1/1")
    assert answer.status_code == 503
    assert answer.json()["field"] == f"basemap {way}"
    assert KEY not in answer.text
    assert len(Maps.asked) == 1, "a redirect leads nowhere"


def test_the_key_is_in_no_log_at_any_level(
    town: Any, bases: Bases, there: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "key2").write_text(KEY, encoding="utf-8")
    gone = online("gone", "http://127.0.0.1:9/{z}/{x}/{y}?tk={key}", key_file=str(tmp_path / "key2"))
    town.app.state.bases = open_bases(house(tmp_path, gone, online("right", f"{there}/right/{{z}}/{{x}}/{{y}}")))
    with caplog.at_level(logging.DEBUG), capture_logs() as said:
        structlog.get_logger("here").info("canary of the test itself")
        assert get(town, "/gone/1/1/1").status_code == 503
        assert get(town, "/right/1/1/1").status_code == 200
        town.app.state.bases = bases
        for way in ("right", "refused", "large"):
            get(town, f"/{way}/1/1/1")
    assert "canary of the test itself" in str(said), "logs were heard"
    assert KEY not in caplog.text + str(said)
    assert KEY not in repr(bases)


@pytest.mark.usefixtures("bases")
def test_a_square_of_our_own_archive(town: Any) -> None:
    answer = get(town, "/own/3/6/3")
    assert (answer.status_code, answer.content) == (200, b"a vector square"), "unpacked by the client"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert get(town, "/own/3/0/0").status_code == 204
    assert get(town, "/own/9/0/0").status_code == 204
    wrong = get(town, "/own/3/8/0")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "x")


@pytest.mark.parametrize(("asked", "told"), [((0, 18), (5, 9)), ((6, 8), (6, 8)), ((10, 12), (9, 9)), ((0, 2), (5, 5))])
def test_an_archive_says_which_zooms_it_has(tmp_path: Path, asked: tuple[int, int], told: tuple[int, int]) -> None:
    held = {Square(z, 1, 1): b"a picture" for z in (5, 9)}
    (tmp_path / "p.pmtiles").write_bytes(archive.pack(held, (90, 20, 120, 40), "p"))
    own = {"name": "p", "title": TITLE, "kind": "pmtiles", "crs": "WGS-84", "attribution": "us",
           "file": str(tmp_path / "p.pmtiles"), "min_zoom": asked[0], "max_zoom": asked[1]}  # fmt: skip
    made = open_bases(house(tmp_path, own))
    assert (made.maps[0].min_zoom, made.maps[0].max_zoom) == told
    assert made.pictures == frozenset(), "vectors"


@pytest.mark.usefixtures("bases")
def test_only_who_is_known_gets_squares(town: Any) -> None:
    Maps.asked.clear()
    assert get(town, "/right/1/1/1", None).status_code == 401
    assert get(town, "/own/3/6/3", None).status_code == 401
    assert Maps.asked == []


def test_many_at_once_are_told_to_come_again(town: Any, bases: Bases) -> None:
    held = 0
    while bases.free.acquire(blocking=False):
        held += 1
    answer = get(town, "/right/1/1/1")
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    bases.free.release(held)
    assert get(town, "/right/1/1/1").status_code == 200


def test_a_private_network_is_closed_unless_the_operator_opens_it(town: Any, there: str, tmp_path: Path) -> None:
    before = town.app.state.bases
    town.app.state.bases = open_bases(house(tmp_path, online("in", f"{there}/right/{{z}}/{{x}}/{{y}}"), opened=""))
    Maps.asked.clear()
    answer = get(town, "/in/1/1/1")
    town.app.state.bases = before
    assert answer.status_code == 409
    assert Maps.asked == []


@pytest.mark.parametrize("wrong", ["missing", "empty", "archive", "key"])
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, wrong: str) -> None:
    settings = house(tmp_path, online("a", "https://a.example/{z}/{x}/{y}"))
    (tmp_path / "bad").write_text("not one\nline of a key\n" * 20, encoding="utf-8")
    if wrong == "missing":
        settings.basemaps = tmp_path / "nowhere.yaml"
    elif wrong == "empty":
        settings.basemaps.write_text("", encoding="utf-8")
    elif wrong == "archive":
        own = {"name": "o", "title": TITLE, "kind": "pmtiles", "crs": "WGS-84", "attribution": "us"}
        settings = house(tmp_path, own | {"file": str(tmp_path / "bad")})
    else:
        settings = house(tmp_path, online("a", "https://a.example/{z}/{x}/{y}/{key}", key_file=str(tmp_path / "bad")))
    with pytest.raises(InputError) as caught:
        open_bases(settings)
    assert caught.value.field == "PIPEWARDEN_BASEMAPS"
    assert "not one" not in str(caught.value)


@pytest.mark.parametrize(("place", "value"), [(98, Compression.BROTLI.value), (98, Compression.ZSTD.value), (127, 0)])
def test_an_archive_packed_as_we_cannot_hand_it_out_stops_the_start(tmp_path: Path, place: int, value: int) -> None:
    """Byte 98 says how squares are packed (PMTiles 3, chapter 3); at 127 the directory begins, as gzip does."""
    packed = bytearray(archive.pack({Square(3, 6, 3): b"a vector square"}, (90, 20, 120, 40), "own"))
    assert packed[98] == Compression.GZIP.value
    assert packed[127] == 0x1F
    packed[place] = value
    (tmp_path / "own.pmtiles").write_bytes(packed)
    own = {"name": "o", "title": TITLE, "kind": "pmtiles", "crs": "WGS-84", "attribution": "us"}
    with pytest.raises(InputError, match="PMTiles"):
        open_bases(house(tmp_path, own | {"file": str(tmp_path / "own.pmtiles")}))


def test_the_desk_may_ask_the_configured_hosts_and_nobody_else(tmp_path: Path, bases: Bases) -> None:
    folder = tmp_path / "static"
    (folder / "m").mkdir(parents=True)
    for name in ("index.html", "m/index.html"):
        (folder / name).write_text("<!doctype html>", encoding="utf-8")

    def policy(path: str, hosts: tuple[str, ...]) -> dict[str, str]:
        app = FastAPI()
        app.include_router(console(folder, hosts=hosts))
        said = TestClient(app).get(path).headers["content-security-policy"]
        return dict(part.strip().partition(" ")[::2] for part in said.split(";"))

    shut, opened = policy("/", ()), policy("/", bases.hosts)
    assert "connect-src" not in shut, "default-src 'self' holds"
    assert opened["connect-src"] == "'self' https://a.maps.example"
    assert opened["img-src"] == f"{shut['img-src']} https://a.maps.example"
    rest = {name: value for name, value in opened.items() if name not in {"connect-src", "img-src"}}
    assert rest == {name: value for name, value in shut.items() if name != "img-src"}, "nothing else is opened"
    assert policy("/m/", bases.hosts) == policy("/m/", ()), "the phone draws none"
