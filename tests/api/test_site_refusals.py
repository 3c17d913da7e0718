"""What sites refuse over HTTP: who must not, what comes too late, what proves nothing; and how the site stands then."""

from __future__ import annotations

import base64
import threading
from typing import Any
from uuid import UUID

import owed_api
import pytest

from pipewarden.casework import store
from pipewarden.casework.facts import MergedInto
from pipewarden.casework.service import append

UNKNOWN = "00000000-0000-7000-8000-00000000dead"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
METRE = 1 / 111_195.0  # degrees of latitude, on the sphere that distances are told on


class Plot:
    """One site in the east that waits for somebody, and who asks about it."""

    def __init__(self, town: Any, place: tuple[float, float]) -> None:
        self.town, self.place = town, place
        self.patroller = str(town.who("patroller").id)
        self.id = owed_api.site(town, town.a, place)

    def ask(self, method: str, what: str = "", who: str = "dispatcher", **more: Any) -> Any:
        return self.town.client.as_(self.town.who(who), method, f"/v1/sites/{self.id}{what}", **more)

    def now(self) -> Any:
        return self.ask("GET").json()

    def act(self, kind: str, who: str = "dispatcher", *, version: int | None = None, **told: Any) -> Any:
        body = {"version": version or self.now()["version"], "act": {"kind": kind} | told}
        return self.ask("POST", "/events", who, json=body)

    def sent(self) -> None:
        """Have the patroller in charge."""
        if self.now()["owner_id"] != self.patroller:
            assert self.act("assign", person_id=self.patroller, why="nearest").status_code == 200

    def away(self, metres: float) -> dict[str, float]:
        return {"lon": self.place[0], "lat": self.place[1] + metres * METRE}

    def merge(self, other: Plot) -> None:
        with self.town.at(self.town.a) as work:
            site = store.sites.lock(work, [UUID(self.id)])[UUID(self.id)]
            append(work, site, [MergedInto(UUID(other.id), "one pit")])


@pytest.fixture
def plot(town: Any, spot: Any) -> Plot:
    return Plot(town, spot())


def told(answer: Any, status: int, code: str) -> Any:
    body = answer.json()
    assert (answer.status_code, body.get("code")) == (status, code), answer.text
    assert body["fix"]
    assert body["clause"]
    assert set(body["present"]) == {"id", "version", "state", "headline"}
    return body


def test_a_body_that_is_not_understood_writes_nothing(plot: Plot) -> None:
    before = plot.now()
    for act in (
        {"kind": "demolish"},
        {},
        {"kind": "note", "word": "x"},
        {"kind": "stop"},
        {"kind": "stop", "reason": ""},
    ):
        body = {"version": before["version"], "act": act}
        assert plot.ask("POST", "/events", json=body).status_code == 422
    for version in (0, -1, 2**31, "one"):
        body = {"version": version, "act": {"kind": "note", "words": "x"}}
        assert plot.ask("POST", "/events", json=body).status_code == 422
    assert plot.now() == before


def test_who_must_not_is_refused_before_anything_is_looked_at(plot: Plot) -> None:
    note = {"version": 99, "act": {"kind": "note", "words": "x"}}
    for who, status in (("auditor", 403), ("safety_manager_b", 404), ("patroller_b", 404), ("resident", 403)):
        assert plot.ask("POST", "/events", who, json=note).status_code == status
    for act in (
        {"kind": "end", "to": "false", "code": "passing_vehicle", "reason": "x"},
        {"kind": "reopen", "reason": "x"},
        {"kind": "report", "to": "城管", "reason": "x"},
        {"kind": "report_strike", "to": "x"},
        {"kind": "advance", "to": "closed"},
    ):
        answer = plot.ask("POST", "/events", "patroller", json={"version": plot.now()["version"], "act": act})
        assert answer.status_code == 403, act
    nowhere = plot.town.client.as_(plot.town.who("dispatcher"), "POST", f"/v1/sites/{UNKNOWN}/events", json=note)
    assert nowhere.status_code == 404


def test_an_older_or_a_newer_version_is_stale_whatever_the_act(plot: Plot) -> None:
    version = plot.now()["version"]
    for wrong in (version - 1, version + 1):
        if wrong < 1:
            continue
        late = plot.act("advance", version=wrong, to="under_standby")
        body = told(late, 409, "stale")
        assert (body["field"], body["present"]["version"]) == ("version", version)


def test_of_many_at_once_one_is_heard_and_the_others_are_told(plot: Plot) -> None:
    version = plot.now()["version"]
    answers: list[Any] = []

    def send(number: int) -> None:
        body = {"version": version, "act": {"kind": "note", "words": f"from {number}"}}
        who = plot.town.who("dispatcher")
        path = f"/v1/sites/{plot.id}/events"
        answers.append(plot.town.client.request("POST", path, json=body, headers=who.headers()))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert {one.json()["present"]["version"] for one in answers if one.status_code == 409} == {version + 1}
    assert plot.now()["version"] == version + 1


def test_a_merged_site_is_shown_and_sends_on_to_the_one_that_is_kept(plot: Plot, town: Any, spot: Any) -> None:
    kept = Plot(town, spot())
    plot.merge(kept)
    gone = plot.now()
    assert (gone["headline"], gone["merged_into"], gone["open"], gone["ended_at"]) == ("merged", kept.id, False, None)
    body = told(plot.act("strike", words="gas"), 409, "merged")
    assert kept.id in body["fix"]
    assert body["present"]["headline"] == "merged"
    assert plot.ask("GET", "/next").json()["steps"] == []
    assert plot.act("note", words="seen once more").status_code == 200
    lon, lat = plot.place
    box = f"{lon - 0.0005},{lat - 0.0005},{lon + 0.0005},{lat + 0.0005}"
    listed = town.client.as_(town.who("dispatcher"), "GET", f"/v1/sites?bbox={box}").json()["items"]
    assert plot.id not in {one["id"] for one in listed}


