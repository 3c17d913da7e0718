"""The foundry over HTTP: an expert builds, others review, a manager sells, the pipeline calls, everybody is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import cv2
import foundry_api
import foundry_town
import numpy as np
import pytest
from foundry_town import EXAMPLE, KNOWLEDGE, QUESTIONS, RULE, coloured

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.jobs import foundry as jobs
from pipewarden.market.jobs import rounds
from pipewarden.market.rules import addresses
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Callable

NEAR = '{"distance": 0.3, "digging": true, "ground": "soil"}'


@pytest.fixture(autouse=True)
def nets(town: Any) -> None:
    foundry_api.cheap(town)


def ask(town: Any, who: Any, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = town.client.as_(who, method, f"/v1/capabilities{path}", **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer


def call(town: Any, slug: str, request_id: str, status: int = 200, **fields: str) -> Any:
    files = {name: (None, value) for name, value in ({"given": NEAR} | fields | {"request_id": request_id}).items()}
    return ask(town, town.who("safety_manager"), "POST", f"/{slug}/invoke", status, files=files)


def wallet(town: Any, who: Any) -> int:
    address = addresses.person(who.id, Asset.CNY)
    with town.at(town.a) as work:
        found = ledger.balances(work, [address])
    return found[address].posted if address in found else 0


def sold(town: Any, author: Any, budget: str = "10.00") -> tuple[str, list[Any]]:
    """Bring a rule card over HTTP as far as a canary with a demand; return its slug and its reviewers."""
    slug, admin = foundry_api.slug_of("pit-check"), town.who("tenant_admin")
    made = {"slug": slug, "kind": "rule", "title": "探坑判定", "content": RULE}
    assert ask(town, author, "POST", "", 201, json=made)["versions"][0]["state"] == "draft"
    first = f"/{slug}/versions/1"
    assert ask(town, author, "POST", f"{first}/evaluate", json={})["version"]["state"] == "evaluated"
    reviewers = [town.person(Role.EXPERT) for _ in range(2)]
    for who in reviewers:
        ask(town, who, "POST", f"{first}/review", json={"accept": True, "words": "条款核对无误"})
    ask(town, author, "POST", f"{first}/price", json={"price": "0.13"})
    assert ask(town, admin, "POST", f"{first}/canary", json={"percent": 20})["state"] == "canary"
    receipt = {"asset": "CNY", "amount": budget, "number": str(uuid4()), "value_date": "2026-11-20"}
    assert town.client.as_(admin, "POST", "/v1/finance/deposits", json=receipt).status_code == 201
    wanted = {"title": str(uuid4()), "wanted": 500, "budget": budget}
    ask(town, admin, "POST", f"/{slug}/demands", 201, json=wanted)
    return slug, reviewers


def test_the_whole_way_over_http(town: Any) -> None:
    author, admin = town.person(Role.EXPERT), town.who("tenant_admin")
    slug, reviewers = sold(town, author)
    for number in range(20):
        said = call(town, slug, f"way-{number}")
        assert (said["state"], said["answer"]["then"], said["price"]["units"]) == ("answered", "stop", 1300)
    assert ask(town, admin, "POST", f"/{slug}/versions/1/live")["state"] == "live"
    assert call(town, slug, "way-3") == call(town, slug, "way-3")
    rounds.settle_meters(town.home.factory.begin)
    assert [wallet(town, one) for one in (author, *reviewers)] == [20 * 910, 20 * 65, 20 * 65]
    metering = town.client.as_(admin, "GET", "/v1/metering").json()
    assert metering["difference"]["units"] == 0
    whole = ask(town, author, "GET", f"/{slug}/versions/1")
    assert [one["act"] for one in whole["events"]][-2:] == ["canary", "live"]
    assert whole["content"]["rules"], "the author sees what it is made of"
    assert ask(town, town.who("patroller"), "GET", f"/{slug}/versions/1")["content"] == {}
    listed = pages(town, town.who("patroller"))
    mine = next(one for one in listed if one["slug"] == slug)
    assert (mine["calls"], mine["mine"], mine["live"]["price"]["amount"]) == (20, False, "0.1300")
    assert ask(town, admin, "POST", f"/{slug}/versions/1/rollback", json={"reason": "x"})["state"] == "rolled_back"
    assert "no live version" in call(town, slug, "after", 409)["detail"]


def pages(town: Any, who: Any, more: str = "") -> list[Any]:
    found, path = [], f"?limit=3{more}"
    while path:
        page = ask(town, who, "GET", path)
        found += page["items"]
        path = f"?limit=3{more}&cursor={page['next']}" if page["next"] else ""
    assert [one["slug"] for one in found] == sorted({one["slug"] for one in found})
    return found


def test_the_shop_answers_with_figure_price_and_calls_at_once(town: Any) -> None:
    author, patroller = town.person(Role.EXPERT), town.who("patroller")
    slug, _ = sold(town, author)
    call(town, slug, "one")
    (found,) = [one for one in pages(town, patroller, "&aisle=selling&kind=rule") if one["slug"] == slug]
    right = found["headline"]["right"]
    assert (right["hits"], right["of"], found["headline"]["basis"], found["headline"]["answered"]) == (
        3,
        3,
        "cases",
        None,
    )
    assert (found["calls"], found["price"]["amount"], found["sells"], found["live"]) == (1, "0.1300", 1, None)
    assert "其它情形" in found["cannot"]["zh"]
    whole = ask(town, patroller, "GET", f"/{slug}/versions/1")
    assert [one["id"] for one in whole["form"]["fields"]] == ["distance", "digging", "ground"]
    assert (whole["form"]["takes"], whole["content"], whole["standing"]["signs"]) == ("values", {}, [])
    assert ask(town, patroller, "GET", f"/{slug}")["calls"] == 1
    (demand,) = ask(town, patroller, "GET", f"/{slug}/demands")["items"]
    assert (demand["wanted"], demand["taken"], demand["left"]["amount"]) == (500, 1, "9.8700")


def test_a_review_is_asked_for_and_who_is_bound_is_told_why_not(town: Any) -> None:
    author, colleague, other = (town.person(Role.EXPERT) for _ in range(3))
    for one, employer in ((author, "甲 院"), (colleague, "甲院"), (other, "乙院")):
        with town.at(town.a) as work:
            foundry_town.registered(work, one.id, employer)
    slug = foundry_api.slug_of("bound")
    ask(town, author, "POST", "", 201, json={"slug": slug, "kind": "rule", "title": "t", "content": RULE})
    first = f"/{slug}/versions/1"
    ask(town, author, "POST", f"{first}/ask", 409)
    ask(town, author, "POST", f"{first}/evaluate", json={})
    assert ask(town, author, "POST", f"{first}/ask")["state"] == "evaluated"
    waiting = {one["slug"]: one["waits"] for one in pages(town, other, "&aisle=review")}
    assert waiting[slug] == 1
    assert slug not in {one["slug"] for one in pages(town, colleague, "&aisle=review")}
    against = ask(town, colleague, "GET", first)["standing"]["against"]
    assert (against["code"], against["zh"]) == ("employer", "与作者在同一家单位")
    said = ask(town, colleague, "POST", f"{first}/review", 409, json={"accept": True, "words": "好"})
    assert (said["field"], said["detail"]) == ("reviewer", "works for the author's employer")
    ask(town, other, "POST", f"{first}/review", json={"accept": True, "words": "好"})
    assert ask(town, author, "GET", first)["standing"]["accepted"] == 1


def test_a_budget_that_is_spent_is_a_conflict_that_is_kept(town: Any) -> None:
    slug, _ = sold(town, town.person(Role.EXPERT), budget="0.27")
    call(town, slug, "a")
    call(town, slug, "b")
    refused = call(town, slug, "c", 409)
    assert (refused["detail"], refused["field"], refused["status"]) == ("budget exhausted", "demand", 409)
    assert "none is open" in call(town, slug, "d", 409)["detail"], "the demand remembers"
    assert call(town, slug, "b")["state"] == "answered", "what was paid is answered again"


def test_who_does_not_wait_is_told_where_to_look(town: Any) -> None:
    slug, _ = sold(town, town.person(Role.EXPERT))
    files = {"request_id": (None, "later"), "given": (None, NEAR), "wait": (None, "false")}
    manager = town.who("safety_manager")
    answer = town.client.as_(manager, "POST", f"/v1/capabilities/{slug}/invoke", files=files)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert jobs.answer_waiting(town.home.factory.begin, town.app.state.runners) >= 1
    there = town.client.as_(manager, "GET", answer.headers["location"]).json()
    assert (there["state"], there["answer"]["then"], there["price"]["units"]) == ("answered", "stop", 1300)
    assert jobs.forget(town.home.factory.begin) == 0, "not yet"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"given": "[1]"}, "given"),
        ({"given": "{"}, "given"),
        ({"given": '{"distance": NaN, "digging": true, "ground": "soil"}'}, "given"),
        ({"given": '{"distance": 1, "digging": true, "ground": "so\\u0000il"}'}, "given"),
        ({"given": "[" * 9000}, "given"),
        ({"given": '{"distance": 1}'}, "given"),
        ({"demand_id": "none"}, "demand_id"),
    ],
)
def test_what_is_no_call_is_said(town: Any, fields: dict[str, str], field: str) -> None:
    if "refused slug" not in town.people:
        town.people["refused slug"] = sold(town, town.person(Role.EXPERT))[0]
    said = call(town, town.people["refused slug"], "never", 422, **fields)
    assert field in str(said)


def test_the_same_id_with_other_contents_is_refused(town: Any) -> None:
    slug, _ = sold(town, town.person(Role.EXPERT))
    call(town, slug, "a")
    other = '{"distance": 9, "digging": true, "ground": "soil"}'
    assert call(town, slug, "a", 422, given=other)["field"] == "request_id"


# --- pictures


def photo() -> bytes:
    """Return a real picture as large as a phone's."""
    noise = np.random.default_rng(1).integers(0, 256, (1500, 1400, 3), np.uint8)
    done, encoded = cv2.imencode(".png", noise)
    assert done
    assert len(encoded) > 5 << 20
    return encoded.tobytes()


