"""Labelling over HTTP: from a client's picture to an expert's pay, what each side sees, what is refused how."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from expert_api import engaged, published, registered
from label_api import OLD, drawn, labelled, png

from pipewarden.kit.clock import SetClock
from pipewarden.market.facts.commissions import Tool
from pipewarden.market.jobs import rounds
from pipewarden.market.rules import labels_drawing
from pipewarden.market.service import engagements
from pipewarden.people import service as people
from pipewarden.people.facts import Role

NONE = {"matches": False}
BOX = {"kind": "box", "label": "hose_old", "points": [[0.1, 0.1], [0.5, 0.5]]}


def ask(town: Any, who: Any, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = town.client.as_(who, method, path, **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def put(town: Any, commission: Any, content: bytes | None = None, status: int = 201, **said: Any) -> Any:
    """Put a picture before experts, as the client does."""
    told = {name: one if isinstance(one, str) else json.dumps(one) for name, one in said.items()}
    files = {"picture": ("p.png", content or png(), "image/png")}
    path = f"/v1/commissions/{commission.id}/pictures"
    return ask(
        town, town.who("safety_manager"), "POST", path, status, data={"source": str(uuid4())} | told, files=files
    )


def expert(town: Any) -> Any:
    return registered(town, town.person(Role.EXPERT))


def rounds_of(town: Any, **time: float) -> None:
    """Let the market's round of labelling run as if so long had passed."""
    clock = SetClock(town.home.factory.clock.now() + timedelta(**time))
    rounds.settle_labels(replace(town.home.factory, clock=clock).begin)


