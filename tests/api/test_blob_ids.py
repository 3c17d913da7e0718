"""No door answers with the hash of a stored picture, and none takes one: pictures have random ids of their tenant's."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import cv2
import numpy as np
import pytest
from site_api import File
from sqlalchemy import text

PROOFS = {  # fields that are hashes because they prove something, and of what; a new one must stand here
    "DocumentOut.sha256": "the PDF as issued; it is on the audit chain and printed by the page that checks papers",
    "SignableOut.sha256": "the same, for who signs that very paper",
    "PolicyVersionOut.sha256": "a policy's text; no picture",
    "MonthReportOut.sha256": "a month as it was printed, as the audit chain has it; no picture",
    "ModelVersionOut.sha256": "a model's file as the manifest and its card have it; no picture",
    "AuditEntryOut.hash": "an entry of the audit chain",
    "ReconciliationOut.sha256": "the payment provider's statement as it came; no picture",
    "TripFrameOut.own_digest": "of trip and picture together: only for who sent it, and nothing at another trip",
    "AddedOut.own_digest": "the same",
}
_NAMES = re.compile("sha256|digest|hash$|checksum")


def photo(level: int) -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((40, 60, 3), level, np.uint8))
    assert done
    return bytes(encoded)


def bring(town: Any, who: str, site: str, content: bytes) -> Any:
    files = {"picture": ("p.jpg", content, "image/jpeg")}
    return town.client.as_(town.who(who), "POST", f"/v1/sites/{site}/pictures", files=files)


@pytest.fixture
def file(town: Any, spot: Any) -> File:
    return File(town, spot())


def test_the_same_picture_has_one_id_here_and_another_at_the_other_tenant(town: Any, spot: Any, file: File) -> None:
    content = photo(121)
    mine = bring(town, "patroller", file.id, content).json()["id"]
    assert bring(town, "patroller", file.id, content).json()["id"] == mine
    place = spot()
    theirs = town.site_at(town.who("safety_manager_b"), place)
    other = bring(town, "safety_manager_b", theirs, content).json()["id"]
    assert other != mine
    assert hashlib.sha256(content).hexdigest() not in (mine, other)
    with town.at(town.a) as work:
        kept = "SELECT count(*) FROM people_blob_ids WHERE sha256 = :sha"
        assert work.session.scalar(text(kept), {"sha": hashlib.sha256(content).hexdigest()}) == 2


def test_an_unknown_id_another_tenants_and_one_out_of_reach_answer_the_same(town: Any, spot: Any, file: File) -> None:
    content = photo(122)
    shown = bring(town, "patroller", file.id, content).json()["id"]
    file.done("note", "patroller", shown=[shown])
    theirs = town.site_at(town.who("safety_manager_b"), spot())
    other = bring(town, "safety_manager_b", theirs, content).json()["id"]
    elsewhere = File(town, spot())
    assert town.client.as_(town.who("patroller"), "GET", f"/v1/sites/{file.id}/pictures/{shown}").status_code == 200
    asked = {
        "unknown": ("patroller", f"/v1/sites/{file.id}/pictures/{'A' * 22}"),
        "another tenant's": ("patroller", f"/v1/sites/{file.id}/pictures/{other}"),
        "of another site": ("patroller", f"/v1/sites/{elsewhere.id}/pictures/{shown}"),
        "asked by another tenant": ("safety_manager_b", f"/v1/sites/{file.id}/pictures/{shown}"),
        "asked at theirs": ("safety_manager_b", f"/v1/sites/{theirs}/pictures/{shown}"),
    }
    answers = {name: town.client.as_(town.who(who), "GET", path) for name, (who, path) in asked.items()}
    assert {name: one.status_code for name, one in answers.items()} == dict.fromkeys(asked, 404)
    assert len({one.text for one in answers.values()}) == 1, "the words must not tell one from the other"


def test_a_hash_opens_nothing_and_names_nothing(town: Any, file: File) -> None:
    content = photo(123)
    sha256 = hashlib.sha256(content).hexdigest()
    shown = bring(town, "patroller", file.id, content).json()["id"]
    file.done("note", "patroller", shown=[shown])
    who = town.who("patroller")
    assert town.client.as_(who, "GET", f"/v1/sites/{file.id}/pictures/{sha256}").status_code == 422
    assert file.post("note", "patroller", shown=[sha256]).status_code == 422
    assert file.post("arrive", "patroller", proof={"pictures": [sha256]}).status_code == 422


def test_what_happened_names_its_pictures_by_id_and_keeps_them_by_hash(town: Any, file: File) -> None:
    content = photo(124)
    sha256 = hashlib.sha256(content).hexdigest()
    shown = bring(town, "patroller", file.id, content).json()["id"]
    file.done("note", "patroller", shown=[shown])
    for who in ("patroller", "safety_manager", "regulator"):
        answer = town.client.as_(town.who(who), "GET", f"/v1/sites/{file.id}/events?limit=200")
        noted = [one for one in answer.json()["items"] if one["kind"] == "noted"]
        assert [one["body"]["pictures"] for one in noted] == [[shown]]
        assert sha256 not in answer.text
    with town.at(town.a) as work:
        kept = "SELECT body->'pictures' FROM casework_events WHERE site_id = :id AND kind = 'noted'"
        assert work.session.scalar(text(kept), {"id": file.id}) == [sha256], "what proves stays a hash inside"


def test_a_picture_from_before_there_were_ids_gets_one_when_it_is_shown(town: Any, file: File) -> None:
    content = photo(125)
    shown = bring(town, "patroller", file.id, content).json()["id"]
    file.done("note", "patroller", shown=[shown])
    with town.at(town.a) as work:
        work.session.execute(text("DELETE FROM people_blob_ids WHERE id = :id"), {"id": shown})
    path = f"/v1/sites/{file.id}/pictures"
    assert town.client.as_(town.who("patroller"), "GET", f"{path}/{shown}").status_code == 404
    told = file.get("/events?limit=200")["items"]
    (renewed,) = next(one["body"]["pictures"] for one in told if one["kind"] == "noted")
    assert renewed != shown
    assert town.client.as_(town.who("patroller"), "GET", f"{path}/{renewed}").status_code == 200


def test_no_answer_has_a_field_for_a_hash_but_the_proofs(town: Any) -> None:
    """A new field that sounds like a hash is either a random id instead, or proves something and says what."""
    schemas = town.app.openapi()["components"]["schemas"]
    found = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field in schema.get("properties", {})
        if _NAMES.search(field)
    }
    assert found == set(PROOFS), found ^ set(PROOFS)
    addressed = [path for path in town.app.openapi()["paths"] if re.search(r"\{[^}]*(sha|hash|digest)", path)]
    assert addressed == []


def test_no_field_takes_a_hash_but_the_draft_that_was_seen(town: Any) -> None:
    told = json.dumps(town.app.openapi())
    patterns = [one for one in re.findall(r'"pattern": "([^"]*)"', told) if "64" in one]
    assert patterns == ["^[0-9a-f]{64}$"], "IssueIn.seen: the text of a draft"
