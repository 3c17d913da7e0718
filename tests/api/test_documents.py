"""Documents over HTTP: seen as a draft, issued, read, checked by anybody who holds the paper, voided and replaced."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any
from urllib.parse import quote

import document_api as api
import filing_api
import pytest
from docx import Document as Docx

from pipewarden.act.http import Pace


@pytest.fixture
def site(town: Any, spot: Any) -> str:
    return str(town.site_at(town.who("safety_manager"), spot()))


def test_a_notice_is_seen_issued_read_and_verified(town: Any, site: str) -> None:
    asked = api.notice()
    draft = api.draft(town, "patroller", site, asked)
    assert draft.status_code == 200, draft.text
    said = draft.json()
    assert (said["kind"], said["missing"], said["template"].split()[0]) == ("notice", [], "shipped")
    assert "hotline" in said["blank"]
    assert any("第三十四条" in one for one in said["clauses"])
    fields = {one["key"]: one["text"] for one in said["fields"]}
    assert fields["recipient"] == "示例市政"
    assert fields["hotline"] is None
    with api.public(town):
        issued = api.issue(town, "patroller", site, asked | {"seen": said["seen"]})
    assert issued.status_code == 201, issued.text
    one = issued.json()
    assert re.fullmatch(r"告知-\d{4}-\d{6}", one["number"])
    pdf = api.get(town, "patroller", site, f"/{quote(one['number'])}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(pdf.content).hexdigest() == one["sha256"]
    assert b"pdfaid:part" in pdf.content
    docx = api.get(town, "patroller", site, f"/{quote(one['number'])}.docx")
    words = "\n".join(paragraph.text for paragraph in Docx(io.BytesIO(docx.content)).paragraphs)
    assert one["number"] in words
    listed = api.get(town, "patroller", site).json()
    assert [each["number"] for each in listed["items"]] == [one["number"]]
    page = api.verify(town, api.token_of(town, one["id"]))
    assert page.status_code == 200
    assert all(text in page.text for text in (one["number"], one["sha256"], "现行有效"))
    assert site not in page.text
    assert "示例市政" not in page.text


def test_the_pipe_is_named_as_the_map_and_the_law_of_the_place_have_it(town: Any, spot: Any) -> None:
    lon, lat = spot()
    site = str(town.site_at(town.who("safety_manager"), (lon, lat)))
    unmapped = api.draft(town, "patroller", site, api.notice()).json()
    assert {"pipe_class", "pipe_dn", "protect_range"} <= set(unmapped["blank"])
    with town.network(town.a, {"pipe-7": [(lon - 0.002, lat), (lon + 0.002, lat)]}):
        said = api.draft(town, "patroller", site, api.notice()).json()
    fields = {one["key"]: one["text"] for one in said["fields"]}
    assert (fields["pipe_class"], fields["pipe_dn"], fields["pipe_material"]) == ("中压", "DN200", None)
    assert fields["protect_range"] == "管道外缘两侧各 0.5 米（GB 55009-2021 5.1.6）"
    assert fields["control_range"] == "管道外缘两侧各 5 米（GB 55009-2021 5.1.7）"
    assert said["seen"] != unmapped["seen"]


def test_the_papers_of_a_filed_site_name_its_parties(town: Any, spot: Any) -> None:
    place = spot()
    site = str(town.site_at(town.who("safety_manager"), place))
    parties = [{"role": "contractor", "name": "示例市政", "contact": "张三 000"}]
    period = {"valid_from": filing_api.day(0), "valid_until": filing_api.day(5)}
    filing_api.filed(town, town.who("dispatcher"), place, parties=parties, words="雨水管", **period)
    asked = {"kind": "filing", "fields": {"place": "示例路"}}
    said = {one["key"]: one["text"] for one in api.draft(town, "safety_manager", site, asked).json()["fields"]}
    assert (said["project"], said["contractor"], said["contractor_contact"]) == ("雨水管", "示例市政", "张三 000")
    assert api.issued(town, "safety_manager", site, asked).status_code == 201


def test_a_mistake_is_replaced_and_both_stay(town: Any, site: str) -> None:
    wrong = api.issued(town, "safety_manager", site, api.notice()).json()
    asked = api.notice(recipient="示例水务")
    right = api.issued(
        town, "safety_manager", site, asked, replaces={"number": wrong["number"], "reason": "受送达单位写错"}
    )
    assert right.status_code == 201, right.text
    both = {one["number"]: one for one in api.get(town, "safety_manager", site).json()["items"]}
    assert both[wrong["number"]]["replaced_by"] == right.json()["number"]
    assert both[wrong["number"]]["void_reason"] == "受送达单位写错"
    assert both[right.json()["number"]]["voided_at"] is None
    page = api.verify(town, api.token_of(town, wrong["id"]))
    assert "已作废" in page.text
    assert "已由新文书替代" in page.text
    again = api.issued(town, "safety_manager", site, asked, replaces={"number": wrong["number"], "reason": "x"})
    assert (again.status_code, again.json()["field"]) == (409, "number")
    path = f"/{quote(right.json()['number'])}/void"
    voided = api.post(town, "dispatcher", site, path, {"reason": "不再需要"})
    assert voided.json()["void_reason"] == "不再需要"
    assert api.post(town, "dispatcher", site, path, {"reason": "x"}).status_code == 409
    assert api.get(town, "dispatcher", site, f"/{quote(wrong['number'])}.pdf").status_code == 200


def test_who_does_not_decide_replaces_only_an_own_paper(town: Any, site: str) -> None:
    theirs = api.issued(town, "safety_manager", site, api.notice()).json()["number"]
    mine = api.issued(town, "patroller", site, api.notice()).json()["number"]
    refused = api.issued(town, "patroller", site, api.notice(), replaces={"number": theirs, "reason": "x"})
    assert refused.status_code == 403, refused.text
    items = {one["number"]: one for one in api.get(town, "patroller", site).json()["items"]}
    assert items[theirs]["voided_at"] is None
    assert api.post(town, "patroller", site, f"/{quote(mine)}/void", {"reason": "x"}).status_code == 403
    again = api.issued(town, "patroller", site, api.notice(), replaces={"number": mine, "reason": "写错"})
    assert again.status_code == 201, again.text


def test_numbers_have_no_gap_whatever_is_refused(town: Any, site: str) -> None:
    first = api.issued(town, "safety_manager", site, api.notice()).json()["number"]
    stale = api.issue(town, "safety_manager", site, api.notice() | {"seen": "0" * 64})
    assert (stale.status_code, stale.json()["field"]) == (409, "seen")
    unnamed = api.issued(town, "safety_manager", site, {"kind": "notice"})
    assert unnamed.status_code == 422
    assert unnamed.json()["field"] == "fields.recipient"
    unprinted = api.issued(town, "safety_manager", site, api.notice(), replaces={"number": "告知-0", "reason": "x"})
    assert unprinted.status_code == 404
    second = api.issued(town, "safety_manager", site, api.notice()).json()["number"]
    assert int(second[-6:]) == int(first[-6:]) + 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"fields": {"nonsense": "x"}}, "fields.nonsense"),
        ({"fields": {"forbidden": "x"}}, "fields.forbidden"),
        ({"rows": {"recipient": [["x"]]}}, "rows.recipient"),
        ({"rows": {"forbidden": [["1"]]}}, "rows.forbidden"),
        ({"witness": "王五"}, "witness"),
        ({"refused": True, "signatures": [{"name": "张三"}]}, "refused"),
        ({"about": "018f0000-0000-7000-8000-000000000000"}, "about"),
        ({"signatures": [{"name": "张三", "picture": "A" * 22}]}, "proof.pictures"),
    ],
)
def test_a_slip_is_told_by_its_field(town: Any, site: str, more: dict[str, Any], field: str) -> None:
    answer = api.draft(town, "safety_manager", site, api.notice() | more)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert answer.json()["fix"]


def test_a_signature_is_drawn_anew_and_a_refusal_names_its_witness(town: Any, site: str) -> None:
    sha = api.signature(town, "patroller", site)
    signed = api.notice() | {"signatures": [{"party": "受送达单位", "name": "张三", "picture": sha}]}
    assert api.issued(town, "patroller", site, signed).status_code == 201
    refused = api.notice() | {"refused": True, "witness": "王五"}
    made = api.issued(town, "patroller", site, refused).json()
    docx = api.get(town, "patroller", site, f"/{quote(made['number'])}.docx")
    words = "\n".join(one.text for one in Docx(io.BytesIO(docx.content)).paragraphs)
    assert "拒绝签收" in words
    assert "王五" in words


def test_a_draft_tells_whose_signatures_it_would_print(town: Any, site: str) -> None:
    def told(**more: Any) -> tuple[Any, ...]:
        said = api.post(town, "patroller", site, "/draft", api.notice() | more)
        assert said.status_code == 200, said.text
        return tuple(said.json()[key] for key in ("signatures", "refused", "witness"))

    sha = api.signature(town, "patroller", site)
    signed = told(signatures=[{"party": "受送达单位", "name": "张三", "picture": sha}, {"name": "李四"}])
    assert signed == (
        [{"party": "受送达单位", "name": "张三", "picture": True}, {"party": "", "name": "李四", "picture": False}],
        False,
        "",
    )
    assert told(refused=True, witness="王五") == ([], True, "王五")


def test_what_happened_at_the_site_is_offered_as_papers(town: Any, site: str) -> None:
    api.act(town, "patroller", site, {"kind": "violate", "code": "V-PLAN", "reason": "未见方案"})
    api.act(town, "safety_manager", site, {"kind": "stop", "reason": "保护范围内机械开挖"})
    offered = api.get(town, "safety_manager", site).json()["offered"]
    about = {one["why"]: one["about"] for one in offered}
    assert {"violation", "stop"} <= set(about)
    asked = {"kind": "rectification", "about": about["violation"], "fields": {"recipient": "示例市政"}}
    made = api.issued(town, "patroller", site, asked)
    assert made.status_code == 201, made.text
    said = {one["key"]: one["text"] for one in api.draft(town, "patroller", site, asked).json()["fields"]}
    assert said["clause"] == "城镇燃气管理条例 第三十四条"
    assert said["penalty"] == "城镇燃气管理条例 第五十条"
    assert said["deadline"]
    left = {(one["kind"], one["about"]) for one in api.get(town, "safety_manager", site).json()["offered"]}
    assert ("rectification", about["violation"]) not in left
    assert made.json()["event_id"] is not None


def test_only_who_decides_reports(town: Any, site: str) -> None:
    told = {"recipient": "示例市住房和城乡建设局", "fact": "拒不停工"}
    asked = {"kind": "report", "fields": told}
    assert api.draft(town, "patroller", site, asked).status_code == 403
    assert api.draft(town, "dispatcher", site, asked).status_code == 200


def test_a_tenants_template_is_data_looked_at_and_versioned(town: Any, site: str) -> None:
    kinds = api.ask(town, "safety_manager", "GET", "/v1/document-kinds").json()["items"]
    assert len(kinds) == 13
    template = next(one["template"] for one in kinds if one["kind"] == "stop")
    template["title"] = "立即停工通知书"
    body = {"kind": "stop", "template": template}
    shown = api.ask(town, "dispatcher", "POST", "/v1/document-templates/preview", body)
    assert shown.content.startswith(b"%PDF")
    assert api.ask(town, "dispatcher", "POST", "/v1/document-templates", body | {"note": "x"}).status_code == 403
    made = api.ask(town, "safety_manager", "POST", "/v1/document-templates", body | {"note": "本公司用语"})
    assert made.status_code == 201, made.text
    api.act(town, "safety_manager", site, {"kind": "stop", "reason": "危险"})
    asked = {"kind": "stop", "fields": {"recipient": "示例市政"}}
    assert api.issued(town, "safety_manager", site, asked).json()["title"] == "立即停工通知书"
    back = {"kind": "stop", "template": None, "note": "恢复"}
    number = api.ask(town, "safety_manager", "POST", "/v1/document-templates", back).json()["number"]
    assert number == made.json()["number"] + 1
    assert api.draft(town, "safety_manager", site, asked).json()["title"] == "违章施工停工通知单"
    listed = api.ask(town, "safety_manager", "GET", "/v1/document-templates?kind=stop").json()["items"]
    assert [one["number"] for one in listed][:2] == [number, number - 1]
    bad = {"kind": "stop", "template": template | {"blocks": [{"type": "text", "text": "{place}"}]}}
    refused = api.ask(town, "safety_manager", "POST", "/v1/document-templates/preview", bad)
    assert refused.status_code == 422
    assert "must be printed" in refused.json()["detail"]


def test_codes_cannot_be_guessed_quickly(town: Any) -> None:
    town.app.state.pace = Pace(most=3)
    try:
        answers = [api.verify(town, "A" * 22) for _ in range(4)]
        assert [one.status_code for one in answers] == [404, 404, 404, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
    finally:
        town.app.state.pace = Pace()
