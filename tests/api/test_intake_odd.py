"""What other platforms send by mistake: refused with its field, or taken; never a fault of ours, never half a batch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from intake_api import COMPLAINT, event, key, send

from pipewarden.act.rules.sign import webhook_headers

WORDS = {"words": "挖机在挖燃气管道", "address": "和平路"}
BINARY = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "odd-1",
    "ce-source": "urn:odd",
    "ce-type": COMPLAINT,
}


@pytest.fixture(scope="module")
def platform(town: Any) -> Any:
    return key(town)


def waiting(town: Any) -> set[str]:
    """Return the event ids of the newest 200 messages that wait."""
    asked = {"state": "waiting", "limit": 200}
    items = town.client.as_(town.who("safety_manager"), "GET", "/v1/intake", params=asked).json()["items"]
    return {one["event_id"] for one in items}


def test_half_a_character_is_left_out_in_every_mode(town: Any, platform: Any) -> None:
    body = b'{"words": "\\ud800\\u6316\\u8def", "address": "\\udfff\\u548c\\u5e73\\u8def"}'
    structured = [json.dumps(event(f"odd-{n}", {})).encode().replace(b"{}", body) for n in (2, 3)]
    batch = {"content-type": "application/cloudevents-batch+json"}
    for number, sent, headers in ((1, body, BINARY), (2, structured[0], {}), (3, b"[" + structured[1] + b"]", batch)):
        answer = send(town, platform, sent, **headers)
        assert answer.status_code == 201, answer.text
        found = town.client.as_(town.who("safety_manager"), "GET", "/v1/intake").json()["items"][0]
        assert (found["event_id"], found["words"], found["address"]) == (f"odd-{number}", "挖路", "和平路")


def test_half_a_character_in_the_name_of_a_message_is_refused(town: Any, platform: Any) -> None:
    answer = send(town, platform, json.dumps(event("odd-\ud800", WORDS)).encode())
    assert (answer.status_code, answer.json()["field"]) == (422, "id"), answer.text


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"", b"\xff", b"1" * 5000])
@pytest.mark.parametrize("media", ["application/cloudevents+json", "application/cloudevents-batch+json"])
def test_a_structured_body_that_is_no_json_is_refused(town: Any, platform: Any, body: bytes, media: str) -> None:
    answer = send(town, platform, body, **{"content-type": media})
    assert (answer.status_code, answer.json()["field"]) == (422, "body"), answer.text


@pytest.mark.parametrize("change", [{"ce-id": ""}, {"ce-type": "org.example.poem"}, {"ce-specversion": "0.3"}])
def test_a_header_of_the_binary_mode_that_is_wrong_is_named(town: Any, platform: Any, change: dict[str, str]) -> None:
    answer = send(town, platform, json.dumps(WORDS).encode(), **BINARY | change)
    assert answer.status_code == 422, answer.text
    (name,) = change
    assert name.removeprefix("ce-") in answer.text


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"7", b"null", b"{", b"[" * 100_000, b'{"words": NaN}'])
def test_data_that_is_no_object_is_refused(town: Any, platform: Any, body: bytes) -> None:
    before = waiting(town)
    answer = send(town, platform, body, **BINARY | {"ce-id": "odd-4"})
    assert answer.status_code == 422, answer.text
    assert waiting(town) == before


def test_one_bad_message_of_a_batch_keeps_the_others_out(town: Any, platform: Any) -> None:
    before = waiting(town)
    batch = [event(f"half-{n}", WORDS) for n in range(5)] + [event("half-5", {"words": " "})]
    answer = send(town, platform, batch)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == "诉求内容, message 6"
    assert waiting(town) == before
    answer = send(town, platform, batch[:5])
    assert answer.status_code == 201, answer.text
    after = waiting(town)
    assert after - before == {f"half-{n}" for n in range(5)}
    assert send(town, platform, batch[:5]).status_code == 200
    assert waiting(town) == after


def test_a_batch_has_a_size(town: Any, platform: Any) -> None:
    before = waiting(town)
    answer = send(town, platform, [event(f"many-{n}", WORDS) for n in range(101)])
    assert answer.status_code == 422
    assert waiting(town) == before


def test_an_id_used_for_something_else_is_refused_with_its_message(town: Any, platform: Any) -> None:
    assert send(town, platform, event("same", WORDS)).status_code == 201
    answer = send(town, platform, [event("other", WORDS), event("same", WORDS | {"address": "elsewhere"})])
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == "id, message 2"


@pytest.mark.parametrize("seconds", ["9" * 400, "9" * 5000, "-1", "now"])
def test_a_timestamp_of_any_length_is_a_refusal_and_no_fault(town: Any, seconds: str) -> None:
    admin, box = town.who("tenant_admin_b"), key(town, town.b)
    secret = town.client.as_(admin, "PUT", "/v1/intake/city-lifeline/secret").json()["secret"]
    try:
        body = json.dumps(event("t1", WORDS, "org.pipewarden.intake.alarm.v1")).encode()
        headers = webhook_headers("m1", datetime.now(UTC), body, secret) | {"webhook-timestamp": seconds}
        answer = send(town, box, body, "city-lifeline", **headers)
        assert answer.status_code == 401, answer.text
        assert "anew for each attempt" in answer.json()["fix"]
    finally:
        assert town.client.as_(admin, "DELETE", "/v1/intake/city-lifeline/secret").status_code == 204


@pytest.mark.parametrize("name", [".", "..", "管" * 86, "a/b.geojson"])
def test_a_delivery_is_called_as_a_file_is(town: Any, name: str) -> None:
    query = {"crs": "EPSG:4326", "name": name}
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/networks/sync", params=query, content=b"{}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == "name"
