"""Owner and supervising engineer read works that somebody else has filed and that name them; nobody else does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import quote

import filer_api
import filing_api
import pytest
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, Language, NewContact, Role

NUMBERS = iter(f"1350000{n:04d}" for n in range(1, 9999))


@dataclass
class Named:
    """Works with an owner and a supervising engineer who stand on them by their phones."""

    town: Any
    filing: str
    site: str
    owner: Any
    watcher: Any

    def ask(self, who: Any, what: str = "", method: str = "GET", **more: Any) -> Any:
        return self.town.client.as_(who, method, f"/v1/filings/{self.filing}{what}", **more)

    def listed(self, who: Any) -> list[str]:
        answer = self.town.client.as_(who, "GET", "/v1/filings?limit=200")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]


def prove(town: Any, person: Any, number: str, *, proved: bool = True, tenant: Any = None) -> None:
    """Let somebody have a phone, and acknowledge something by it."""
    with town.at(tenant or town.a) as work:
        wanted = NewContact(kind=ContactKind.SMS, address=f"+86{number}", language=Language.ZH)
        (one,) = people.set_contacts(work, people.operator(), person.id, [wanted])
        if proved:
            people.verified(work, one.id)


@pytest.fixture
def named(town: Any, spot: Any) -> Named:
    numbers = [next(NUMBERS) for _ in range(2)]
    owner, watcher = (town.person(role, area=town.east) for role in (Role.OWNER, Role.SUPERVISING_ENGINEER))
    for one, number in zip((owner, watcher), numbers, strict=True):
        prove(town, one, number)
    if filer_api.DIGGER not in town.people:
        town.people[filer_api.DIGGER] = town.person(Role.CONTRACTOR, tenant=town.a, area=town.east)
    place = spot()
    site = str(town.site_at(town.who("safety_manager"), place))
    parties = [
        {"role": "owner", "name": "某某置业", "contact": f"陈总 {numbers[0][:3]} {numbers[0][3:7]} {numbers[0][7:]}"},
        {"role": "contractor", "name": "示例市政", "contact": "13900002222"},
        {"role": "supervising_engineer", "name": "某某监理", "contact": f"+86-{numbers[1]}"},
    ]
    period = {"valid_from": filing_api.day(0), "valid_until": filing_api.day(9)}
    filing = filing_api.filed(town, town.who(filer_api.DIGGER), place, parties=parties, **period)
    return Named(town, filing, site, owner, watcher)


def test_who_is_named_reads_it_and_is_told_as_what(named: Named) -> None:
    for who, part in ((named.owner, "owner"), (named.watcher, "supervising_engineer")):
        read = named.ask(who)
        assert (read.status_code, read.json()["part"]) == (200, part)
        assert {one["contact"] for one in read.json()["parties"]} == {""}, "numbers are the filer's to give"
        assert read.json()["pipes"] is None
        assert named.filing in named.listed(who)
        (site,) = named.ask(who, "/sites").json()["items"]
        assert site["id"] == named.site
        assert named.ask(who, "/events").status_code == 200
    own = named.ask(named.town.who(filer_api.DIGGER)).json()
    assert own["part"] is None
    assert any(one["contact"] for one in own["parties"])


def test_a_role_alone_a_number_that_nobody_proved_and_a_name_open_nothing(named: Named) -> None:
    town = named.town
    stranger, namesake = town.person(Role.OWNER, area=town.east), town.person(Role.SUPERVISING_ENGINEER, area=town.east)
    number = "13900002222"
    prove(town, stranger, number, proved=False)  # written down, never acknowledged by it
    for who in (stranger, namesake, town.who("owner"), town.who("contractor"), town.who("owner_b")):
        assert named.ask(who).status_code == 404
        assert named.ask(who, "/sites").status_code == 404
        assert named.ask(who, "/events").status_code == 404
        assert named.ask(who, "/documents").status_code == 404
        assert named.filing not in named.listed(who)
    assert named.ask(town.who("resident")).status_code == 403


def test_a_number_proved_for_another_operator_opens_nothing_here(named: Named) -> None:
    town, number = named.town, next(NUMBERS)
    theirs = town.person(Role.OWNER, tenant=town.b, area=town.west)
    prove(town, theirs, number, tenant=town.b)
    parties = [{"role": "owner", "name": "某某置业", "contact": number}]
    changed = {"kind": "revise", "reason": "业主换了", "works": _works(named, parties)}
    read = named.ask(town.who(filer_api.DIGGER)).json()
    done = named.ask(town.who(filer_api.DIGGER), "/events", "POST", json={"version": read["version"], "act": changed})
    assert done.status_code == 200, done.text
    assert named.ask(theirs).status_code == 404
    assert named.filing not in named.listed(theirs)
    assert named.ask(named.owner).status_code == 404, "who is named no more reads no more"
    assert named.filing not in named.listed(named.owner)


def _works(named: Named, parties: list[dict[str, str]]) -> dict[str, Any]:
    read = named.ask(named.town.who(filer_api.DIGGER)).json()
    period = {"valid_from": filing_api.day(0), "valid_until": filing_api.day(9)}
    return {"area": read["area"], "place": read["place"], "method": read["method"], "parties": parties} | period


def test_who_is_named_changes_nothing(named: Named) -> None:
    version = named.ask(named.owner).json()["version"]
    acts: list[dict[str, Any]] = [
        {"kind": "cancel", "reason": "x"},
        {"kind": "renew", "valid_until": filing_api.day(30), "reason": "x"},
        {"kind": "start_day", "day": filing_api.day(0), "heads": 3},
        {"kind": "revise", "reason": "x", "works": _works(named, [])},
    ]
    for who in (named.owner, named.watcher):
        for act in acts:
            refused = named.ask(who, "/events", "POST", json={"version": version, "act": act})
            assert refused.status_code == 404, refused.text
        answered = named.ask(who, "/events", "POST", json={"version": version, "act": {"kind": "answer", "words": "x"}})
        assert answered.status_code == 403
    assert named.ask(named.owner).json()["version"] == version


def test_the_owner_answers_a_violation_and_who_supervises_does_not(named: Named) -> None:
    violation = filer_api.broken(named.town, named.site)
    path, body = f"/sites/{named.site}/answer", {"violation_id": violation, "words": "已责成施工单位整改"}
    refused = named.ask(named.watcher, path, "POST", json=body)
    assert (refused.status_code, refused.json()["field"]) == (403, "filing")
    done = named.ask(named.owner, path, "POST", json=body)
    assert done.status_code == 200, done.text
    assert [one["words"].endswith("已责成施工单位整改") for one in done.json()["said"]] == [True]
    (seen,) = named.ask(named.watcher, "/sites").json()["items"]
    assert seen["said"] == [], "what another one said is theirs"
    assert seen["violations"][-1]["fixed_at"] is None


def test_a_receipt_is_signed_by_whoever_is_named(named: Named) -> None:
    number = filer_api.notice(named.town, named.site)
    files = {"picture": ("s.png", filer_api.written(), "image/png")}
    data = {"signature": json.dumps({"name": "周监", "party": "某某监理"})}
    done = named.ask(named.watcher, f"/documents/{quote(number)}/signature", "POST", data=data, files=files)
    assert done.status_code in {200, 201}, done.text
    (paper,) = named.ask(named.owner, "/documents").json()["items"]
    assert [one["name"] for one in paper["signed"]] == ["周监"]


def test_who_speaks_for_a_unit_reads_works_that_name_it_by_its_code(named: Named, spot: Any) -> None:
    town = named.town
    speaker = town.person(Role.CONTRACTOR, area=town.east)
    parties = [{"role": "contractor", "name": f"无码市政 {named.filing[:8]}", "contact": "x"}]
    filing = filing_api.filed(town, town.who(filer_api.DIGGER), spot(), parties=parties)
    read = town.client.as_(speaker, "GET", f"/v1/filings/{filing}")
    assert read.status_code == 404
    with town.at(town.a) as work:
        asked = text("SELECT contractor_id FROM casework_filings WHERE id = :id")
        unit = work.session.execute(asked, {"id": filing}).scalar_one()
    put = town.client.as_(
        town.who("safety_manager"), "PUT", f"/v1/contractors/{unit}/speaker", json={"person_id": str(speaker.id)}
    )
    assert put.status_code == 200, put.text
    read = town.client.as_(speaker, "GET", f"/v1/filings/{filing}")
    assert (read.status_code, read.json()["part"]) == (200, "contractor")
    assert town.client.as_(speaker, "GET", f"/v1/filings/{named.filing}").status_code == 404
    gone = town.client.as_(
        town.who("safety_manager"), "PUT", f"/v1/contractors/{unit}/speaker", json={"person_id": None}
    )
    assert gone.status_code == 200, gone.text
    assert town.client.as_(speaker, "GET", f"/v1/filings/{filing}").status_code == 404


def test_works_filed_before_are_known_by_the_same_keys(named: Named) -> None:
    """The migration fills in what the rule says."""
    fill = import_module("pipewarden.migrations.versions.0039_asked_where")._NAMED
    asked = text("SELECT named FROM casework_filings WHERE id = :id")
    with named.town.home.factory.begin(named.town.a) as work:
        before = work.session.execute(asked, {"id": named.filing}).scalar_one()
        work.session.execute(text("UPDATE casework_filings SET named = '{}' WHERE id = :id"), {"id": named.filing})
        work.session.execute(text(fill))
        assert work.session.execute(asked, {"id": named.filing}).scalar_one() == before
    assert len(before) == 3