def test_an_experts_whole_way_from_a_picture_to_pay(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    commission = published(town)
    for _ in range(10):
        assert put(town, commission, gold=OLD, reason="管身开裂")["gold"]
    plain = put(town, commission, guess=OLD, model="screen-1@4", score="0.4")
    assert (plain["state"], plain["model"], plain["score"], plain["gold"]) == ("open", "screen-1@4", 0.4, False)
    who = expert(town)
    part = engaged(town, commission, who)
    tests = [True] * 10 + [False]
    monkeypatch.setattr(labels_drawing, "gold_due", lambda *_: tests.pop(0))
    for _ in range(11):
        turn = ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"]
        assert (turn["item"]["state"], turn["item"]["settled"]) == ("open", None), "gold looks like the others"
        assert {"source", "gold", "told", "wanted"}.isdisjoint(turn["item"])
        picture = town.client.as_(who, "GET", f"/v1/labelling/turns/{turn['answer']['id']}/picture")
        assert picture.content[:2] == b"\xff\xd8"
        said = OLD | {"shapes": [BOX], "comment": "管身开裂"}
        done = ask(town, who, "POST", f"/v1/labelling/turns/{turn['answer']['id']}/answer", json=said)
        assert (done["state"], done["reason"], done["said"]["comment"]) == ("given", "", "管身开裂")
    assert turn["item"]["guess"]["hazards"] == ["hose_old"], "the last one was no gold"
    monkeypatch.undo()
    assert ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"] is None
    rounds_of(town, minutes=1)
    path = f"/v1/commissions/{commission.id}"
    seen = ask(town, town.who("auditor"), "GET", f"{path}/labelling")
    assert (seen["items"], seen["gold"], seen["fresh"], seen["charged"]) == ({"settled": 1}, 10, 10, 0)
    rounds_of(town, days=4)
    mine = ask(town, who, "GET", f"/v1/engagements/{part.id}/labelling")
    assert (mine["kind"], mine["volume"], mine["charged"], mine["today"]) == ("hazards", 100, 11, 11)
    assert (mine["price"]["units"], mine["earned"]["amount"]) == (1300, "1.4300")
    assert mine["standing"] == "trial", "told as it was in the morning: else it told which items are gold"
    assert ask(town, who, "GET", "/v1/me/expert")["earned"]["units"] == 11 * 1300
    found = ask(town, town.who("safety_manager"), "GET", f"{path}/agreement")
    assert (found["items"], found["answers"], found["together"]) == (11, 11, [])
    assert found["right"] == {str(who.id): pytest.approx(1.0)}
    assert [one["person_id"] for one in found["people"]] == [str(who.id)]


def test_a_wrong_gold_comes_back_and_turns_are_read_by_pages(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    commission, who = published(town), expert(town)
    put(town, commission, gold=OLD, reason="管身开裂")
    put(town, commission)
    part = engaged(town, commission, who)
    tests = [True, False]
    monkeypatch.setattr(labels_drawing, "gold_due", lambda *_: tests.pop(0))
    first = ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"]["answer"]["id"]
    back = ask(town, who, "POST", f"/v1/labelling/turns/{first}/answer", json=NONE)
    assert back["state"] == "returned"
    assert "管身开裂" in back["reason"]
    assert ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"]["answer"]["id"] == first
    assert ask(town, who, "POST", f"/v1/labelling/turns/{first}/answer", json=OLD)["state"] == "wrong"
    second = ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"]["answer"]["id"]
    ask(town, who, "POST", f"/v1/labelling/turns/{second}/hand-back", 204)
    page = ask(town, who, "GET", f"/v1/me/labelling?limit=1&engagement_id={part.id}")
    assert [one["answer"]["state"] for one in page["items"]] == ["lapsed"]
    rest = ask(town, who, "GET", f"/v1/me/labelling?limit=1&engagement_id={part.id}&cursor={page['next']}")
    assert ([one["answer"]["id"] for one in rest["items"]], rest["next"]) == ([first], None)
    late = town.client.as_(who, "POST", f"/v1/labelling/turns/{second}/answer", json=NONE)
    assert (late.status_code, late.json()["field"]) == (409, "answer")


def test_who_does_not_agree_is_reviewed_by_the_client(town: Any) -> None:
    commission, manager = published(town), town.who("safety_manager")
    who = expert(town)
    part = engaged(town, commission, who)
    item = put(town, commission)["id"]
    with town.at(town.a) as work:
        turn = str(drawn(work, UUID(item), part.id, who.id).id)
    ask(town, who, "POST", f"/v1/labelling/turns/{turn}/answer", json=OLD | {"comment": "看接头"})
    seen = ask(town, manager, "GET", f"/v1/labelling/items/{item}")
    assert [(one["person_id"], one["said"]["comment"]) for one in seen["answers"]] == [(str(who.id), "看接头")]
    assert seen["answers"][0]["name"].startswith("expert")
    assert [one["kind"] for one in seen["events"]] == ["added", "answered"]
    path = f"/v1/labelling/items/{item}/review"
    mute = town.client.as_(manager, "POST", path, json={"verdict": "reject", "answer_id": turn})
    assert (mute.status_code, mute.json()["field"]) == (422, "reason")
    ask(town, manager, "POST", path, json={"verdict": "reject", "answer_id": turn, "reason": "请标出位置"})
    again = ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"]["answer"]
    assert (again["id"], again["state"], again["reason"]) == (turn, "returned", "请标出位置")
    ask(town, who, "POST", f"/v1/labelling/turns/{turn}/answer", json=OLD | {"shapes": [BOX], "comment": "已标"})
    done = ask(town, manager, "POST", path, json={"verdict": "accept", "answer_id": turn})
    assert (done["state"], done["settled"]["shapes"], done["settled"]["comment"]) == ("settled", [BOX], "")
    listed = ask(town, manager, "GET", f"/v1/commissions/{commission.id}/items?state=settled&gold=false")["items"]
    assert [one["id"] for one in listed] == [item]
    assert ask(town, manager, "GET", f"/v1/commissions/{commission.id}/items?state=review")["items"] == []


def test_a_part_that_ended_answers_nothing_more(town: Any) -> None:
    commission, who = published(town), expert(town)
    part = engaged(town, commission, who)
    with town.at(town.a) as work:
        turn = drawn(work, labelled(town, work, commission.id).id, part.id, who.id).id
        engagements.finish(work, people.operator(town.a), part.id)
    answer = town.client.as_(who, "POST", f"/v1/labelling/turns/{turn}/answer", json=NONE)
    assert (answer.status_code, answer.json()["field"]) == (409, "engagement")
    ask(town, who, "POST", f"/v1/labelling/turns/{turn}/hand-back", 204)


def test_a_dispute_is_put_answered_and_reviewed_in_words(town: Any) -> None:
    commission, who = published(town, tool=Tool.PLAN_REVIEW), expert(town)
    part = engaged(town, commission, who)
    new = {"source": "plan-7", "words": "施工方：5 m 外可机械开挖；管理方：先人工探沟。"}
    path = f"/v1/commissions/{commission.id}/items"
    made = ask(town, town.who("safety_manager"), "POST", path, 201, json=new)
    assert (made["kind"], made["picture"], made["words"]) == ("dispute", False, new["words"])
    assert ask(town, town.who("safety_manager"), "POST", path, 201, json=new)["id"] == made["id"]
    turn = ask(town, who, "POST", f"/v1/engagements/{part.id}/next")["turn"]
    assert turn["item"]["words"] == new["words"]
    picture = town.client.as_(who, "GET", f"/v1/labelling/turns/{turn['answer']['id']}/picture")
    assert picture.status_code == 404
    answer = f"/v1/labelling/turns/{turn['answer']['id']}/answer"
    mute = town.client.as_(who, "POST", answer, json={"matches": True})
    assert (mute.status_code, mute.json()["field"]) == (422, "choice")
    assert ask(town, who, "POST", answer, json={"matches": True, "choice": "changed"})["said"]["choice"] == "changed"
    both = town.client.as_(town.who("safety_manager"), "POST", path, json=new | {"check_id": str(uuid4())})
    assert both.status_code == 422


def test_a_photo_as_phones_take_it_is_kept_masked_alone(town: Any) -> None:
    commission = published(town)
    noise = np.random.default_rng(7).integers(0, 255, (1200, 1600, 3), np.uint8)
    photo = bytes(cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 100])[1])
    assert len(photo) > 2 << 20
    made = put(town, commission, photo)
    assert (made["width"], made["height"]) == (1600, 1200)
    shown = town.client.as_(town.who("safety_manager"), "GET", f"/v1/labelling/items/{made['id']}/picture")
    assert (shown.headers["content-type"], shown.content == photo) == ("image/jpeg", False)
    bad = put(town, commission, b"no picture", 422)
    assert bad["field"] == "picture"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"gold": "{"}, "gold"),
        ({"guess": {"hazards": []}}, "guess"),
        ({"gold": {"matches": True, "hazards": ["volcano"]}}, "hazards"),
        ({"guess": OLD, "score": "7"}, "score"),
    ],
)
def test_what_is_wrong_with_a_picture_is_named(town: Any, said: dict[str, Any], field: str) -> None:
    answer = put(town, published(town), status=422, **said)
    assert answer["field"].endswith(field)


