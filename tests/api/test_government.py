"""Reports to authorities over HTTP: an authority answers what was reported to it, nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from site_api import SIGNED, File


@pytest.fixture
def file(town: Any, spot: Any) -> File:
    made = File(town, spot())
    made.look(true=True)
    return made


def asked(file: File, who: str, method: str, path: str, **more: Any) -> Any:
    return file.town.client.as_(file.town.who(who), method, f"/v1/government{path}", **more)


def test_a_refused_stop_is_reported_taken_in_hand_and_fined(file: File) -> None:
    stop = file.done("stop", "patroller", reason="no plan")["stops"][-1]["id"]
    file.done("refuse_stop", "patroller", stop_id=stop, proof=SIGNED)
    report = file.reported()
    (mine,) = (
        one
        for one in asked(file, "regulator", "GET", "/reports?limit=200").json()["items"]
        if one["report"]["id"] == report
    )
    assert (mine["site_id"], mine["report"]["acknowledged_at"]) == (file.id, None)
    taken = asked(file, "regulator", "POST", f"/reports/{file.id}/{report}/acknowledge")
    assert taken.status_code == 200, taken.text
    assert taken.json()["acknowledged_at"] is not None
    outcome = {
        "measure": "fine",
        "amount_fen": 8_000_000,
        "document": "廊城管罚〔2026〕12号",
        "clause": "条例 第五十条",
    }
    said = asked(
        file, "regulator", "POST", f"/reports/{file.id}/{report}/answer", json={"answer": "罚款", "outcome": outcome}
    )
    assert said.status_code == 200, said.text
    assert said.json()["outcome"] == outcome
    kinds = [one["kind"] for one in file.get("/events?limit=200")["items"]]
    assert kinds[-2:] == ["report_acknowledged", "report_answered"]
    assert file.get()["reports"][-1]["answer"] == "罚款"
    open_duties = file.town.client.as_(
        file.town.who("safety_manager"), "GET", f"/v1/duties?site_id={file.id}&limit=200"
    ).json()["items"]
    assert "answer" not in {one["kind"] for one in open_duties}


def test_an_answer_comes_once_and_to_what_is_open(file: File) -> None:
    report = file.reported()
    again = f"/reports/{file.id}/{report}/acknowledge"
    assert asked(file, "regulator", "POST", again).status_code == 200
    twice = asked(file, "regulator", "POST", again)
    assert (twice.status_code, twice.json()["code"]) == (409, "not_open")
    answer = f"/reports/{file.id}/{report}/answer"
    assert asked(file, "regulator", "POST", answer, json={"answer": "looked"}).status_code == 200
    late = asked(file, "regulator", "POST", answer, json={"answer": "looked again"})
    assert (late.status_code, late.json()["field"]) == (409, "report_id")


@pytest.mark.parametrize(
    ("measure", "amount"), [("fine", 0), ("warning", 100), ("none", 1)], ids=["a fine of nothing", "paid", "paid too"]
)
def test_an_amount_belongs_to_a_fine(file: File, measure: str, amount: int) -> None:
    report = file.reported()
    body = {"answer": "so", "outcome": {"measure": measure, "amount_fen": amount}}
    said = asked(file, "regulator", "POST", f"/reports/{file.id}/{report}/answer", json=body)
    assert (said.status_code, said.json()["field"]) == (409, "outcome.amount_fen")


def test_the_authority_does_nothing_else_at_anothers_site(file: File) -> None:
    """It orders nothing: the company's own people act there."""
    for act in ({"kind": "note", "words": "x"}, {"kind": "stop", "reason": "x"}):
        body = {"version": file.version, "act": act}
        said = file.town.client.as_(file.town.who("regulator"), "POST", f"/v1/sites/{file.id}/events", json=body)
        assert said.status_code == 403


def test_the_company_writes_down_an_answer_on_paper(file: File) -> None:
    report = file.reported()
    outcome = {"measure": "order", "document": "责改〔2026〕3号"}
    told = file.done("answer", report_id=report, answer="ordered to put it right", outcome=outcome)
    assert told["reports"][-1]["outcome"]["measure"] == "order"
    assert told["reports"][-1]["acknowledged_at"] is None


def test_reports_page_newest_first(file: File) -> None:
    mine = [file.reported(f"第{number}次") for number in range(3)]
    seen: list[str] = []
    path = "/reports?limit=2"
    while path:
        page = asked(file, "regulator", "GET", path).json()
        seen += [one["report"]["id"] for one in page["items"]]
        path = f"/reports?limit=2&cursor={page['next']}" if page["next"] else ""
    assert len(seen) == len(set(seen))
    assert [one for one in seen if one in mine] == mine[::-1]


def test_what_a_time_adds_up_to(file: File) -> None:
    def figures() -> Any:
        now = datetime.now(UTC)
        params = {"since": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
        answer = asked(file, "regulator", "GET", "/figures", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    before = figures()
    report = file.reported()
    body = {"answer": "罚", "outcome": {"measure": "fine", "amount_fen": 5_000_000}}
    asked(file, "regulator", "POST", f"/reports/{file.id}/{report}/answer", json=body)
    file.version = file.get()["version"]
    file.reported()
    file.done("strike", "patroller", words="挖断中压管")
    file.done("report_strike", to="应急管理局")
    after = figures()
    grown = {name: after[name] - before[name] for name in after if isinstance(after[name], int) and name != "whole"}
    assert grown == {
        "reports": 2, "acknowledged": 0, "answered": 1, "open": 1, "fines_fen": 5_000_000, "strikes": 1,
        "strikes_in_time": 1, "strikes_late": 0,
    }  # fmt: skip
    assert after["measures"]["fine"] == before["measures"].get("fine", 0) + 1
    assert after["median_answer_h"] is not None


@pytest.mark.parametrize("until", ["2025-12-31T00:00:00Z", "2028-01-01T00:00:00Z"], ids=["before", "too long"])
def test_a_time_that_is_none_is_refused(file: File, until: str) -> None:
    params = {"since": "2026-01-01T00:00:00Z", "until": until}
    said = asked(file, "regulator", "GET", "/figures", params=params)
    assert (said.status_code, said.json()["field"]) == (422, "until")


def test_a_disputed_plan_waits_for_experts(file: File) -> None:
    for to in ("notified", "filed", "located", "briefed"):
        file.step(to)
    dispute = file.done("dispute", "patroller", by="建设单位", reason="净距太大")["disputes"][-1]["id"]
    held = file.post("advance", to="plan_signed", proof=SIGNED)
    assert (held.status_code, held.json()["code"]) == (409, "disputed")
    assert file.post("dispute", by="施工单位", reason="too").json()["code"] == "disputed"
    nobody = file.post("review_plan", dispute_id=dispute, upheld=True, experts=[" "], words="fine")
    assert (nobody.status_code, nobody.json()["field"]) == (422, "act.review_plan.experts.0")
    assert (
        file.post(
            "review_plan", "patroller", dispute_id=dispute, upheld=True, experts=["王工"], words="可行"
        ).status_code
        == 403
    )
    told = file.done("review_plan", dispute_id=dispute, upheld=True, experts=["王工", "李工"], words="净距 1.5 m 可行")
    assert told["disputes"][-1]["experts"] == ["王工", "李工"]
    assert file.step("plan_signed")["state"] == "plan_signed"
    assert file.post("dispute", by="建设单位", reason="again").json()["code"] == "signed"
