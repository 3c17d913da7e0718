"""Filed road works from briefing to completion, with one violation: over HTTP, on a clock that the story moves."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import filing_api
import pytest
from road_crew import crew_at

from pipewarden.act.adapters.signing import verified
from pipewarden.act.rules import pack
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from road_crew import Crew

FIRM, CODE = "廊坊市通途市政工程有限公司", "91131000570000001D"
PIPE = "road-pipe-1"
SECOND = {"name": "吴师傅", "party": "contractor", "role": "machine_operator", "machine": "excavator"}
KNOWN = ("V-UNBRIEFED", "V-PLAN", "V-STANDBY", "V-STOPPED-WORK", "V-AREA", "V-HOURS", "V-OPERATOR", "V-BOUNDARY")


@pytest.fixture
def crew(town: Any, spot: Any) -> Iterator[Crew]:
    """People around one place, twelve days ago."""
    with crew_at(town, spot(), PIPE) as made:
        yield made


def test_filed_road_works_go_from_the_notice_to_the_archive_with_one_violation(crew: Crew) -> None:
    begun = crew.clock.now()
    lon, lat = crew.place
    with crew.town.network(crew.town.a, {PIPE: [(lon - 0.002, lat), (lon + 0.002, lat)]}):
        filing = filed_in_time(crew, begun)
        discovered(crew, begun, filing)
        before = crew.get()["risk_score"]
        measured(crew)
        briefed_and_agreed(crew)
        on_the_move(crew, begun)
        missed(crew, begun)
        put_right(crew, begun)
        completed(crew, begun, before)
        packed(crew, filing)


def filed_in_time(crew: Crew, begun: datetime) -> Any:
    """The contractor files a week ahead and is told by when it must have; the operator answers, and nobody else may."""
    first, last = (begun.astimezone(filing_api.CHINA).date() + timedelta(days=days) for days in (7, 20))
    works = filing_api.works(
        crew.place,
        valid_from=first.isoformat(),
        valid_until=last.isoformat(),
        hours={"opens": "08:00", "shuts": "18:00"},
        depth_m=1.8,
        parties=[{"role": "contractor", "name": FIRM, "contact": "13800001234", "code": CODE}],
    )
    made = crew.ask(Role.CONTRACTOR, "POST", "/v1/filings", 201, json=works)
    said = made["decision"]
    assert (made["state"], said["zone"], said["late"], made["pipes"]) == ("filed", "protection", False, None)
    notice = next(one for one in said["required"] if one["kind"] == "file")
    due = datetime.fromisoformat(notice["due_at"]).astimezone(filing_api.CHINA)
    assert due.isoformat() == f"{first - timedelta(days=5)}T00:00:00+08:00"
    assert {"protection_plan", "briefing", "operator_on_site"} <= {one["kind"] for one in said["required"]}
    crew.clock.advance(timedelta(hours=3))
    body = {"version": made["version"], "act": {"kind": "answer", "words": "一根中压管，人工探坑"}}
    crew.ask(Role.CONTRACTOR, "POST", f"/v1/filings/{made['id']}/events", 403, json=body)
    answered = crew.ask(Role.DISPATCHER, "POST", f"/v1/filings/{made['id']}/events", json=body)
    assert answered["state"] == "answered"
    return answered


def discovered(crew: Crew, begun: datetime, filing: Any) -> None:
    """On the first morning somebody tells of a machine; it is matched as filed, and the match explains itself."""
    crew.at(7, "09:30", begun)
    crew.report("road-1", "路边围挡，挖机到场")
    path = f"/v1/sites?filing=filed&open=true&limit=200&bbox={','.join(str(one) for one in around(crew.place))}"
    found = crew.ask(Role.SAFETY_MANAGER, "GET", path)["items"]
    # other tests dig nearby, in the days that were filed for: mine was opened by this very report
    (mine,) = (
        one
        for one in found
        if one["filed_id"] == filing["id"] and datetime.fromisoformat(one["opened_at"]) == crew.clock.now()
    )
    crew.site = mine["id"]
    assert (mine["filed_id"], mine["zone"], mine["level"]) == (filing["id"], "protection", 1)
    told = crew.get()["filing"]
    assert (told["status"], told["nearest_id"], told["tied"]) == ("filed", filing["id"], [])
    assert told["score"] > told["threshold"]
    words = {one["name"]: one["words"] for one in told["parts"]}
    assert "inside the area filed" in words["space"]
    assert words["time"] == "seen within the period and its hours, 08:00 to 18:00"
    assert "type is not known" in words["method"]
    assert crew.papers() == "filed"
    visited(crew)


def around(place: tuple[float, float]) -> tuple[float, float, float, float]:
    lon, lat = place
    return lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001


def visited(crew: Crew) -> None:
    """The owner of the site comes and sees works; a machine seen before anybody had looked breaks no rule."""
    crew.who(Role.PATROLLER)
    crew.do(Role.DISPATCHER, "assign", person_id=crew.ids[Role.PATROLLER], why="nearest")
    crew.do(Role.PATROLLER, "accept")
    crew.clock.advance(timedelta(minutes=20))
    crew.do(Role.PATROLLER, "arrive", proof=crew.here(Role.PATROLLER))
    crew.do(Role.PATROLLER, "verify", true=True, code="digging", proof=crew.here(Role.PATROLLER))
    assert "violated" not in crew.rules().values()
    assert crew.get()["violations"] == []


def measured(crew: Crew) -> None:
    """The letter, marking and trial pits: what was measured is proposed to the network, which is not edited."""
    drivers = [*crew.record("notified")["attendees"], SECOND]
    assert crew.go("notified", attendees=drivers)["state"] == "notified"
    assert crew.go("filed")["state"] == "filed"
    early = crew.go("located", 409)
    assert (early["field"], early["code"]) == ("state", "lacks_marking")
    crew.write("marking")
    bare = crew.write("trial_pits", 409, gas_lel_pct=None)
    assert (bare["field"], bare["code"]) == ("record.gas_lel_pct", "lacks_gas_lel_pct")
    site = crew.write("trial_pits")
    assert site["map_error"] is None
    path = f"/v1/network/proposals?site={crew.site}&limit=50"
    found = crew.ask(Role.SAFETY_MANAGER, "GET", path)["items"]
    assert {one["state"] for one in found if one["kind"] == "position"} == {"settled"}
    (depth,) = (one for one in found if one["kind"] == "depth")
    assert (depth["state"], depth["depth_m"], depth["pipe_id"]) == ("open", 1.1, PIPE)
    said = {"accept": True, "why": "图上没有埋深，资料员补上"}
    taken = crew.ask(Role.SAFETY_MANAGER, "POST", f"/v1/network/proposals/{depth['id']}/decision", json=said)
    assert taken["state"] == "accepted"
    assert crew.go("located")["state"] == "located"


def briefed_and_agreed(crew: Crew) -> None:
    """Every machine operator who is known here is briefed; agreement and plan before the start is announced."""
    written = crew.record("briefed")["attendees"]
    refused = crew.go("briefed", 409)
    assert (refused["field"], SECOND["name"] in refused["detail"]) == ("record.attendees", True)
    assert crew.go("briefed", attendees=[*written, SECOND])["state"] == "briefed"
    assert crew.papers() == "briefed"
    crew.go("plan_signed")
    assert crew.go("ready", 409)["code"] == "lacks_agreement"
    crew.write("agreement")
    assert crew.go("ready")["state"] == "ready"
    assert crew.rules()["V-PLAN"] == crew.rules()["V-OPERATOR"] == "compliant"


def on_the_move(crew: Crew, begun: datetime) -> None:
    """The next day standby begins with its record; a machine that works as filed breaks nothing that can be known."""
    crew.at(8, "08:10", begun)
    assert crew.go("under_standby")["state"] == "under_standby"
    crew.at(8, "08:20", begun)
    crew.check_in()
    assert crew.papers() == "standby"
    crew.at(8, "08:40", begun)
    crew.report("road-2")
    said = crew.rules()
    assert {code: said[code] for code in KNOWN} == dict.fromkeys(KNOWN, "compliant")
    assert (said["V-METHOD"], said["V-HAND-DIG"]) == ("unknown", "unknown")  # words do not say which machine, how near
    assert crew.get()["violations"] == []


def missed(crew: Crew, begun: datetime) -> None:
    """Nobody checks in for an hour beside a machine that works: the house itself says so, with what it read."""
    crew.at(8, "09:05", begun)
    crew.report("road-3")
    quiet = crew.get()["risk_score"]
    crew.at(8, "09:20", begun)
    assert (crew.ask_rules(), crew.get()["violations"]) == (0, [])
    crew.clock.advance(timedelta(seconds=1))
    assert crew.ask_rules() >= 1
    (broken,) = crew.get()["violations"]
    assert (broken["code"], broken["severity"], broken["clause"]) == (
        "V-STANDBY",
        "major",
        "城镇燃气管理条例 第三十七条",
    )
    assert broken["due_at"] == (crew.clock.now() + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    opened = next(one for one in crew.events() if one["kind"] == "violation_opened")
    assert opened["actor"] is None
    read = {one["fact"]: one for one in opened["body"]["evidence"]}
    checked = [one["id"] for one in crew.events() if one["kind"] == "standby_checked"]
    assert checked[-1] in read["standby.checked_at"]["events"]
    assert {"machine.works_at", "site.zone", "site.state"} <= read.keys()
    assert crew.papers() == "briefed"  # standby counts while nothing is broken
    assert crew.get()["risk_score"] > quiet
    assert crew.rules()["V-STANDBY"] == "violated"


def put_right(crew: Crew, begun: datetime) -> None:
    """Works stop, standby comes back, the violation is put right; only the operator lets them go on."""
    crew.at(8, "09:25", begun)
    stop = crew.do(Role.PATROLLER, "stop", reason="旁站缺位，先停机")["stops"][-1]["id"]
    held = crew.go("completed", 409)
    assert held["code"] == "stopped"
    crew.at(8, "09:40", begun)
    crew.check_in()
    (broken,) = crew.get()["violations"]
    crew.do(Role.PATROLLER, "fix", violation_id=broken["id"], proof=crew.here(Role.PATROLLER))
    (mended,) = crew.get()["violations"]
    assert mended["fixed_at"] is not None
    signed = {"signed_by": ["赵工", "李工"], "words": "复工确认单 3"} | crew.here(Role.SAFETY_MANAGER)
    crew.do(Role.PATROLLER, "resume", 403, stop_id=stop, proof=signed)
    after = crew.do(Role.SAFETY_MANAGER, "resume", stop_id=stop, proof=signed)
    assert after["stops"][-1]["resumed_at"] is not None
    crew.at(8, "10:10", begun)
    crew.report("road-4")
    assert crew.rules()["V-STANDBY"] == "compliant"
    assert (len(crew.get()["violations"]), crew.papers()) == (1, "standby")


def completed(crew: Crew, begun: datetime, before: float) -> None:
    """The works end with a leak test and the course as built; a pipe that leaks ends nothing."""
    crew.at(10, "16:00", begun)
    leaks = crew.go("completed", 409, leak_tight=False)
    assert (leaks["field"], leaks["code"]) == ("record.leak_tight", "lacks_leak_tight")
    assert crew.go("completed")["state"] == "completed"
    path = f"/v1/network/proposals?site={crew.site}&kind=as_built&limit=50"
    (course,) = crew.ask(Role.SAFETY_MANAGER, "GET", path)["items"]
    assert (course["state"], course["pipe_id"]) == ("settled", PIPE)
    done = crew.do(Role.DISPATCHER, "advance", to="closed")
    assert (done["state"], done["open"], len(done["violations"])) == ("closed", False, 1)
    assert crew.get()["risk_score"] < before
    assert done["level"] == 1  # as its zone demands, to the end
    (firm,) = crew.ask(Role.SAFETY_MANAGER, "GET", f"/v1/contractors?name={FIRM}")["items"]
    record = crew.ask(Role.SAFETY_MANAGER, "GET", f"/v1/contractors/{firm['id']}")
    assert [one["kind"] for one in record["entries"]] == ["good_conduct"]  # standby is the operator's own duty


def packed(crew: Crew, filing: Any) -> None:
    """The pack taken at the end proves itself and tells the whole of it; a byte changed proves nothing."""
    crew.raw(Role.CONTRACTOR, "POST", f"/v1/sites/{crew.site}/evidence-pack", 403)
    content = crew.raw(Role.SAFETY_MANAGER, "POST", f"/v1/sites/{crew.site}/evidence-pack").content
    key = crew.town.client.as_(None, "GET", "/v1/signing-key").json()["fingerprint"]
    assert pack.check(content, verified, key=key).problems == ()
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        held = {name: found.read(name) for name in found.namelist()}
    told = [one["body"] for one in json.loads(held["timeline.json"])]
    steps = [one.get("to", one.get("step")) for one in told if one["kind"] in {"advanced", "step_recorded"}]
    assert steps == [
        "notified", "filed", "marking", "trial_pits", "located", "briefed", "plan_signed", "agreement", "ready",
        "under_standby", "completed", "closed",
    ]  # fmt: skip
    (broken,) = json.loads(held["violations.json"])
    assert (broken["code"], broken["clause"]) == ("V-STANDBY", "城镇燃气管理条例 第三十七条")
    assert filing["id"] in held["filing.json"].decode()
    assert any(name.startswith("pictures/") for name in held)
    spoiled = io.BytesIO()
    with zipfile.ZipFile(spoiled, "w") as made:
        for name, body in held.items():
            made.writestr(name, body.replace(b"V-STANDBY", b"V-NOTHING") if name == "violations.json" else body)
    assert pack.check(spoiled.getvalue(), verified, key=key).problems
