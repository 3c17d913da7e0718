"""The phone's page and the files beside it: one page for every path, a worker that is asked anew, a strict policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipewarden.main.web import problems
from pipewarden.main.web.console import console
from pipewarden.main.web.guard import Guard

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "<!doctype html><title>phone</title>"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 "
    "Mobile Safari/537.36 XWEB/1160065 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600 WeChat/arm64 Weixin"
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "m").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>desk</title>", encoding="utf-8")
    (folder / "m" / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "m" / "sw.js").write_text("self.skipWaiting()", encoding="utf-8")
    (folder / "m" / "app.webmanifest").write_text('{"name": "管卫"}', encoding="utf-8")
    (folder / "m" / "icon-192.png").write_bytes(b"\x89PNG")
    (folder / "m" / "notes.txt").write_text("not for browsers", encoding="utf-8")
    (tmp_path / "secret.js").write_text("outside", encoding="utf-8")
    return folder


def client_of(folder: Path) -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Guard)
    app.include_router(console(folder))
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/m/", "/m/report", "/m/r/a-token", "/m/patrol/1/2/3", "/m/index.html", "/m/notes.txt"]
)
def test_every_path_of_the_phone_is_its_page_and_is_asked_for_anew(built: Path, path: str) -> None:
    answer = client_of(built).get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


def test_without_the_stroke_one_is_led_to_it(built: Path) -> None:
    answer = client_of(built).get("/m")
    assert (answer.status_code, answer.headers["location"]) == (308, "/m/")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sw.js", "text/javascript; charset=utf-8"),
        ("app.webmanifest", "application/manifest+json"),
        ("icon-192.png", "image/png"),
    ],
)
def test_the_files_beside_it_are_themselves_and_never_stale(built: Path, name: str, kind: str) -> None:
    client = client_of(built)
    answer = client.get(f"/m/{name}")
    assert answer.content == (built / "m" / name).read_bytes()
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get(f"/m/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/m/", "/m/sw.js", "/m/report"])
def test_the_policy_is_as_strict_as_the_desks_but_for_dictation(built: Path, path: str) -> None:
    client = client_of(built)
    answer, desk = client.get(path), client.get("/")
    assert answer.headers["content-security-policy"] == desk.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert "microphone=(self)" in answer.headers["permissions-policy"]
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "microphone=()" in desk.headers["permissions-policy"]


@pytest.mark.parametrize(
    "path", ["/m/../secret.js", "/m/%2e%2e/secret.js", "/m/..%2fsecret.js", "/m/%2e%2e%2f%2e%2e%2fsecret.js"]
)
def test_no_path_leads_out_of_the_folder(built: Path, path: str) -> None:
    answer = client_of(built).get(path)
    assert "outside" not in answer.text
    assert answer.status_code == 404 or answer.text == PAGE


def test_wechats_browser_gets_the_same_page(built: Path) -> None:
    answer = client_of(built).get("/m/", headers={"User-Agent": WECHAT})
    assert (answer.status_code, answer.text) == (200, PAGE)


def test_without_a_build_the_phone_says_how_to_make_one(tmp_path: Path) -> None:
    client = client_of(tmp_path / "none")
    assert client.get("/m/").status_code == 503
    assert "make web" in client.get("/m/report").text


def test_a_page_takes_no_change(built: Path) -> None:
    client = client_of(built)
    assert client.post("/m/report").status_code == 405
    assert client.head("/m/").status_code == 200