def test_labels_leave_as_a_zip_in_pieces(town: Any) -> None:
    commission, manager = published(town), town.who("safety_manager")
    item = put(town, commission)["id"]
    fixed = {"verdict": "fix", "said": OLD | {"shapes": [BOX]}}
    ask(town, manager, "POST", f"/v1/labelling/items/{item}/review", json=fixed)
    path = f"/v1/commissions/{commission.id}/labels"
    answer = town.client.as_(manager, "GET", f"{path}?format=yolo")
    assert answer.headers["content-type"] == "application/zip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert {f"labels/{item}.txt", f"images/{item}.jpg", "data.yaml"} == set(pack.namelist())
        assert pack.read(f"labels/{item}.txt").decode().endswith(" 0.30000000 0.30000000 0.40000000 0.40000000\n")
    bare = town.client.as_(manager, "GET", f"{path}?format=coco&pictures=false")
    with zipfile.ZipFile(io.BytesIO(bare.content)) as pack:
        assert pack.namelist() == ["annotations.json"]
    assert town.client.as_(manager, "GET", f"{path}?format=tiff").status_code == 422
    record = ask(town, town.who("auditor"), "GET", "/v1/audit?act=label.exported&limit=20")["items"]
    assert sum(one["object_id"] == str(commission.id) for one in record) == 2


