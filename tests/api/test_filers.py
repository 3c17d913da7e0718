"""Who filed works sees the sites under the filing, declares days, answers violations and signs; nobody else does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import document_api
import filer_api
import filing_api
import pytest
from sqlalchemy import text


@dataclass
class Street:
    """Works that a contractor has filed, and the site that was seen there."""

    town: Any
    site: str
    filing: str

    def ask(self, method: str, what: str, who: str = filer_api.DIGGER, **more: Any) -> Any:
        path = f"/v1/filings/{self.filing}{what}"
        return self.town.client.as_(self.town.who(who), method, path, **more)

    def day(self, kind: str, who: str = filer_api.DIGGER, **told: Any) -> Any:
        return self.ask("POST", "/events", who, json={"act": {"kind": kind, "day": filing_api.day(0)} | told})

    def seen(self, who: str = "safety_manager") -> Any:
        return self.town.client.as_(self.town.who(who), "GET", f"/v1/sites/{self.site}").json()

    def broken(self) -> str:
        return filer_api.broken(self.town, self.site)

    def sign(self, number: str, who: str = filer_api.DIGGER, **more: Any) -> Any:
        said = {"name": "李工", "party": "示例市政"} | more
        files = {"picture": ("s.png", filer_api.written(), "image/png")}
        body = {"data": {"signature": json.dumps(said)}, "files": files}
        return self.ask("POST", f"/documents/{quote(number)}/signature", who, **body)


@pytest.fixture
def street(town: Any, spot: Any) -> Street:
    filing, site = filer_api.under(town, spot())
    return Street(town, site, filing)


def test_a_day_is_declared_without_a_version_and_shows_on_the_site(street: Street) -> None:
    assert street.seen()["filed_id"] == street.filing
    assert street.seen()["day"]["state"] == "missing", "a report was seen there today and nobody had declared it"
    made = street.day("start_day", heads=7, machines=["excavator"], hours={"opens": "23:58", "shuts": "23:59"})
    assert made.status_code == 200, made.text
    (one,) = made.json()["days"]
    assert (one["heads"], one["late"], one["hours"]) == (7, False, {"opens": "23:58", "shuts": "23:59"})
    told = street.seen()["day"]
    assert (told["state"], told["declared"]["heads"]) == ("declared", 7)
    assert street.seen("regulator")["day"] == told
    again = street.day("start_day", heads=2)
    assert (again.status_code, again.json()["field"]) == (409, "day")
    assert street.day("take_back_day", reason="下雨").json()["days"] == []
    assert street.seen()["day"]["state"] == "missing"
    late = street.day("start_day", heads=2, hours={"opens": "00:00", "shuts": "23:59"})
    assert late.json()["days"][0]["late"] is True
    assert street.seen()["day"]["state"] == "late"
    kinds = [one["kind"] for one in street.ask("GET", "/events").json()["items"]]
    assert kinds[-3:] == ["day_started", "day_taken_back", "day_started"]


def test_a_day_names_what_is_wrong_with_it(street: Street) -> None:
    for told, field in [
        ({"day": filing_api.day(3)}, "day"),
        ({"heads": 0}, "act.start_day.heads"),
        ({"machines": ["crane"]}, "machines"),
        ({"day": "soon"}, "act.start_day.day"),
    ]:
        refused = street.day("start_day", **({"heads": 3} | told))
        assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    other = street.ask("POST", "/events", json={"act": {"kind": "cancel", "reason": "x"}})
    assert (other.status_code, other.json()["field"]) == (422, "version")
    assert street.day("start_day", "owner", heads=3).status_code == 404
    assert street.day("start_day", "patroller", heads=3).status_code == 403
    stale = street.ask(
        "POST", "/events", json={"version": 1, "act": {"kind": "start_day", "day": filing_api.day(0), "heads": 3}}
    )
    assert stale.status_code == 409


def test_a_violation_is_answered_by_who_filed_and_stays_open(street: Street) -> None:
    violation = street.broken()
    (site,) = street.ask("GET", "/sites").json()["items"]
    assert (site["id"], site["headline"]) == (street.site, "violation")
    one = next(each for each in site["violations"] if each["id"] == violation)
    assert one["zh"]
    assert one["due_at"]
    path = f"/sites/{street.site}/answer"
    said = street.ask("POST", path, json={"violation_id": violation, "words": "围挡已补齐"})
    assert said.status_code == 200, said.text
    assert [each["words"] for each in said.json()["said"]] == [f"答复违规“{one['zh']}”：围挡已补齐"]
    assert next(each for each in said.json()["violations"] if each["id"] == violation)["fixed_at"] is None
    events = street.town.client.as_(
        street.town.who("dispatcher"), "GET", f"/v1/sites/{street.site}/events?limit=200"
    ).json()["items"]
    noted = [each for each in events if each["kind"] == "noted"]
    assert "围挡已补齐" in noted[-1]["body"]["words"]
    assert noted[-1]["actor"] == f"person:{street.town.who(filer_api.DIGGER).id}"
    none = street.ask("POST", path, json={"violation_id": street.filing, "words": "x"})
    assert (none.status_code, none.json()["field"]) == (409, "violation_id")
    fixed = {
        "kind": "fix",
        "violation_id": violation,
        "proof": {"pictures": [document_api.signature(street.town, "patroller", street.site)]},
    }
    document_api.act(street.town, "patroller", street.site, fixed)
    late = street.ask("POST", path, json={"violation_id": violation, "words": "x"})
    assert (late.status_code, late.json()["field"]) == (409, "violation_id")


def test_an_issued_document_is_read_and_signed_and_the_chain_says_so(street: Street) -> None:
    assert street.ask("GET", "/documents").json()["items"] == []
    issued = document_api.issued(street.town, "safety_manager", street.site, document_api.notice()).json()
    (one,) = street.ask("GET", "/documents").json()["items"]
    assert (one["number"], one["sha256"], one["signed"]) == (issued["number"], issued["sha256"], [])
    pdf = street.ask("GET", f"/documents/{quote(one['number'])}.pdf")
    assert hashlib.sha256(pdf.content).hexdigest() == one["sha256"]
    signed = street.sign(one["number"])
    assert signed.status_code == 200, signed.text
    assert [(each["name"], each["party"]) for each in signed.json()["signed"]] == [("李工", "示例市政")]
    again = street.sign(one["number"])
    assert (again.status_code, again.json()["field"]) == (409, "name")
    assert len(street.sign(one["number"], name="周监", party="").json()["signed"]) == 2
    with street.town.home.work() as work:
        rows = work.session.execute(
            text("SELECT details FROM people_audit WHERE act = 'document.signed' AND object_id = :id ORDER BY seq"),
            {"id": one["id"]},
        ).scalars()
        told = [json.loads(each) for each in rows]
    assert [each["name"] for each in told] == ["李工", "周监"]
    assert {each["sha256"] for each in told} == {one["sha256"]}
    (site,) = street.ask("GET", "/sites").json()["items"]
    assert [each["pictures"] for each in site["said"]] == [1, 1]
    who = street.town.who("dispatcher")
    events = street.town.client.as_(who, "GET", f"/v1/sites/{street.site}/events?limit=200").json()["items"]
    notes = [one for one in events if one["kind"] == "noted" and one["body"].get("pictures")]
    assert len(notes) == 2
    drawn = street.town.client.as_(who, "GET", f"/v1/sites/{street.site}/pictures/{notes[0]['body']['pictures'][0]}")
    assert drawn.headers["content-type"] == "image/jpeg"


def test_a_voided_document_and_a_bad_signature_are_refused(street: Street) -> None:
    number = document_api.issued(street.town, "safety_manager", street.site, document_api.notice()).json()["number"]
    nameless = street.sign(number, name="")
    assert (nameless.status_code, nameless.json()["field"]) == (422, "signature.name")
    broken = street.ask(
        "POST", f"/documents/{quote(number)}/signature", data={"signature": '{"name": "n"}'},
        files={"picture": ("s.png", b"no picture")},
    )  # fmt: skip
    assert (broken.status_code, broken.json()["field"]) == (422, "picture")
    document_api.post(street.town, "safety_manager", street.site, f"/{quote(number)}/void", {"reason": "写错"})
    assert street.sign(number).status_code == 404
    assert street.ask("GET", f"/documents/{quote(number)}.pdf").status_code == 404


def test_nobody_else_sees_or_says_anything_under_a_filing(street: Street) -> None:
    number = document_api.issued(street.town, "safety_manager", street.site, document_api.notice()).json()["number"]
    violation = street.broken()
    for who, status in [
        ("owner", 404),
        ("property_manager", 404),
        ("patroller", 403),
        ("resident", 403),
        ("contractor_b", 404),
    ]:
        asked = [
            street.ask("GET", "/sites", who),
            street.ask("GET", "/documents", who),
            street.ask("GET", f"/documents/{quote(number)}.pdf", who),
            street.sign(number, who),
            street.ask("POST", f"/sites/{street.site}/answer", who, json={"violation_id": violation, "words": "x"}),
        ]
        assert {one.status_code for one in asked} == {status}, who
    other = str(street.town.site_at(street.town.who("safety_manager"), (116.9, 39.9)))
    elsewhere = street.ask("POST", f"/sites/{other}/answer", json={"violation_id": violation, "words": "x"})
    assert elsewhere.status_code == 404
    assert street.ask("GET", "/sites", "safety_manager").status_code == 200