def test_an_ended_site_says_how_it_ended_and_takes_notes_only(plot: Plot) -> None:
    plot.sent()
    assert plot.act("end", to="false", code="passing_vehicle", reason="drove on").status_code == 200
    for kind, more in (("stop", {"reason": "x"}), ("strike", {"words": "x"}), ("repair", {"utility": "water"})):
        body = told(plot.act(kind, **more), 409, "ended")
        assert body["present"]["state"] == "false"
    assert plot.now()["next_due_at"] is None
    assert plot.act("note", words="x").status_code == 200
    assert plot.act("reopen", reason="it came back").json()["ended_at"] is None
    told(plot.act("reopen", reason="again"), 409, "not_next")


def test_who_stands_two_hundred_metres_off_is_there_and_further_off_is_not(plot: Plot) -> None:
    plot.sent()
    body = told(plot.act("arrive", "patroller", proof=plot.away(202)), 409, "too_far")
    assert body["field"] == "proof.position"
    assert "20" in body["detail"]
    told(plot.act("arrive", "patroller", proof=plot.away(260) | {"accuracy_m": 50}), 409, "too_far")
    assert plot.act("arrive", "patroller", proof=plot.away(198)).status_code == 200


def test_half_a_position_is_none(plot: Plot) -> None:
    plot.sent()
    for half in ({"lon": plot.place[0]}, {"lat": plot.place[1]}, {"accuracy_m": 3}, {}):
        body = told(plot.act("arrive", "patroller", proof=half), 409, "lacks_position")
        assert body["field"] == "proof.position"
    for wrong in ({"lon": 181, "lat": 0}, {"lon": 0, "lat": "NaN"}, {"lon": 0, "lat": -91}, {"accuracy_m": -1}):
        assert plot.act("arrive", "patroller", proof=wrong).status_code == 422


def test_a_picture_is_shown_where_it_was_named_and_nowhere_else(plot: Plot, town: Any, spot: Any) -> None:
    files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
    sha = plot.ask("POST", "/pictures", "patroller", files=files).json()["id"]
    assert plot.act("note", "patroller", shown=[sha]).status_code == 200
    other = Plot(town, spot())
    assert plot.ask("GET", f"/pictures/{sha}", "patroller").status_code == 200
    assert other.ask("GET", f"/pictures/{sha}", "patroller").status_code == 404
    assert plot.ask("GET", f"/pictures/{sha}", "patroller_b").status_code == 404
    for wrong in (sha + "A", sha[:-1], "x" * 64, "." * 22):
        assert plot.ask("GET", f"/pictures/{wrong}", "patroller").status_code == 422
    files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
    assert plot.ask("POST", "/pictures", "auditor", files=files).status_code == 403
    assert plot.ask("POST", "/pictures", "patroller_b", files=files).status_code == 404


def test_a_picture_proves_nothing_at_a_site_it_was_not_brought_to(plot: Plot, town: Any, spot: Any) -> None:
    files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
    sha = plot.ask("POST", "/pictures", "patroller", files=files).json()["id"]
    other = Plot(town, spot())
    for named in ({"kind": "note", "shown": [sha]}, {"kind": "arrive", "proof": {"pictures": [sha]}}):
        body = {"version": other.now()["version"], "act": named}
        refused = other.ask("POST", "/events", "patroller", json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, "proof.pictures")
    theirs = owed_api.site(town, town.b, spot(west=True))
    path, who = f"/v1/sites/{theirs}", town.who("safety_manager_b")
    version = town.client.as_(who, "GET", path).json()["version"]
    body = {"version": version, "act": {"kind": "note", "shown": [sha]}}
    assert town.client.as_(who, "POST", f"{path}/events", json=body).status_code == 422
    assert plot.act("note", "patroller", shown=[sha]).status_code == 200


def test_lists_refuse_what_is_no_box_no_area_and_no_page(plot: Plot, town: Any) -> None:
    for box in ("nan,1,2,3", "1,2,inf,3", "1,2,3,4,5", "", "1;2;3;4", "-181,0,0,1", "0,-91,1,1"):
        assert town.client.as_(town.who("dispatcher"), "GET", "/v1/sites", params={"bbox": box}).status_code == 422
    for query, status in (
        (f"area={UNKNOWN}", 404),
        ("state=", 422),
        ("level=0", 422),
        ("owner=me", 422),
        ("cursor=made-up", 422),
        ("order=newest", 422),
        ("limit=0", 422),
    ):
        assert town.client.as_(town.who("dispatcher"), "GET", f"/v1/sites?{query}").status_code == status, query
    for what in ("", "/events", "/next"):
        assert plot.ask("GET", what, "safety_manager_b").status_code == 404


def test_the_list_of_headlines_finds_what_hangs_on_a_site(plot: Plot, town: Any) -> None:
    lon, lat = plot.place
    here = f"{lon - 0.0001},{lat - 0.0001},{lon + 0.0001},{lat + 0.0001}"  # other tests leave many sites in the east

    def ids(state: str) -> set[str]:
        answer = town.client.as_(town.who("dispatcher"), "GET", f"/v1/sites?limit=200&state={state}&bbox={here}")
        return {one["id"] for one in answer.json()["items"]}

    assert plot.id not in ids("stopped")
    assert plot.act("stop", reason="no plan").status_code == 200
    assert plot.id in ids("stopped")
    assert plot.act("strike", words="gas").status_code == 200
    assert plot.id in ids("struck")  # the gravest is its headline
    assert plot.id not in ids("stopped")
    assert plot.id in ids(plot.now()["state"])  # and it still stands where it stood
