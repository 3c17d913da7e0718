"""Word of danger: answered with whom to ring, brought to whoever is on duty, held up by no pace; the pace itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import shapely
from report_api import HERE, minded, place, send, status, taken
from sqlalchemy import text

from pipewarden.act.rules.words import filled
from pipewarden.casework import service as casework
from pipewarden.casework.facts.strike import NumberKind
from pipewarden.field.store import report_policy
from pipewarden.field.store.report_policy import shipped_reports
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

NORTH = 0.04  # degrees: a street of its own


@pytest.fixture(scope="module", autouse=True)
def dispatcher(town: Any) -> Iterator[Any]:
    """Somebody who is on duty in a street of its own, so that nobody else's tests hear of it."""
    lon, lat = HERE[0], HERE[1] + NORTH
    line = [(lon - 0.05, lat), (lon + 0.05, lat)]
    outline = bytes(shapely.to_wkb(shapely.box(lon - 0.01, lat - 0.005, lon + 0.01, lat + 0.005)))
    with town.at(PLATFORM) as work:  # shared: with an area of its own the company would answer for no other ground
        street = NewArea("danger", "险情街", town.east, outline)
        area = people.add_area(work, people.operator(), street, shared=True).id
    who = town.person(Role.DISPATCHER, area=area)
    with town.at(town.a) as work:
        span = {"begins_at": work.now(), "ends_at": work.now() + timedelta(hours=8)}
        people.put_on_duty(work, people.operator(), who.id, Role.DISPATCHER, area, **span)
    with town.network(town.a, {"pipe-danger": line}):
        yield who


def calls(town: Any, report_id: str) -> list[dict[str, Any]]:
    with town.at(town.a) as work:
        rows = work.session.execute(
            text(
                "SELECT person_id, urgency, site_ids, text, params FROM casework_calls WHERE params ->> 'report' = :id"
            ),
            {"id": report_id},
        )
        return [dict(one) for one in rows.mappings()]


def strikes(town: Any) -> int:
    with town.at(town.a) as work:
        return int(work.session.scalar(text("SELECT count(*) FROM casework_strikes")) or 0)


def test_a_pipe_that_is_hit_is_answered_with_whom_to_ring_and_calls_who_is_on_duty(town: Any, dispatcher: Any) -> None:
    before = strikes(town)
    said = taken(send(town, kind="pipe_hit", words="挖断了，<b>漏气</b>", place=place(dy=NORTH)))
    assert said["danger"] is True
    assert said["hotline"]["number"] in said["answer"]["zh"]
    assert said["hotline"]["number"] in said["answer"]["en"]
    (call,) = calls(town, said["id"])
    assert (call["person_id"], call["urgency"], call["site_ids"]) == (dispatcher.id, "alarm", [])
    assert (call["params"]["zh"], call["params"]["words"]) == ("管道被挖破、漏气", "挖断了，<b>漏气</b>")
    assert call["params"]["place"].startswith(f"{HERE[0]:.5f}")
    assert "danger" in [one["key"] for one in status(town, said["token"])["steps"]]
    assert strikes(town) == before, "no strike is opened by a word that nobody signs: a person does"
    town.drain()
    shown = town.client.as_(dispatcher, "GET", "/v1/me/messages").json()["items"][0]
    assert "管道被挖破、漏气" in str(shown)


def test_a_second_word_about_the_same_place_is_kept_and_calls_nobody_again(town: Any) -> None:
    where = place(dx=0.004, dy=NORTH)
    first = taken(send(town, kind="gas_smell", place=where))
    second = taken(send(town, kind="gas_smell", place=where))
    assert (len(calls(town, first["id"])), len(calls(town, second["id"]))) == (1, 0)
    assert second["hotline"], "whom to ring is said every time"
    elsewhere = taken(send(town, kind="gas_smell", place=place(dx=-0.004, dy=NORTH)))
    assert len(calls(town, elsewhere["id"])) == 1


def test_the_operators_own_line_is_the_answer_where_there_is_one(town: Any) -> None:
    root = people.operator(town.a)
    with town.at(town.a) as work:
        day = work.now().date()
        casework.set_contact(work, root, NumberKind.HOTLINE, name="燃气抢险", number="0316-96777", since=day)
    said = taken(send(town, kind="gas_smell", place=place(dy=NORTH)))
    assert said["hotline"] == {"zh": "燃气抢险", "en": "燃气抢险", "number": "0316-96777"}
    assert "0316-96777" in said["answer"]["zh"]


def test_danger_that_has_no_place_calls_every_operator_of_the_house(town: Any) -> None:
    said = taken(send(town, kind="pipe_hit", place=None, place_words="北环路加油站门口", words=""))
    assert said["hotline"]["number"] == "119", "no operator is known yet"
    assert said["state"] == "waiting"
    heard = calls(town, said["id"])
    assert heard
    assert {one["params"]["place"] for one in heard} == {"北环路加油站门口"}
    words = filled("{zh} {words}", heard[0]["params"])
    assert words == "管道被挖破、漏气 –", "nothing said reads as a dash"


@pytest.fixture
def paced(town: Any) -> Iterator[None]:
    """The town lets everybody through, but where a test asks for the pace of a running house."""
    town.app.state.paced = True
    yield
    town.app.state.paced = False


@pytest.mark.usefixtures("paced")
def test_five_hundred_reports_of_one_phone_are_held_to_a_pace_and_danger_is_not(town: Any) -> None:
    phone, policy = str(uuid4()), shipped_reports()
    where = place(dx=0.008, dy=NORTH)
    codes = [send(town, device=phone, place=where, words=f"{n}").status_code for n in range(policy.device_hour + 3)]
    assert codes == [201] * policy.device_hour + [429] * 3
    refused = send(town, device=phone, place=where)
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["field"] == "rate"
    assert taken(send(town, device=phone, kind="pipe_hit", place=where))["hotline"]
    town.drain()
    body = {"lon": where["lon"], "lat": where["lat"], "crs": "wgs84", "accuracy_m": 8}
    (found, *_) = town.client.get("/v1/public/near", params=body).json()["items"]
    assert found["reports"] == 1, "one phone is one voice, however often it speaks"


@pytest.mark.usefixtures("paced")
def test_a_network_is_held_to_a_pace_whatever_phones_it_makes_up(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = replace(shipped_reports(), network_hour=1)
    monkeypatch.setattr(report_policy, "shipped_reports", lambda: slow)
    where = place(dx=-0.008, dy=NORTH)
    assert send(town, place=where).status_code == 429, "the tests above came from the same address"
    assert taken(send(town, kind="gas_smell", place=where))["danger"] is True


def test_who_is_set_aside_is_heard_in_danger_without_the_bell(town: Any, dispatcher: Any) -> None:
    phone = str(uuid4())
    first = taken(send(town, kind="gas_smell", device=phone, place=place(dx=0.0065, dy=NORTH + 0.003)))
    body = {"hours": 24, "reason": "abuse"}
    done = town.client.as_(dispatcher, "POST", f"/v1/reports/{first['id']}/phone", json=body)
    assert done.status_code == 200, done.text
    again = taken(send(town, kind="pipe_hit", device=phone, place=place(dx=-0.0065, dy=NORTH - 0.003)))
    assert again["state"] == "waiting"
    assert [one["urgency"] for one in calls(town, again["id"])] == ["due"]
    assert minded(town, again["id"], dispatcher)["why"] == "its phone was set aside: abuse"
