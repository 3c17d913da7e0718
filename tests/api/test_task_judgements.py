"""An answer that nothing verifies is looked at by a dispatcher: accepted it pays, refused it says why to its author."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import standby_api
from standby_api import answer, judgement, nonce, pixel, task

from pipewarden.field.service import judging
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import Role


@pytest.fixture
def crew(town: Any, spot: Any) -> Any:
    """A dispatcher, a grid worker and a task of theirs."""
    return Crew(town, spot())


class Crew:
    def __init__(self, town: Any, place: tuple[float, float]) -> None:
        self.town, self.place = town, place
        self.dispatcher = town.person(Role.DISPATCHER, area=town.east)
        self.worker = town.person(Role.GRID_WORKER, area=town.east)
        self.task = task(town, self.dispatcher, place).json()["id"]

    def answers(self) -> Any:
        got = self.town.client.as_(self.dispatcher, "GET", f"/v1/tasks/{self.task}/answers")
        assert got.status_code == 200, got.text
        return got.json()["items"]

    def unverified(self, picture: bytes | None = None, **more: Any) -> dict[str, Any]:
        """The worker answers without a nonce."""
        made = answer(self.town, self.worker, self.task, self.place, pixel() if picture is None else picture, **more)
        assert made.status_code == 201, made.text
        assert made.json()["verified"] is False
        return dict(made.json())

    def judge(self, answer_id: str, *, accept: bool, reason: str = "照片看得清", who: Any = None) -> Any:
        return judgement(self.town, who or self.dispatcher, self.task, answer_id, accept=accept, reason=reason)

    def points(self) -> int:
        return int(self.town.client.as_(self.worker, "GET", "/v1/me/points").json()["points"])

    def messages(self, text: str) -> list[dict[str, Any]]:
        got = self.town.client.as_(self.worker, "GET", "/v1/calls?limit=200").json()["items"]
        return [one for one in got if one["text"] == text]


def test_an_accepted_answer_brings_its_points_once(crew: Crew) -> None:
    made = crew.unverified()
    assert (made["points"], crew.points()) == (0, 0)
    said = crew.judge(made["id"], accept=True)
    assert said.status_code == 200, said.text
    assert (said.json()["accepted"], said.json()["points"], crew.points()) == (True, 10, 10)
    (told,) = crew.answers()
    assert (told["verified"], told["doubts"], told["points"]) == (False, ["no_nonce"], 0), "what it proves stays"
    assert told["judgement"] == said.json()
    (message,) = crew.messages("task.accepted")
    assert message["params"]["points"] == "10"
    again = crew.judge(made["id"], accept=False)
    assert (again.status_code, again.json()["field"]) == (409, "answer")
    assert crew.points() == 10


def test_a_refusal_is_read_by_whoever_answered(crew: Crew) -> None:
    made = crew.unverified(seen="nothing")
    said = crew.judge(made["id"], accept=False, reason="照片是另一条街")
    assert (said.status_code, said.json()["points"], crew.points()) == (200, 0, 0)
    (message,) = crew.messages("task.refused")
    assert message["params"]["reason"] == "照片是另一条街"
    assert "请看一下" in message["params"]["words"]
    for empty in ("", "  "):
        assert crew.judge(made["id"], accept=False, reason=empty).status_code == 422


def test_a_verified_answer_one_s_own_and_another_task_s_are_not_decided(town: Any, crew: Crew) -> None:
    good = answer(town, crew.worker, crew.task, crew.place, pixel(), nonce=nonce(town, crew.worker)).json()
    assert good["verified"] is True
    assert crew.judge(good["id"], accept=False).status_code == 409
    other = Crew(town, crew.place)
    assert crew.judge(other.unverified()["id"], accept=True).status_code == 404, "of another task"
    assert other.points() == 0


def test_the_picture_of_an_answer_is_shown_to_who_asked_and_to_nobody_else(town: Any, crew: Crew) -> None:
    crew.unverified()
    (told,) = crew.answers()
    path = f"/v1/tasks/{crew.task}/pictures/{told['picture']}"
    assert town.client.as_(crew.dispatcher, "GET", path).status_code == 200
    assert town.client.as_(crew.worker, "GET", path).status_code == 403
    other = Crew(town, crew.place)
    elsewhere = town.client.as_(crew.dispatcher, "GET", f"/v1/tasks/{other.task}/pictures/{told['picture']}")
    unknown = town.client.as_(crew.dispatcher, "GET", f"/v1/tasks/{crew.task}/pictures/{'A' * 22}")
    beyond = town.client.as_(town.who("dispatcher_b"), "GET", path)
    assert {one.status_code for one in (elsewhere, unknown, beyond)} == {404}
    assert len({one.text for one in (elsewhere, unknown, beyond)}) == 1, "the same words for all"


def test_an_answer_without_a_picture_shows_none(town: Any, crew: Crew) -> None:
    made = answer(town, crew.worker, crew.task, crew.place, None)
    assert made.status_code == 201
    assert made.json()["picture"] is None
    (told,) = crew.answers()
    assert (told["picture"], told["judgement"]) == (None, None)


def test_what_was_decided_stands_in_the_record_and_on_the_site(town: Any, crew: Crew) -> None:
    site = town.site_at(town.who("safety_manager"), crew.place)
    made = town.client.as_(crew.dispatcher, "POST", "/v1/tasks", json={"words": "看看", "site_id": site})
    crew.task = made.json()["id"]
    crew.judge(crew.unverified(seen="nothing")["id"], accept=True, reason="和监控一致")
    events = town.client.as_(town.who("safety_manager"), "GET", f"/v1/sites/{site}/events?limit=200").json()["items"]
    notes = [one["body"]["words"] for one in events if one["kind"] == "noted"]
    assert any("answer accepted: 和监控一致" in one for one in notes)
    audit = town.client.as_(town.who("auditor"), "GET", "/v1/audit?limit=50").json()
    assert "task.judged" in json.dumps(audit)


def test_nobody_decides_about_an_answer_of_their_own(town: Any, crew: Crew) -> None:
    made = crew.unverified()
    with town.at(town.a) as work:
        actor = people.actor_of(work, crew.dispatcher.id)
        assert actor is not None
        both = type(actor)(actor.kind, crew.worker.id, "both", actor.tenant_id, grants=actor.grants)
        with pytest.raises(RefusedError, match="your own"):
            judging.judge(work, both, UUID(crew.task), UUID(made["id"]), accept=True, reason="x")


def test_what_the_matrix_asks_about_is_there(town: Any) -> None:
    mine, _, _, nothing = standby_api.answered(town, pixel())
    assert mine[2] != standby_api.NO_PICTURE
    assert nothing == (standby_api.NOTHING, standby_api.NOTHING, standby_api.NO_PICTURE)