def taught(town: Any, author: Any) -> str:
    slug = foundry_api.slug_of("colours")
    ask(town, author, "POST", "", 201, json={"slug": slug, "kind": "example", "title": "t", "content": EXAMPLE})
    return slug


def show(town: Any, who: Any, slug: str, picture: bytes, status: int = 201, **fields: str) -> Any:
    files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
    return ask(
        town, who, "POST", f"/{slug}/examples", status, files=files | {"picture": ("p.png", picture, "image/png")}
    )


def test_a_photo_of_a_phones_size_is_shown_asked_and_tried(town: Any) -> None:
    author = town.person(Role.EXPERT)
    slug, large = taught(town, author), photo()
    one = show(town, author, slug, large, label="machine", purpose="train", part="0.1,0.1,0.5,0.5")
    assert show(town, author, slug, large, 200, label="machine", purpose="train", part="0.1,0.1,0.5,0.5") == one
    for path in ("invoke", "versions/1/try"):
        files: dict[str, Any] = {"picture": ("p.png", large, "image/png"), "request_id": (None, "x")}
        if "try" in path:
            files.pop("request_id")
        ask(town, author if "try" in path else town.who("safety_manager"), "POST", f"/{slug}/{path}", 409, files=files)


def test_pictures_are_taught_listed_shown_and_taken_away(town: Any) -> None:
    author = town.person(Role.EXPERT)
    slug = taught(town, author)
    for number in range(20):
        for machine, label in ((True, "machine"), (False, "lookalike")):
            purpose = "train" if number < 12 else "frozen"
            show(town, author, slug, coloured(number, machine=machine), label=label, purpose=purpose)
    page = ask(town, author, "GET", f"/{slug}/examples?limit=30")
    rest = ask(town, author, "GET", f"/{slug}/examples?limit=30&cursor={page['next']}")
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (30, 10, None)
    assert {(one["label"], one["purpose"]): one["count"] for one in rest["counts"]} == {
        ("lookalike", "frozen"): 8,
        ("lookalike", "train"): 12,
        ("machine", "frozen"): 8,
        ("machine", "train"): 12,
    }
    assert rest["needs"] == {"least": 10, "frozen": 10, "most": 2000}
    one = page["items"][0]["id"]
    shown = ask(town, town.person(Role.EXPERT), "GET", f"/{slug}/examples/{one}/picture")
    assert shown.headers["content-type"] == "image/jpeg"
    ask(town, town.who("patroller"), "GET", f"/{slug}/examples/{one}/picture", 403)
    ask(town, author, "DELETE", f"/{slug}/examples/{one}", 204)
    ask(town, author, "GET", f"/{slug}/examples/{one}/picture", 404)
    done = ask(town, author, "POST", f"/{slug}/versions/1/evaluate", json={})["version"]
    figures = done["figures"]
    right = figures["cross_validated_without_abstaining"]["right"]
    assert (right["of"], figures["pictures"]) == (23, 23)
    assert right["low"] <= right["value"] <= right["high"]
    assert done["card"]["data"]["train"] == {"machine": 11, "lookalike": 12}
    files = {"picture": ("p.png", coloured(40, machine=False), "image/png")}
    tried = ask(town, author, "POST", f"/{slug}/versions/1/try", files=files)
    assert (tried["state"], tried["request_id"], tried["price"]["units"]) == ("answered", None, 0)


