"""A filing handed over to another operator of the platform over HTTP: what travels, and all that must not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import filing_api
import pytest
import shapely

from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, Role
from pipewarden.people.store.tenants import TenantRow

NEXT = "交界处燃气有限公司"
SECRETS = ("line-of-the-giver", "line-of-the-next")


@dataclass(slots=True)
class Neighbours:
    """An operator, the one next to it whose own area lies around the works, and who works there."""

    town: Any
    place: tuple[float, float]
    next: Any
    manager: Any
    dispatcher: Any

    def ask(self, who: Any, path: str, status: int = 200, **body: Any) -> Any:
        method = "POST" if body else "GET"
        answer = self.town.client.as_(who, method, path, **({"json": body} if body else {}))
        assert answer.status_code == status, answer.text
        return answer.json()

    def act(self, who: Any, filing: str, kind: str, status: int = 200, **told: Any) -> Any:
        version = self.ask(who, f"/v1/filings/{filing}")["version"]
        return self.ask(who, f"/v1/filings/{filing}/events", status, version=version, act={"kind": kind} | told)

    def handed(self) -> tuple[str, str]:
        """File works with the first operator and hand them over; return both filings' ids."""
        parties = [
            {"role": "contractor", "name": "市政二公司", "contact": "13800002222"},
            {"role": "operator", "name": "本地燃气", "contact": "87654321"},
        ]
        mine = filing_api.filed(self.town, self.town.who("contractor"), self.place, parties=parties, depth_m=2.5)
        giver = self.town.who("dispatcher")
        made = self.act(giver, mine, "hand_over", name=NEXT, contact="96777", reason="管线属邻区")
        return mine, made["handed"]["filing_id"]


@pytest.fixture(scope="module")
def elsewhere(town: Any) -> Any:
    """Found a third operator with an area of its own in the east of the city."""
    home = town.home
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "gas-next").id
    with home.factory.begin(PLATFORM) as work:
        work.session.get_one(TenantRow, tenant).name = NEXT
    east = bytes(shapely.to_wkb(shapely.box(116.6, 39.4, 116.9, 39.7)))
    with home.factory.begin(tenant) as work:
        people.add_area(work, people.operator(tenant), NewArea("own", "交界", wkb=east))
    manager = town.person(Role.SAFETY_MANAGER, tenant=tenant, area=town.east)
    dispatcher = town.person(Role.DISPATCHER, tenant=tenant, area=town.east)
    return tenant, manager, dispatcher


@pytest.fixture
def two(town: Any, spot: Any, elsewhere: Any) -> Neighbours:
    return Neighbours(town, spot(), *elsewhere)


def line(place: tuple[float, float]) -> list[tuple[float, float]]:
    return [(place[0] - 0.002, place[1]), (place[0] + 0.002, place[1])]


def everything(two: Neighbours, who: Any, filing: str) -> str:
    """Return all that somebody can read of a filing, as one text."""
    paths = (f"/v1/filings/{filing}", f"/v1/filings/{filing}/events", "/v1/filings?limit=200")
    return json.dumps([two.ask(who, one) for one in paths], ensure_ascii=False)


def test_the_next_operator_reads_the_works_and_nothing_of_the_givers_pipes_or_people(two: Neighbours) -> None:
    town = two.town
    with town.network(town.a, {SECRETS[0]: line(two.place)}):
        mine, theirs = two.handed()
        assert SECRETS[0] in everything(two, town.who("safety_manager"), mine)
        got = two.ask(two.dispatcher, f"/v1/filings/{theirs}")
        same = ("area", "method", "machines", "depth_m", "valid_from", "valid_until", "hours", "urgent", "words")
        sent = two.ask(town.who("dispatcher"), f"/v1/filings/{mine}")
        assert {one: got[one] for one in same} == {one: sent[one] for one in same}
        assert [one["name"] for one in got["parties"]] == ["市政二公司", NEXT]
        assert (got["source"], got["source_id"], got["state"], got["filed_by"]) == ("handed_over", mine, "filed", None)
        read = everything(two, two.manager, theirs)
        people_here = [str(town.who(one).id) for one in ("contractor", "dispatcher", "safety_manager")]
        for secret in (SECRETS[0], "本地燃气", "87654321", *people_here):
            assert secret not in read, secret
        assert sent["decision"]["overlaps"] != []
        assert got["decision"]["overlaps"] == []  # its own map is asked, and knows of no pipe there


