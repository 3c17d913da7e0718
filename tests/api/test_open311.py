"""Open311 as clients ask it: read by anybody, written with a key, errors in its own shape."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from open311_api import ROOT, errors, form, get, look, one, post, posted, sender, tenant_key
from site_api import File
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = (116.72, 39.66)


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    line = [(HERE[0] - 0.05, HERE[1]), (HERE[0] + 0.05, HERE[1])]
    with town.network(town.a, {"pipe-open311": line}):
        yield


@pytest.fixture(scope="module")
def who(town: Any) -> Any:
    return sender(town)


def place(step: int) -> tuple[float, float]:
    return HERE[0] + step * 0.003, HERE[1]


def test_discovery_says_where_it_is_and_what_it_speaks(town: Any) -> None:
    answer = town.client.get(f"{ROOT}/discovery.json")
    assert answer.status_code == 200
    endpoint = answer.json()["endpoints"][0]
    assert endpoint["url"].endswith(ROOT)
    assert endpoint["formats"] == ["text/xml", "application/json"]
    told = town.client.get(f"{ROOT}/discovery.xml")
    assert told.headers["content-type"] == "text/xml; charset=utf-8"
    root = ET.fromstring(told.content)  # noqa: S314  our own
    assert root.tag == "discovery"
    assert [one.text for one in root.iterfind("endpoints/endpoint/formats/format")] == endpoint["formats"]


def test_services_are_the_kinds_of_reports_in_both_formats(town: Any) -> None:
    listed = get(town, "services.json").json()
    codes = [one["service_code"] for one in listed]
    assert {"digging", "gas_smell", "other"} <= set(codes)
    assert all(one["type"] == "realtime" and one["metadata"] is False for one in listed)
    root = ET.fromstring(get(town, "services.xml").content)  # noqa: S314  our own
    assert [one.findtext("service_code") for one in root.iterfind("service")] == codes
    definition = get(town, "services/digging.json")
    assert definition.json() == {"service_code": "digging", "attributes": []}
    missing = get(town, "services/none.xml")
    assert (missing.status_code, errors(missing)[0][0]) == (404, 404)


def test_a_request_becomes_a_report_in_the_river_and_is_read_back(town: Any, who: Any) -> None:
    spot = (HERE[0] + 0.00012, HERE[1] + 0.00007)
    answer = post(town, who, spot, email="li@example.org", phone="13800000000", first_name="Li", last_name="Wei")
    assert answer.status_code == 200, answer.text
    made = answer.json()[0]
    assert made["account_id"] is None
    read = one(town, made["service_request_id"])
    assert (read["status"], read["extended_status"], read["service_code"]) == ("open", "received", "digging")
    assert read["description"] == "有挖机在挖"
    assert datetime.fromisoformat(read["requested_datetime"]).tzinfo is not None
    assert (read["long"], read["lat"]) != spot, "on the grid, not where the reporter stood"
    whole = get(town, f"requests/{made['service_request_id']}.xml").text
    assert not any(part in whole for part in ("example.org", "13800000000", "Wei")), "no contact is ever read"
    with town.at(town.a) as work:
        kept = work.session.execute(
            text("SELECT contact, observations, tenant_id, place_words FROM field_reports WHERE id = :id"),
            {"id": made["service_request_id"]},
        ).one()
    assert kept.contact == "Li Wei; 13800000000; li@example.org"
    assert len(kept.observations) == 1, "it is in the river, like anybody's"
    assert kept.tenant_id == town.a
    assert "50 m assumed" in kept.place_words, "what is assumed is said"


def test_what_became_of_it_is_read_and_told_in_updates(town: Any, who: Any) -> None:
    made = posted(town, who, place(1), description="挖机停在沟边")
    town.drain()
    look(town)
    read = one(town, made)
    assert (read["status"], read["extended_status"]) == ("open", "in_progress"), "a site stands there"
    told = get(town, "servicerequestupdates.json", service_request_id=made).json()
    assert told[0]["status"] == "received"
    assert told[-1]["status"] == "in_progress"
    assert {one["service_request_id"] for one in told} == {made}
    assert all(datetime.fromisoformat(one["updated_datetime"]).tzinfo is not None for one in told)
    look(town)
    again = get(town, "servicerequestupdates.json", service_request_id=made).json()
    assert again == told, "looking twice tells nothing twice"
    root = ET.fromstring(get(town, "servicerequestupdates.xml", service_request_id=made).content)  # noqa: S314
    assert root.tag == "service_request_updates"
    assert [one.findtext("update_id") for one in root.iterfind("request_update")] == [one["update_id"] for one in told]


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_repetition_is_answered_with_the_id_it_has(town: Any, who: Any, fmt: str) -> None:
    spot = place(2 if fmt == "json" else 3)
    first, second = (post(town, who, spot, fmt, description="twice " + fmt) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    if fmt == "json":
        ids = [one.json()[0]["service_request_id"] for one in (first, second)]
        assert "came before" in second.json()[0]["service_notice"]
    else:
        ids = [
            ET.fromstring(one.content).findtext("request/service_request_id")  # noqa: S314  our own
            for one in (first, second)
        ]
    assert ids[0] == ids[1]


def test_the_senders_own_id_is_one_request_whatever_else_it_says(town: Any, who: Any) -> None:
    first = posted(town, who, place(4), external_id="city-1")
    assert posted(town, who, place(5), external_id="city-1", description="other words") == first
    assert posted(town, who, place(4), external_id="city-2") != first
    assert posted(town, sender(town), place(4), external_id="city-1") != first, "another sender's id is another"


def test_the_same_words_of_another_day_are_a_new_request(town: Any, who: Any) -> None:
    first = posted(town, who, place(6), description="every day")
    with town.at(town.a) as work:
        work.session.execute(
            text("UPDATE exchange_open311_requests SET requested_at = now() - interval '25 hours' WHERE id = :id"),
            {"id": first},
        )
    assert posted(town, who, place(6), description="every day") != first


def test_an_address_alone_waits_for_a_person(town: Any, who: Any) -> None:
    answer = post(town, who, None, address_string="和平路 3 号")
    assert answer.status_code == 200
    assert "a person looks" in answer.json()[0]["service_notice"]
    read = one(town, answer.json()[0]["service_request_id"])
    assert (read["lat"], read["long"], read["address"], read["status"]) == (None, None, "和平路 3 号", "open")


def test_danger_is_taken_and_told_to_ring(town: Any, who: Any) -> None:
    made = posted(town, who, place(7), service_code="gas_smell", description="闻到臭味")
    with town.at(town.a) as work:
        found = work.session.scalar(text("SELECT danger FROM field_reports WHERE id = :id"), {"id": made})
    assert found is True


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"api_key": None}, 403, "api_key"),
        ({"api_key": "pw_none_of_ours"}, 403, "api_key"),
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "potholes"}, 400, "service_code"),
        ({"lat": "x"}, 400, "lat"),
        ({"lat": "95"}, 400, "lat"),
        ({"lat": None}, 400, "lat"),
        ({"lat": None, "long": None}, 400, "lat"),
        ({"description": "x" * 4001}, 400, "description"),
        ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"jurisdiction_id": "nowhere"}, 404, "jurisdiction_id"),
        ({"description": "a\x00b"}, 400, "zero sign"),
    ],
)
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_an_error_has_the_specifications_shape(
    town: Any, who: Any, said: dict[str, Any], *, code: int, words: str, fmt: str
) -> None:
    answer = post(town, who, place(8), fmt, **said)
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"].startswith("text/xml" if fmt == "xml" else "application/json")
    found = errors(answer)
    assert found[0][0] == code
    assert words in found[0][1]


def test_a_key_that_may_not_hand_on_is_refused(town: Any) -> None:
    answer = post(town, town.device(), place(8))
    assert (answer.status_code, errors(answer)[0][0]) == (403, 403)


def test_json_is_no_form_and_csv_is_no_format(town: Any, who: Any) -> None:
    answer = town.client.post(f"{ROOT}/requests.json", json=form(who, place(8)))
    assert (answer.status_code, errors(answer)[0][0]) == (400, 400)
    for path in ("services.csv", "requests.csv", "requests/x.csv", "servicerequestupdates.csv", "discovery.csv"):
        answer = get(town, path)
        assert (answer.status_code, errors(answer)[0][0]) == (404, 404), path


def test_a_browsers_script_stays_words(town: Any, who: Any) -> None:
    nasty = "<script>alert(1)</script>=cmd|'/C calc'!A0 ]]> &lt;"
    made = posted(town, who, place(9), description=nasty)
    assert one(town, made)["description"] == nasty
    answer = get(town, f"requests/{made}.xml")
    assert b"<script>" not in answer.content
    assert ET.fromstring(answer.content).findtext("request/description") == nasty  # noqa: S314  our own
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_lists_are_filtered_paged_and_bounded(town: Any, who: Any) -> None:
    made = [posted(town, who, place(10 + n), description=f"page {n}", service_code="piling") for n in range(3)]
    listed = get(town, "requests.json", service_code="piling").json()
    mine = [one["service_request_id"] for one in listed if one["service_request_id"] in made]
    assert mine == made[::-1], "the newest first"
    pages = [
        get(town, "requests.json", service_code="piling", page=n, page_size=1).json()[0]["service_request_id"]
        for n in (1, 2, 3)
    ]
    assert pages == [one["service_request_id"] for one in listed[:3]]
    assert get(town, "requests.json", service_code="none").json() == []
    both = get(town, "requests.json", service_request_id=f"{made[0]},{made[2]},rubbish", service_code="none").json()
    assert {one["service_request_id"] for one in both} == {made[0], made[2]}, "ids override everything else"
    assert get(town, "requests.json", service_code="piling", status="closed").json() == []
    assert len(get(town, "requests.json", service_code="piling", status="open,closed").json()) >= 3
    assert len(get(town, "requests.json", service_code="piling", status="received,investigating").json()) >= 1
    root = ET.fromstring(get(town, "requests.xml", service_request_id=made[0]).content)  # noqa: S314  our own
    assert [one.findtext("service_request_id") for one in root.iterfind("request")] == [made[0]]


def test_windows_are_90_days_at_most(town: Any, who: Any) -> None:
    made = posted(town, who, place(14), description="window", service_code="drilling")
    now = datetime.now(UTC)

    def ids(**query: Any) -> set[str]:
        answer = get(town, "requests.json", service_code="drilling", **query)
        assert answer.status_code == 200, answer.text
        return {one["service_request_id"] for one in answer.json()}

    assert made in ids(start_date=(now - timedelta(days=1)).isoformat())
    assert made not in ids(end_date=(now - timedelta(days=1)).isoformat())
    assert made not in ids(start_date="2020-01-01T00:00:00Z", end_date="2020-02-01T00:00:00Z")
    for query in (
        {"start_date": "2020-01-01T00:00:00Z", "end_date": "2021-01-01T00:00:00Z"},
        {"start_date": "2020-02-01T00:00:00Z", "end_date": "2020-01-01T00:00:00Z"},
        {"start_date": "yesterday"},
        {"page": 0},
        {"page_size": 1001},
        {"page": "x"},
    ):
        answer = get(town, "requests.json", **query)
        assert (answer.status_code, errors(answer)[0][0]) == (400, 400), query


def test_whose_requests_must_be_said_where_there_are_several(town: Any) -> None:
    answer = get(town, "requests.json", jurisdiction_id=None)
    assert (answer.status_code, "jurisdiction_id" in errors(answer)[0][1]) == (400, True)
    missing = get(town, "requests.json", jurisdiction_id="atlantis")
    assert (missing.status_code, errors(missing)[0][0]) == (404, 404)


def test_another_operator_sees_nothing_of_it(town: Any, who: Any) -> None:
    made = posted(town, who, place(15), description="of a")
    other = get(town, f"requests/{made}.json", tenant=town.b)
    assert other.status_code == 404
    listed = get(town, "requests.json", tenant=town.b).json()
    assert made not in {one["service_request_id"] for one in listed}
    theirs = sender(town, town.b)
    answer = post(town, theirs, place(15), jurisdiction_id=tenant_key(town, town.a))
    assert answer.status_code == 404, "a key is of one operator"
    update = {"api_key": theirs.key, "service_request_id": made, "status": "closed"}
    assert town.client.post(f"{ROOT}/servicerequestupdates.json", data=update).status_code == 404


def test_a_token_is_the_id(town: Any, who: Any) -> None:
    made = posted(town, who, place(16))
    assert get(town, f"tokens/{made}.json").json() == [{"service_request_id": made, "token": made}]
    assert get(town, f"tokens/{uuid4()}.xml").status_code == 404
    assert get(town, "tokens/rubbish.json").status_code == 404


def test_a_hazard_in_a_home_is_read_by_its_sender_alone(town: Any, who: Any) -> None:
    made = posted(town, who, place(17), service_code="indoor_hazard", description="厨房里")
    assert get(town, f"requests/{made}.json").status_code == 404
    look(town)
    assert get(town, f"requests/{made}.json").status_code == 404
    assert one(town, made, api_key=who.key)["description"] == "厨房里"
    assert get(town, f"requests/{made}.json", api_key=sender(town).key).status_code == 404
    assert get(town, "servicerequestupdates.json", service_request_id=made).json() == []
    assert get(town, "servicerequestupdates.json", service_request_id=made, api_key=who.key).json()


def test_reports_of_the_phone_are_listed_without_their_words(town: Any) -> None:
    where = {"lon": place(18)[0], "lat": place(18)[1], "crs": "wgs84", "accuracy_m": 8, "source": "device"}
    body = {"draft": str(uuid4()), "kind": "hoarding", "words": "我是王五，电话 139", "place": where}
    files = [("report", (None, json.dumps(body)))]
    sent = town.client.as_(None, "POST", "/v1/public/reports", files=files)
    assert sent.status_code == 201, sent.text
    assert get(town, f"requests/{sent.json()['id']}.json").status_code == 404, "not yet looked at"
    look(town)
    read = one(town, sent.json()["id"])
    assert (read["service_code"], read["description"]) == ("hoarding", "Hoarding, a cut road, a heap of soil")
    assert "王五" not in get(town, "requests.json", service_code="hoarding").text


def test_the_senders_update_is_added_words_and_closes_nothing(town: Any, who: Any) -> None:
    made = posted(town, who, place(19), description="with words")
    said = {
        "api_key": who.key,
        "service_request_id": made,
        "update_id": "u-1",
        "status": "CLOSED",
        "description": "已经走了",
        "updated_datetime": "2026-11-20T09:00:00+08:00",
    }
    first = town.client.post(f"{ROOT}/servicerequestupdates.json", data=said)
    assert first.status_code == 200, first.text
    again = town.client.post(f"{ROOT}/servicerequestupdates.json", data=said)
    assert again.json() == first.json()
    with town.at(town.a) as work:
        words = list(
            work.session.scalars(text("SELECT words FROM field_report_words WHERE report_id = :id"), {"id": made})
        )
    assert words == ["[closed] 已经走了"]
    look(town)
    assert one(town, made)["status"] == "open", "their word closes nothing of ours"
    nothing = town.client.post(f"{ROOT}/servicerequestupdates.xml", data=said | {"status": "", "description": ""})
    assert (nothing.status_code, errors(nothing)[0][0]) == (400, 400)
    nobody = town.client.post(f"{ROOT}/servicerequestupdates.xml", data=said | {"service_request_id": str(uuid4())})
    assert nobody.status_code == 404


def seen(town: Any, made: str) -> tuple[str, str, list[str]]:
    """Return how a request stands, and every status that its reader was told."""
    look(town)
    read = one(town, made)
    told = get(town, "servicerequestupdates.json", service_request_id=made).json()
    return read["status"], read["extended_status"], [each["status"] for each in told]


def test_closed_is_said_when_casework_says_so_and_opened_again_reaches_the_reader(town: Any) -> None:
    spot = (HERE[0] - 0.02, HERE[1])
    file = File(town, spot)
    made = posted(town, sender(town), spot, description="挖机还在")
    town.drain()
    assert seen(town, made)[0] == "open"
    file.look(true=False)
    town.drain()
    status, extended, told = seen(town, made)
    assert (status, extended, told[-1]) == ("closed", "no_further_action", "no_further_action")
    assert "closed" not in told, "somebody found no works; nobody fixed anything"
    assert file.post("reopen", "safety_manager", reason="they dig after all").status_code == 200
    town.drain()
    status, extended, again = seen(town, made)
    assert status == "open"
    assert again[: len(told)] == told, "what was told stays told"
    assert again[-1] == extended
    assert len(again) > len(told)
    last = get(town, "servicerequestupdates.json", service_request_id=made).json()[-1]
    assert "Opened again" in last["description"]


def test_a_reader_that_polls_from_its_last_poll_misses_nothing(town: Any, who: Any) -> None:
    made = posted(town, who, place(20), description="polled")
    found: list[str] = []
    since = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(3):
        look(town)
        until = datetime.now(UTC) + timedelta(seconds=1)
        window = {"start_date": since.isoformat(), "end_date": until.isoformat(), "page_size": 1000}
        rows = get(town, "servicerequestupdates.json", service_request_id=made, **window).json()
        found += [each["update_id"] for each in rows if each["update_id"] not in found]
        town.drain()
    whole = get(town, "servicerequestupdates.json", service_request_id=made).json()
    assert found == [each["update_id"] for each in whole]
    rubbish = get(town, "servicerequestupdates.json", service_request_id="rubbish")
    assert rubbish.json() == [], "an id that is none of ours asks for nothing, not for everything"


def test_a_key_may_come_as_bearer_and_a_page_of_an_app_may_not_be_stored(town: Any, who: Any) -> None:
    said = form(None, place(21), description="bearer")
    answer = town.client.post(f"{ROOT}/requests.json", data=said, headers={"Authorization": f"Bearer {who.key}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_large_form_is_refused_and_a_wrong_method_named(town: Any, who: Any) -> None:
    large = {"api_key": who.key, "description": "x" * (2 << 20)}
    answer = town.client.post(f"{ROOT}/servicerequestupdates.json", data=large)
    assert answer.status_code == 413
    assert town.client.delete(f"{ROOT}/requests.json").status_code == 405
    many = town.client.post(f"{ROOT}/requests.json", data=form(who, place(22)) | {f"f{n}": "x" for n in range(80)})
    assert many.status_code < 500


def test_the_same_request_sent_at_once_from_many_hands_is_one(town: Any, who: Any) -> None:
    said = {"external_id": "race-1", "description": "race"}
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _n: post(town, who, place(23), **said), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()[0]["service_request_id"] for answer in answers}) == 1
