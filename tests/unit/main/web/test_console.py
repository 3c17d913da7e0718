"""The pages as a browser gets them: cached for ever or never, under a strict policy, and nothing beside them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipewarden.main.web import problems
from pipewarden.main.web.console import PAGES, console
from pipewarden.main.web.guard import Guard

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = b"console.log('a')\n" * 40


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets" / "desk").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>desk</title>", encoding="utf-8")
    (folder / "assets" / "desk" / "desk-ab12.js").write_bytes(SCRIPT)
    (folder / "assets" / "desk" / "mark-ab12.svg").write_bytes(b"<svg/>")
    (folder / "assets" / "desk" / "notes.txt").write_bytes(b"not for browsers")
    (tmp_path / "secret.js").write_bytes(b"outside")
    return folder


def client_of(folder: Path) -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Guard)
    app.include_router(console(folder))
    return TestClient(app, raise_server_exceptions=False)


def policy(answer: object) -> dict[str, str]:
    said = answer.headers["content-security-policy"]  # type: ignore[attr-defined]  # either client's answer
    return {name: value for name, _, value in (part.strip().partition(" ") for part in said.split(";"))}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/password", "/alarms/0199b2c4", "/report", "/cameras", "/networks"])
def test_every_page_is_the_same_file_and_is_asked_for_anew(built: Path, path: str) -> None:
    answer = client_of(built).get(path)
    assert answer.status_code == 200
    assert answer.text == "<!doctype html><title>desk</title>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/assets/desk/desk-ab12.js", "/assets/desk/mark-ab12.svg"])
def test_headers_keep_strangers_out(built: Path, path: str) -> None:
    answer = client_of(built).get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    held = policy(answer)
    assert held["default-src"] == "'self'"
    assert held["frame-ancestors"] == held["object-src"] == held["base-uri"] == "'none'"
    assert "script-src" not in held  # scripts fall under default-src: our own files, never words in the page
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_an_asset_is_kept_for_ever_and_its_type_is_said(built: Path) -> None:
    client = client_of(built)
    answer = client.get("/assets/desk/desk-ab12.js")
    assert answer.content == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/assets/desk/mark-ab12.svg").headers["content-type"].startswith("image/svg+xml")


def test_who_has_it_gets_nothing_again(built: Path) -> None:
    client = client_of(built)
    first = client.get("/assets/desk/desk-ab12.js")
    again = client.get("/assets/desk/desk-ab12.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_who_understands_gzip_gets_less(built: Path) -> None:
    client = client_of(built)
    with client.stream("GET", "/assets/desk/desk-ab12.js", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw) == SCRIPT
    assert len(raw) < len(SCRIPT) / 4
    plain = client.get("/assets/desk/desk-ab12.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.js",
        "/assets/%2e%2e/secret.js",
        "/assets/..%2fsecret.js",
        "/assets/desk/..%2f..%2f..%2fsecret.js",
        "/assets/%2e%2e%2f%2e%2e%2fconsole.py",
        "/assets//etc/passwd",
        "/assets/desk/desk-ab12.js%00",
        "/assets/desk/notes.txt",
        "/assets/desk",
        "/assets/",
        "/index.html",
        "/nowhere",
        "/alarms/a/b",
    ],
)
def test_no_path_leads_to_anything_else(built: Path, path: str) -> None:
    answer = client_of(built).get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"outside" not in answer.content


def test_a_page_takes_no_change(built: Path) -> None:
    assert client_of(built).post("/").status_code == 405
    assert client_of(built).head("/").status_code == 200


def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    client = client_of(tmp_path / "none")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "script" not in answer.text
    assert client.get("/assets/desk/desk.js").status_code == 404


def test_the_pages_are_no_part_of_the_api(built: Path) -> None:
    app = FastAPI()
    app.include_router(console(built))
    assert app.openapi()["paths"] == {}


def test_server_and_router_know_the_same_addresses() -> None:
    source = (ROOT / "web" / "src" / "desk" / "routes.ts").read_text(encoding="utf-8")
    paths = re.findall(r"path: '(/[^*']*)'", source)
    routed = {re.sub(r":(\w+)", r"{\1}", re.sub(r":(\w+)Id", r"{\1_id}", path)) for path in paths}
    assert routed == set(PAGES)
