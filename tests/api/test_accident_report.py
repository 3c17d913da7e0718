"""The statutory report of a strike over HTTP: offered at once, issued in the hour, supplemented, never of a drill."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import document_api as api
import pytest
import strike_api

RECIPIENT = {"recipient": "示例市应急管理局"}


@pytest.fixture
def strike(town: Any, spot: Any) -> dict[str, Any]:
    lon, lat = spot()
    return strike_api.struck(town, town.who("patroller"), (lon, lat), words="挖机挖断，有气味")


def asked(**fields: str) -> dict[str, Any]:
    return {"kind": "accident", "fields": RECIPIENT | {"place": "示例路 1 号"} | fields}


def texts(town: Any, site: str, wanted: dict[str, Any], who: str = "dispatcher") -> dict[str, str | None]:
    answer = api.draft(town, who, site, wanted)
    assert answer.status_code == 200, answer.text
    return {one["key"]: one["text"] for one in answer.json()["fields"]}


def test_it_is_offered_at_once_and_issued_within_the_hour(town: Any, strike: dict[str, Any]) -> None:
    site = strike["site_id"]
    first = api.get(town, "dispatcher", site).json()["offered"][0]
    assert (first["kind"], first["why"]) == ("accident", "strike")
    manager = town.who("safety_manager")
    for said in ({"kind": "called", "key": "fire", "said": "已出动"}, {"kind": "situation", "words": "路口已封闭"}):
        answer = strike_api.act(town, manager, strike["id"], **said)
        assert answer.status_code == 200, answer.text
    draft = api.draft(town, "dispatcher", site, asked(dead="0", missing="0")).json()
    fields = {one["key"]: one["text"] for one in draft["fields"]}
    assert (fields["course"], fields["scene"], fields["timely"]) == ("挖机挖断，有气味", "路口已封闭", "是")
    assert fields["stage"] == "首报"
    assert fields["loss"] is None
    assert {"injured", "unit", "loss"} <= set(draft["blank"])
    assert any("第九条" in one and "1 小时" in one for one in draft["clauses"])
    issued = api.issue(town, "dispatcher", site, asked(dead="0", missing="0") | {"seen": draft["seen"]})
    assert issued.status_code == 201, issued.text
    one = issued.json()
    assert re.fullmatch(r"快报-\d{4}-\d{6}", one["number"])
    assert one["about"] == first["about"]
    pdf = api.get(town, "dispatcher", site, f"/{quote(one['number'])}.pdf")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf.content
    offered = {each["kind"] for each in api.get(town, "dispatcher", site).json()["offered"]}
    assert "accident" not in offered


def test_what_changes_is_reported_again_and_names_the_first(town: Any, strike: dict[str, Any]) -> None:
    site = strike["site_id"]
    first = api.issued(town, "safety_manager", site, asked()).json()["number"]
    assert texts(town, site, asked(injured="1"))["stage"] == f"补报（前报：{first}）"
    second = api.issued(town, "safety_manager", site, asked(injured="1")).json()["number"]
    assert int(second[-6:]) == int(first[-6:]) + 1
    both = {one["number"]: one for one in api.get(town, "safety_manager", site).json()["items"]}
    assert all(one["voided_at"] is None for one in both.values()), "the first one stands"
    api.post(town, "safety_manager", site, f"/{quote(second)}/void", {"reason": "人数写错"})
    assert texts(town, site, asked())["stage"] == f"补报（前报：{first}）", "a void one counts for nothing"


def test_without_an_addressee_it_is_refused_by_its_field(town: Any, strike: dict[str, Any]) -> None:
    wanted = asked()
    del wanted["fields"]["recipient"]
    answer = api.issued(town, "dispatcher", strike["site_id"], wanted)
    assert (answer.status_code, answer.json()["field"]) == (422, "fields.recipient")
    api.act(town, "dispatcher", strike["site_id"], {"kind": "report_strike", "to": "示例市住建局"})
    told = texts(town, strike["site_id"], wanted)
    assert told["recipient"] == "示例市住建局"
    assert str(told["told_at"]).endswith("已报 示例市住建局")


def test_who_does_not_decide_at_the_site_reports_nothing_to_the_authority(town: Any, strike: dict[str, Any]) -> None:
    assert api.draft(town, "patroller", strike["site_id"], asked()).status_code == 403
    assert "accident" not in {one["kind"] for one in api.get(town, "patroller", strike["site_id"]).json()["offered"]}


def test_a_drill_leaves_no_report_and_takes_no_number(town: Any, spot: Any, strike: dict[str, Any]) -> None:
    before = api.issued(town, "safety_manager", strike["site_id"], asked()).json()["number"]
    drill = strike_api.struck(town, town.who("safety_manager"), spot(), drill=True)
    assert drill["site_id"] is None, "papers are issued of sites, and a drill opens none"
    calm = str(town.site_at(town.who("safety_manager"), spot()))
    assert "accident" not in {one["kind"] for one in api.get(town, "safety_manager", calm).json()["offered"]}
    nothing = api.issued(town, "safety_manager", calm, asked())
    assert (nothing.status_code, nothing.json()["field"]) == (422, "fields.stage")
    after = api.issued(town, "safety_manager", strike["site_id"], asked()).json()["number"]
    assert int(after[-6:]) == int(before[-6:]) + 1