@pytest.mark.parametrize("spoil", [lambda _: b"GIF89a", lambda one: one[: len(one) // 3], lambda _: b""])
def test_what_is_no_picture_teaches_nothing(town: Any, spoil: Callable[[bytes], bytes]) -> None:
    author = town.person(Role.EXPERT)
    slug = taught(town, author)
    show(town, author, slug, spoil(coloured(1, machine=True))[:9], 422, label="machine", purpose="train")
    assert ask(town, author, "GET", f"/{slug}/examples")["items"] == []


@pytest.mark.parametrize("part", ["0,0,1", "a,b,c,d", "0,0,2,2", "-1,0,1,1", "0,0,0,1"])
def test_a_part_that_lies_elsewhere_is_refused(town: Any, part: str) -> None:
    author = town.person(Role.EXPERT)
    slug = taught(town, author)
    said = show(town, author, slug, coloured(1, machine=True), 422, label="machine", purpose="train", part=part)
    assert said["field"] == "part"


def test_a_question_list_is_measured_in_the_background(town: Any) -> None:
    author, slug = town.person(Role.EXPERT), foundry_api.slug_of("rust")
    ask(town, author, "POST", "", 201, json={"slug": slug, "kind": "questions", "title": "t", "content": QUESTIONS})
    for number in range(10):
        show(town, author, slug, coloured(number, machine=True), label="rust=yes", purpose="frozen")
    first = ask(town, author, "POST", f"/{slug}/versions/1/evaluate", json={})
    assert (first["waiting"], first["version"]["state"]) == (10, "draft")
    jobs.answer_waiting(town.home.factory.begin, foundry_town.runners())
    done = ask(town, author, "POST", f"/{slug}/versions/1/evaluate", json={})
    assert (done["waiting"], done["version"]["state"]) == (0, "evaluated")
    assert done["version"]["figures"]["frozen"]["right"]["hits"] == 10


def test_another_company_sees_none_of_it(town: Any) -> None:
    author = town.person(Role.EXPERT)
    slug, _ = sold(town, author)
    for who in (town.who("tenant_admin_b"), town.person(Role.EXPERT, tenant=town.b)):
        ask(town, who, "GET", f"/{slug}", 404)
        assert slug not in {one["slug"] for one in pages(town, who)}
    same = {"slug": slug, "kind": "knowledge", "title": "theirs", "content": KNOWLEDGE}
    ask(town, town.person(Role.EXPERT, tenant=town.b), "POST", "", 201, json=same)
    assert ask(town, author, "GET", f"/{slug}")["kind"] == "rule", "two companies may call theirs the same"


def test_contracts_are_told_and_dated(town: Any) -> None:
    author = town.person(Role.EXPERT)
    slug, reviewers = sold(town, author)
    (usual,) = ask(town, author, "GET", f"/{slug}/contracts")["items"]
    assert (usual["expert"], usual["house"], usual["reviewers"]) == (7000, 2000, 1000)
    more = {"expert": 8000, "house": 1500, "reviewers": 500, "since": "2090-01-01T00:00:00Z"}
    ask(town, town.who("tenant_admin"), "POST", f"/{slug}/contracts", 201, json=more)
    said = ask(town, town.who("tenant_admin"), "POST", f"/{slug}/contracts", 422, json=more | {"expert": 7999})
    assert said["field"] == "parts"
    assert len(ask(town, reviewers[0], "GET", f"/{slug}/contracts")["items"]) == 2
