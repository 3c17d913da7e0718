"""The live stream over a real socket: a test client would read it to its end, and it has none."""

from __future__ import annotations

import json
import queue
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from pipewarden.people import service as people
from pipewarden.people.facts import Role

PATIENCE_S = 20.0


class Reader:
    """One open stream; events come out of ``next``."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self.events: queue.Queue[dict[str, str]] = queue.Queue()
        self.last = ""
        self._client = httpx2.Client(timeout=httpx2.Timeout(5.0, read=60.0))
        self._stream = self._client.stream("GET", f"{address}/v1/alarms/stream", headers=headers)
        self.answer = self._stream.__enter__()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    event[name] = value
                elif event:
                    self.last = event.get("id", self.last)
                    self.events.put(event)
                    event = {}
        except (httpx2.HTTPError, RuntimeError):
            pass

    def next(self, kind: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                event = self.events.get(timeout=left)
            except queue.Empty:
                break
            if event.get("event") == kind:
                said: dict[str, Any] = json.loads(event["data"])
                return said
        raise TimeoutError(kind)

    def alarm(self, wanted: str, **told: Any) -> dict[str, Any]:
        """Return the next message about one alarm in which these fields are so."""
        while True:
            said = self.next("alarm")
            if said["id"] == wanted and all(said[name] == value for name, value in told.items()):
                return said

    def until(self, wanted: set[str]) -> set[str]:
        """Return which alarms are told of until all the wanted ones are; each is told of when made and when judged."""
        found: set[str] = set()
        while not wanted <= found:
            found.add(self.next("alarm")["id"])
        return found

    def close(self) -> None:
        self._stream.__exit__(None, None, None)
        self._client.close()


def follow(address: str, who: Any, last: str | None = None) -> Reader:
    headers = who.headers() | ({} if last is None else {"Last-Event-ID": last})
    made = Reader(address, headers)
    assert made.answer.status_code == 200, made.answer.read()
    assert made.answer.headers["content-type"].startswith("text/event-stream")
    made.next("ready")
    return made


def test_a_change_arrives_with_the_whole_alarm(town: Any, address: str) -> None:
    reader = follow(address, town.who("dispatcher"))
    one = town.alarm_at(town.who("patroller"), (116.881, 39.681))
    started = time.monotonic()
    said = reader.alarm(one)
    assert said == town.client.as_(town.who("dispatcher"), "GET", "/v1/alarms?limit=1").json()["items"][0]
    assert time.monotonic() - started < 5
    town.client.as_(town.who("dispatcher"), "POST", f"/v1/alarms/{one}/acknowledge", json={"reason": "seen"})
    while reader.next("alarm")["acknowledged_at"] is None:
        pass
    reader.close()


def test_a_verdict_arrives_though_the_alarm_itself_has_not_changed(town: Any, address: str) -> None:
    one = town.alarm_at(town.who("patroller"), (116.884, 39.686))
    reader = follow(address, town.who("dispatcher"))
    town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json={"code": "farm_machine"})
    said = reader.alarm(one, verdict="rejected")
    assert datetime.fromisoformat(said["silent_until"]) - datetime.now(UTC) > timedelta(hours=23)
    town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json={"code": "other", "silence_h": 2})
    longer = reader.alarm(one, verdict="rejected")
    assert datetime.fromisoformat(longer["silent_until"]) - datetime.now(UTC) < timedelta(hours=3)
    town.report(town.who("patroller"), (116.884, 39.686), "真的在挖")
    town.drain()
    assert reader.alarm(one, verdict="person")["silent_until"] is None
    town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json={"code": "digging"})
    reader.alarm(one, verdict="confirmed")
    reader.close()


def test_a_site_arrives_with_whatever_is_done_to_it_and_only_to_who_may_read_it(town: Any, address: str) -> None:
    near, other = follow(address, town.who("dispatcher")), follow(address, town.who("safety_manager_b"))
    site = town.site_at(town.who("patroller"), (116.878, 39.678))
    while (said := near.next("site"))["id"] != site:
        pass
    body = {"version": said["version"], "act": {"kind": "stop", "reason": "no plan"}}
    done = town.client.as_(town.who("dispatcher"), "POST", f"/v1/sites/{site}/events", json=body)
    assert done.status_code == 200, done.text
    while (said := near.next("site"))["version"] < done.json()["version"]:
        pass
    assert said == done.json()
    with pytest.raises(TimeoutError):
        other.next("site", 1.0)
    for reader in (near, other):
        reader.close()


def test_a_verdict_is_heard_by_who_sees_the_alarm_and_by_nobody_else(town: Any, address: str) -> None:
    one = town.alarm_at(town.who("safety_manager"), (116.352, 39.682))
    near, other = follow(address, town.who("dispatcher")), follow(address, town.who("safety_manager_b"))
    mine = follow(address, town.who("safety_manager"))
    town.client.as_(town.who("safety_manager"), "POST", f"/v1/reviews/{one}/decide", json={"code": "farm_machine"})
    mine.alarm(one, verdict="rejected")
    for reader in (near, other):
        with pytest.raises(TimeoutError):
            reader.next("alarm", 1.0)
    for reader in (near, other, mine):
        reader.close()


def test_a_verdict_that_fell_while_the_line_was_broken_is_told_after(town: Any, address: str) -> None:
    one = town.alarm_at(town.who("patroller"), (116.8845, 39.6865))
    reader = follow(address, town.who("dispatcher"))
    town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json={"code": "farm_machine"})
    reader.alarm(one, verdict="rejected")
    reader.close()
    town.client.as_(town.who("dispatcher"), "POST", f"/v1/reviews/{one}/decide", json={"code": "digging"})
    again = follow(address, town.who("dispatcher"), reader.last)
    again.alarm(one, verdict="confirmed")
    again.close()


def test_a_broken_line_goes_on_where_it_ended(town: Any, address: str) -> None:
    reader = follow(address, town.who("dispatcher"))
    town.alarm_at(town.who("patroller"), (116.882, 39.681))
    reader.next("alarm")
    while not reader.last:
        reader.next("alarm")
    reader.close()
    missed = [town.alarm_at(town.who("patroller"), (116.883 + n / 1000, 39.682)) for n in range(3)]
    again = follow(address, town.who("dispatcher"), reader.last)
    again.until(set(missed))
    again.close()


def test_nobody_hears_of_another_area_or_tenant(town: Any, address: str) -> None:
    reader, other = follow(address, town.who("dispatcher")), follow(address, town.who("safety_manager_b"))
    town.alarm_at(town.who("safety_manager"), (116.351, 39.681))
    mine = town.alarm_at(town.who("patroller"), (116.887, 39.683))
    assert reader.next("alarm")["id"] == mine
    with pytest.raises(TimeoutError):
        other.next("alarm", 2.0)
    reader.close()
    other.close()


def test_a_regulator_hears_of_every_tenant_inside_the_area(town: Any, address: str) -> None:
    reader = follow(address, town.who("regulator"))
    made = {
        town.alarm_at(town.who("patroller"), (116.888, 39.684)),
        town.alarm_at(town.who("safety_manager_b"), (116.889, 39.685)),
    }
    assert reader.until(made) == made
    reader.close()


def test_a_stream_ends_with_its_session(town: Any, address: str) -> None:
    who = town.person(Role.DISPATCHER, area=town.east)
    reader = follow(address, who)
    with town.at(town.a) as work:
        actor = people.actor_by_token(work.session, who.token, work.now())
        assert actor is not None
        people.sign_out(work, actor)
    assert reader.next("end")["field"] == "session"
    reader.close()


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("auditor", 403), ("resident", 403), ("device", 403)])
def test_who_may_not_follow_is_told_so_before_anything_flows(
    town: Any, address: str, who: str | None, status: int
) -> None:
    headers = {} if who is None else town.who(who).headers()
    answer = httpx2.get(f"{address}/v1/alarms/stream", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("word", ["7", "abc", "e30"])
def test_a_made_up_place_is_refused(town: Any, address: str, word: str) -> None:
    headers = town.who("dispatcher").headers() | {"Last-Event-ID": word}
    answer = httpx2.get(f"{address}/v1/alarms/stream", headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


def test_streams_leave_room_for_others(town: Any, address: str) -> None:
    readers = [follow(address, town.who("dispatcher")) for _ in range(25)]
    started = time.monotonic()
    assert httpx2.get(f"{address}/v1/me", headers=town.who("dispatcher").headers()).status_code == 200
    assert time.monotonic() - started < 5
    for reader in readers:
        reader.close()