def test_the_giver_sees_that_it_is_answered_and_nothing_of_the_answer_or_the_map(two: Neighbours) -> None:
    town = two.town
    with town.network(two.next, {SECRETS[1]: line(two.place)}):
        mine, theirs = two.handed()
        assert SECRETS[1] in everything(two, two.manager, theirs)
        two.act(two.dispatcher, theirs, "answer", words="两米内人工开挖，勿外传")
        for who in ("safety_manager", "dispatcher", "contractor"):
            read = everything(two, town.who(who), mine)
            assert SECRETS[1] not in read
            assert "勿外传" not in read
            assert str(two.dispatcher.id) not in read
        handed = two.ask(town.who("dispatcher"), f"/v1/filings/{mine}")["handed"]
        assert (handed["filing_id"], handed["state"]) == (theirs, "answered")
        assert handed["answered_at"] is not None


def test_neither_reads_or_acts_on_the_others_filing(two: Neighbours) -> None:
    town = two.town
    mine, theirs = two.handed()
    for who, filing in ((two.manager, mine), (two.dispatcher, mine), (town.who("safety_manager"), theirs)):
        two.ask(who, f"/v1/filings/{filing}", 404)
        two.ask(who, f"/v1/filings/{filing}/events", 404)
        act = {"kind": "cancel", "reason": "x"}
        two.ask(who, f"/v1/filings/{filing}/events", 404, version=2, act=act)
    refused = two.act(town.who("dispatcher"), mine, "answer", 409, words="x")
    assert refused["field"] == "state"
    assert refused["fix"]
    two.act(two.dispatcher, theirs, "cancel", 409, reason="not ours")


def test_a_revision_travels_and_asks_the_next_operator_anew(two: Neighbours) -> None:
    town = two.town
    mine, theirs = two.handed()
    two.act(two.dispatcher, theirs, "answer", words="x")
    works = filing_api.works(two.place, depth_m=6, parties=[{"role": "contractor", "name": "市政二公司"}])
    two.act(town.who("contractor"), mine, "revise", works=works, reason="改深")
    got = two.ask(two.dispatcher, f"/v1/filings/{theirs}")
    assert (got["depth_m"], got["state"], got["answered_at"]) == (6, "filed", None)
    assert [one["name"] for one in got["parties"]] == ["市政二公司", NEXT]
    two.act(town.who("contractor"), mine, "cancel", reason="不做了")
    assert two.ask(two.dispatcher, f"/v1/filings/{theirs}")["state"] == "cancelled"
    events = two.ask(two.dispatcher, f"/v1/filings/{theirs}/events")["items"]
    assert {one["actor"] for one in events if one["kind"] in {"filed", "revised", "cancelled"}} == {None}


def test_what_is_sent_back_is_answered_where_it_came_from(two: Neighbours) -> None:
    town = two.town
    mine, theirs = two.handed()
    two.act(two.dispatcher, theirs, "send_back", reason="图上没有我方管线")
    back = two.ask(town.who("dispatcher"), f"/v1/filings/{mine}")
    assert (back["handed"], back["state"]) == (None, "filed")
    last = two.ask(town.who("dispatcher"), f"/v1/filings/{mine}/events")["items"][-1]
    assert (last["kind"], last["reason"]) == ("returned", "图上没有我方管线")
    assert two.act(town.who("dispatcher"), mine, "answer", words="一根中压管")["state"] == "answered"
    two.act(two.dispatcher, theirs, "answer", 409, words="too late")
