"""Whose report an authority reads and answers: by its own ground, over all companies there, and no further."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from site_api import File

from pipewarden.people import service as people
from pipewarden.people.facts import Role


def reported(town: Any, place: tuple[float, float], to: str = "城管") -> tuple[File, str]:
    file = File(town, place)
    file.look(true=True)
    return file, file.reported(to)


def asked(town: Any, who: Any, method: str, path: str, **more: Any) -> Any:
    return town.client.as_(who, method, f"/v1/government{path}", **more)


def listed(town: Any, who: Any) -> dict[str, Any]:
    """Return every report that somebody reads, by its id."""
    found: dict[str, Any] = {}
    path = "/reports?limit=3"
    while path:
        told = asked(town, who, "GET", path)
        assert told.status_code == 200, told.text
        page = told.json()
        assert not {one["report"]["id"] for one in page["items"]} & found.keys()
        found |= {one["report"]["id"]: one for one in page["items"]}
        path = f"/reports?limit=3&cursor={page['next']}" if page["next"] else ""
    return found


@pytest.fixture(scope="module")
def elsewhere(town: Any) -> Any:
    """Return the authority of the western district."""
    return town.person(Role.REGULATOR, area=town.west)


def test_an_authority_reads_its_own_ground_and_nobody_elses(town: Any, spot: Any, elsewhere: Any) -> None:
    file, report = reported(town, spot())
    assert report in listed(town, town.who("regulator"))
    assert report not in listed(town, elsewhere)
    answer = f"/reports/{file.id}/{report}"
    for path, body in ((f"{answer}/acknowledge", None), (f"{answer}/answer", {"answer": "x"})):
        more = {} if body is None else {"json": body}
        assert asked(town, elsewhere, "POST", path, **more).status_code == 404
    untouched = file.get()["reports"][-1]
    assert (untouched["acknowledged_at"], untouched["answered_at"]) == (None, None)


@pytest.mark.parametrize("who", ["dispatcher", "safety_manager", "tenant_admin", "patroller", "contractor", "auditor"])
def test_a_company_does_not_answer_itself_in_the_authoritys_name(town: Any, spot: Any, who: str) -> None:
    file, report = reported(town, spot())
    for what, more in (("acknowledge", {}), ("answer", {"json": {"answer": "all well"}})):
        said = asked(town, town.who(who), "POST", f"/reports/{file.id}/{report}/{what}", **more)
        assert said.status_code == 403, what
    assert file.get()["reports"][-1]["answered_at"] is None


def test_another_companys_people_do_not_read_it(town: Any, spot: Any) -> None:
    _, report = reported(town, spot())
    assert report in listed(town, town.who("safety_manager"))
    assert report not in listed(town, town.who("safety_manager_b"))


def test_what_the_authority_did_stands_in_the_companys_own_chain_with_its_name(town: Any, spot: Any) -> None:
    file, report = reported(town, spot())
    regulator = town.who("regulator")
    path = f"/reports/{file.id}/{report}"
    assert asked(town, regulator, "POST", f"{path}/acknowledge").status_code == 200
    outcome = {"measure": "order", "document": "责改〔2026〕9号", "clause": "条例 第五十条"}
    said = {"answer": "责令停工", "outcome": outcome}
    assert asked(town, regulator, "POST", f"{path}/answer", json=said).status_code == 200
    with town.at(town.a) as work:
        end = people.anchor(work).seq
        entries = people.read(work, people.operator(town.a), after=max(0, end - 60))
        assert people.verify(work) is None, "the chain holds"
    mine = [one for one in entries if one.object_id == str(file.id) and one.actor_id == regulator.id]
    assert [one.act for one in mine] == ["site.report_acknowledged", "site.report_answered"]
    assert json.loads(mine[-1].details)["version"] == file.get()["version"]
    events = file.get("/events?limit=200")["items"][-2:]
    assert {one["actor"] for one in events} == {f"person:{regulator.id}"}


def test_the_answer_is_owed_until_it_comes_and_taking_in_hand_is_no_answer(town: Any, spot: Any) -> None:
    file, report = reported(town, spot())
    assert "answer" in owed_kinds(file)
    asked(town, town.who("regulator"), "POST", f"/reports/{file.id}/{report}/acknowledge")
    assert "answer" in owed_kinds(file)
    asked(town, town.who("regulator"), "POST", f"/reports/{file.id}/{report}/answer", json={"answer": "looked"})
    assert "answer" not in owed_kinds(file)


def owed_kinds(file: File) -> set[str]:
    path = f"/v1/duties?site_id={file.id}&limit=200"
    told = file.town.client.as_(file.town.who("safety_manager"), "GET", path).json()["items"]
    return {one["kind"] for one in told if one["state"] in {"open", "overdue"}}


def test_two_reports_of_one_site_are_answered_each_for_itself(town: Any, spot: Any) -> None:
    file, first = reported(town, spot())
    second = file.reported("住建局")
    regulator = town.who("regulator")
    answer = asked(town, regulator, "POST", f"/reports/{file.id}/{second}/answer", json={"answer": "second"})
    assert answer.status_code == 200
    told = {one["id"]: one for one in file.get()["reports"]}
    assert (told[first]["answered_at"], told[second]["answer"]) == (None, "second")
    assert "answer" in owed_kinds(file)
    wrong = asked(town, regulator, "POST", f"/reports/{file.id}/{file.id}/answer", json={"answer": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (409, "report_id")


def test_figures_are_of_what_may_be_read(town: Any, spot: Any, elsewhere: Any) -> None:
    now = datetime.now(UTC)
    span = {"since": (now - timedelta(days=2)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}

    def of(who: Any) -> tuple[int, set[str]]:
        told = asked(town, who, "GET", "/figures", params=span).json()
        return told["reports"], {one["tenant_id"] for one in told["counts"]}

    before = {who: of(town.who(who))[0] for who in ("regulator", "safety_manager", "safety_manager_b")}
    away = of(elsewhere)
    reported(town, spot())
    grown = {who: of(town.who(who))[0] - count for who, count in before.items()}
    assert grown == {"regulator": 1, "safety_manager": 1, "safety_manager_b": 0}
    assert of(elsewhere) == away
    assert str(town.b) not in of(town.who("safety_manager"))[1]


@pytest.mark.parametrize("who", ["regulator", "dispatcher", "auditor"])
def test_the_list_and_the_figures_name_the_company(town: Any, spot: Any, who: str) -> None:
    file, report = reported(town, spot())
    with town.at(town.a) as work:
        tenant = people.tenant_acted_for(work)
        stranger = people.tenant_names(work, [UUID(int=7)])
    assert tenant is not None
    assert stranger == {}
    assert listed(town, town.who(who))[report]["tenant_name"] == tenant.name
    now = datetime.now(UTC)
    span = {"since": (now - timedelta(days=2)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    counts = asked(town, town.who(who), "GET", "/figures", params=span).json()["counts"]
    names = {one["tenant_name"] for one in counts if one["tenant_id"] == str(file.get()["tenant_id"])}
    assert names == {tenant.name}