def packed(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return out.getvalue()


def bring(town: Any, commission: Any, files: dict[str, bytes | str], status: int = 201, **said: str) -> Any:
    path = f"/v1/commissions/{commission.id}/imports"
    sent = {"file": ("labels.zip", packed(files), "application/zip")}
    return ask(town, town.who("safety_manager"), "POST", path, status, data=said, files=sent)


def test_a_zip_brings_pictures_and_their_truth_and_says_what_it_left(town: Any) -> None:
    commission = published(town)
    files = {
        "images/a.png": png(),
        "images/b.png": png(),
        "images/bad.jpg": b"no picture",
        "labels/a.txt": "0 0.3 0.3 0.4 0.4",
        "labels/bad.txt": "",
        "labels/gone.txt": "",
        "data.yaml": "names: [hose_old]",
        "as large as one with photos.bin": os.urandom(2 << 20),
    }
    found = bring(town, commission, files, format="yolo", use="gold", reason="管身开裂")
    assert (found["taken"], found["known"]) == (1, 0)
    left = {one["name"]: one["problem"] for one in found["left"]}
    assert set(left) == {"images/b.png", "images/bad.jpg", "labels/gone.txt"}
    assert "label is missing" in left["images/b.png"]
    assert bring(town, commission, files, format="yolo", use="gold")["known"] == 1
    (item,) = ask(town, town.who("safety_manager"), "GET", f"/v1/commissions/{commission.id}/items")["items"]
    assert (item["gold"], item["source"], item["reason"]) == (True, "images/a.png", "管身开裂")
    assert (item["settled"]["hazards"], len(item["settled"]["shapes"])) == (["hose_old"], 1)
    shown = town.client.as_(town.who("safety_manager"), "GET", f"/v1/labelling/items/{item['id']}/picture")
    assert shown.content[:2] == b"\xff\xd8", "drawn anew"
    record = ask(town, town.who("auditor"), "GET", "/v1/audit?act=label.imported&limit=20")["items"]
    told = next(one["details"] for one in reversed(record) if one["object_id"] == str(commission.id))
    assert (told["taken"], told["left"], told["use"]) == (1, 3, "gold")


def test_what_is_exported_comes_back_as_a_guess(town: Any) -> None:
    commission, manager = published(town), town.who("safety_manager")
    item = put(town, commission)["id"]
    fixed = {"verdict": "fix", "said": OLD | {"shapes": [BOX]}}
    ask(town, manager, "POST", f"/v1/labelling/items/{item}/review", json=fixed)
    pack = town.client.as_(manager, "GET", f"/v1/commissions/{commission.id}/labels?format=coco").content
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    again = published(town)
    found = bring(town, again, files, format="coco", model="team-1", score="0.9")
    assert (found["taken"], found["left"]) == (1, [])
    (one,) = ask(town, manager, "GET", f"/v1/commissions/{again.id}/items")["items"]
    assert (one["model"], one["score"], one["gold"], one["state"]) == ("team-1", 0.9, False, "open")
    assert one["guess"]["hazards"] == ["hose_old"]
    assert np.allclose(one["guess"]["shapes"][0]["points"], BOX["points"], atol=0.01)


def test_a_zip_that_does_not_fit_is_refused(town: Any) -> None:
    picture: dict[str, bytes | str] = {"a.png": png()}
    assert bring(town, published(town), picture, 422, format="pictures", use="gold")["field"] == "format"
    assert bring(town, published(town), {"a.txt": "x"}, 422, format="pictures")["field"] == "file"
    disputed = published(town, tool=Tool.PLAN_REVIEW)
    assert bring(town, disputed, picture, 409, format="pictures")["field"] == "commission"
    priced = published(town, tool=Tool.PRICING)
    yolo = picture | {"a.txt": "", "classes.txt": "hose_old"}
    assert "price is missing" in bring(town, priced, yolo, format="yolo", use="gold")["left"][0]["problem"]


def test_a_client_makes_gold_of_an_item(town: Any) -> None:
    commission, manager = published(town), town.who("safety_manager")
    item = put(town, commission)["id"]
    path = f"/v1/labelling/items/{item}/gold"
    assert ask(town, manager, "POST", path, 422, json={})["field"] == "said"
    made = ask(town, manager, "POST", path, json={"said": OLD, "reason": "管身开裂"})
    assert (made["gold"], made["reason"], made["settled"]["hazards"]) == (True, "管身开裂", ["hose_old"])
    assert ask(town, manager, "POST", path, 409, json={"said": OLD})["field"] == "item"
