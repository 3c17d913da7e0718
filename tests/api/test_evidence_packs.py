"""Evidence packs over HTTP: whole, read as a page, written down, and only for those who may take them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import document_api
import pytest
from site_api import SIGNED, File

from pipewarden.act.adapters.signing import verified
from pipewarden.act.rules import pack
from pipewarden.people import service as people
from pipewarden.people.facts import Role

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} ]]> \u202e&amp;"


@pytest.fixture
def file(town: Any, spot: Any) -> File:
    return File(town, spot())


def packed(file: File, who: str = "safety_manager") -> Any:
    return file.town.client.as_(file.town.who(who), "POST", f"/v1/sites/{file.id}/evidence-pack")


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_a_pack_holds_what_happened_and_proves_itself(file: File) -> None:
    file.look(true=True)
    picture = file.picture()
    file.done("violate", code="V-UNBRIEFED", reason=HOSTILE)
    proof = SIGNED | {"refused": True, "witness": "社区王主任", "pictures": [picture]}
    file.done("advance", "patroller", to="notified", proof=proof)
    answer = packed(file)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    key = file.town.client.as_(None, "GET", "/v1/signing-key").json()["fingerprint"]
    found = pack.check(answer.content, verified, key=key)
    assert found.problems == ()
    assert found.about is not None
    assert (found.about.site, found.about.version) == (str(file.id), file.version)
    held = opened(answer.content)
    events = json.loads(held["timeline.json"])
    assert [one["version"] for one in events] == list(range(1, file.version + 1))
    (violation,) = (one for one in json.loads(held["violations.json"]) if one["reason"] == HOSTILE)
    assert violation["clause"]
    assert {"site.json", "rules.json", "filing.json", "map.svg", "index.html"} <= held.keys()
    shown = [name for name in held if name.startswith("pictures/")]
    assert shown
    assert all(held[name].startswith(b"\xff\xd8\xff") for name in shown), "drawn anew, whatever was sent"
    assert any("no longer there" in one["what"] for one in json.loads(held["manifest.json"])["files"]) is False
    if folder := os.environ.get("PIPEWARDEN_PICTURES"):  # for a person to look at
        Path(folder, "pack.zip").write_bytes(answer.content)


def test_a_pack_holds_the_papers_of_its_site(file: File) -> None:
    town, site = file.town, file.id
    wrong = document_api.issued(town, "safety_manager", site, document_api.notice()).json()
    replaces = {"number": wrong["number"], "reason": HOSTILE}
    asked = document_api.notice(recipient="示例水务")
    right = document_api.issued(town, "safety_manager", site, asked, replaces=replaces).json()
    held = opened(packed(file).content)
    listed = {one["number"]: one for one in json.loads(held["documents.json"])}
    assert set(listed) == {wrong["number"], right["number"]}
    assert listed[wrong["number"]]["replaced_by"] == right["number"]
    for one in listed.values():
        assert hashlib.sha256(held[one["name"]]).hexdigest() == one["sha256"]
    page = held["index.html"].decode()
    assert right["number"] in page
    assert "<script>" not in page


def test_a_pack_holds_itself_on_paper(file: File) -> None:
    file.done("violate", code="V-UNBRIEFED", reason=HOSTILE)
    file.done("note", words="示例路口挖机一台")
    answer = packed(file)
    held = opened(answer.content)
    pdf = held["evidence.pdf"]
    assert pdf.startswith(b"%PDF")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    listed = {one["name"]: one for one in json.loads(held["manifest.json"])["files"]}
    assert listed["evidence.pdf"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    changed = answer.content.replace(pdf[-60:], pdf[-60:].replace(b"xref", b"xreg"))
    assert changed != answer.content
    assert any("evidence.pdf" in one for one in pack.check(changed, verified).problems)


def test_the_paper_alone_is_taken_as_the_pack_is(file: File) -> None:
    taken = file.town.client.as_(file.town.who("dispatcher"), "POST", f"/v1/sites/{file.id}/evidence-pack.pdf")
    assert taken.status_code == 200, taken.text
    assert taken.headers["content-type"] == "application/pdf"
    assert taken.content.startswith(b"%PDF")
    assert taken.headers["content-disposition"].endswith(".pdf")
    details = _last_taken(file)
    assert details["pdf"] == hashlib.sha256(taken.content).hexdigest()
    assert details["version"] == file.version


def test_the_page_shows_hostile_words_as_words(file: File) -> None:
    file.done("note", words=HOSTILE)
    page = opened(packed(file).content)["index.html"].decode()
    assert "<script>" not in page
    assert "{{ 7*7 }}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r"(?:src|href)=\"(?!pictures/|map\.svg|evidence\.pdf)", page) == [], (
        "nothing but the pack's own files"
    )


def test_taking_a_pack_is_written_down(file: File) -> None:
    packed(file, "dispatcher")
    assert _last_taken(file)["version"] == file.version


def _last_taken(file: File) -> Any:
    """Return what the audit chain says of the last pack that the dispatcher took."""
    with file.town.home.work() as work:
        end = people.anchor(work).seq
        entries = people.read(work, people.operator(file.town.home.tenant_id), after=max(0, end - 50))
    (*_, entry) = (one for one in entries if one.act == "evidence.packed" and one.object_id == str(file.id))
    assert entry.actor_id == file.town.who("dispatcher").id
    return json.loads(entry.details)


@pytest.mark.parametrize(("who", "status"), [("dispatcher", 200), ("patroller", 403), ("contractor", 403)])
def test_who_may_take_one(file: File, who: str, status: int) -> None:
    assert packed(file, who).status_code == status


def test_a_site_out_of_reach_is_not_there(file: File) -> None:
    town, path = file.town, f"/v1/sites/{file.id}/evidence-pack"
    west, east = (town.person(Role.DISPATCHER, area=area) for area in (town.west, town.east))
    assert [town.client.as_(one, "POST", path).status_code for one in (west, east)] == [404, 200]


def test_pipes_are_drawn_only_for_who_may_read_the_network_there(file: File) -> None:
    """A regulator gets 403 for the tiles: the same lines must not come to them by a pack."""
    lon, lat = file.place
    with file.town.network(file.town.a, {"secret-main": [(lon - 0.001, lat), (lon + 0.001, lat)]}):
        seen = {who: opened(packed(file, who).content) for who in ("dispatcher", "regulator")}
    assert b"secret-main" in seen["dispatcher"]["map.svg"]
    assert b"No pipes are drawn" not in seen["dispatcher"]["index.html"]
    assert b"secret-main" not in seen["regulator"]["map.svg"]
    assert b"<circle" in seen["regulator"]["map.svg"], "the place itself stays"
    assert b"No pipes are drawn" in seen["regulator"]["index.html"]
    rows = {one["name"]: one["what"] for one in json.loads(seen["regulator"]["manifest.json"])["files"]}
    assert "without pipes" in rows["map.svg"]
