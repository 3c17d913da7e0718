"""Experts and commissions over HTTP: the way from an invitation to money, page by page, and what is refused how."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

from expert_api import PASSWORD, PROFILE, body, delivered, engaged, pack, published, registered, shown

from pipewarden.market.facts.commissions import Tool
from pipewarden.market.service import engaging
from pipewarden.people.facts import Role


def ask(town: Any, who: Any, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = town.client.as_(who, method, path, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_an_invitation_makes_an_account_that_signs_in(town: Any) -> None:
    admin = town.who("tenant_admin")
    made = ask(town, admin, "POST", "/v1/experts/links", 201, json={"words": "请加入", "tags": ["软管老化"], "most": 1})
    assert made["address"].endswith(f"/experts/{made['token']}")
    listed = ask(town, admin, "GET", "/v1/experts/links?limit=200")["items"]
    assert made["token"] not in str(listed), "its word is shown once"
    path = f"/v1/experts/invitations/{made['token']}"
    assert town.client.request("GET", path).json()["tags"] == ["软管老化"]
    login = f"ex-{uuid4().hex[:8]}"
    new = PROFILE | {"login": login, "name": "王工", "password": PASSWORD}
    weak = town.client.request("POST", path, json=new | {"password": "short"})
    assert weak.status_code == 422, "nothing is used up"
    assert town.client.request("POST", path, json=new).status_code == 201
    assert town.client.request("POST", path, json=new | {"login": f"{login}x"}).status_code == 404, "used up"
    signed = town.client.request("POST", "/v1/session", json={"login": login, "password": PASSWORD})
    assert signed.status_code in {200, 201}, signed.text


def test_a_commission_is_read_alike_by_both_sides(town: Any) -> None:
    who, manager = registered(town, town.person(Role.EXPERT)), town.who("safety_manager")
    commission = published(town)
    hall = ask(town, who, "GET", f"/v1/hall/{commission.id}")
    assert (hall["commission"]["price"]["amount"], hall["engagement"]) == ("0.1300", None)
    assert hall["match"]["score"] == round(sum(one["points"] for one in hall["match"]["reasons"]), 4)
    part = engaged(town, commission, who)
    full = ask(town, manager, "GET", f"/v1/commissions/{commission.id}")
    assert (full["state"], full["progress"], full["spent"]["units"]) == ("running", 0.0, 0)
    assert full["parts"][0]["engagement"]["id"] == str(part.id)
    assert full["parts"][0]["engagement"]["score"] == hall["match"]["score"]
    told = [(one["kind"], one["by"]) for one in full["events"]]
    assert told == [("drafted", "client"), ("published", "client"), ("applied", "expert"), ("begun", "client")]
    assert full["parts"][0]["name"].startswith("expert ")
    (mine,) = ask(town, who, "GET", "/v1/me/engagements?state=begun")["items"]
    assert mine["commission"]["id"] == str(commission.id)
    with town.at(town.a) as work:
        engaging.charge(work, part.id, ["1", "2", "3"])
    (mine,) = ask(town, who, "GET", "/v1/me/engagements")["items"]
    assert (mine["done"], mine["earned"]["units"], mine["unread"]) == (3, 3900, 0)
    seen = ask(town, who, "GET", f"/v1/hall/{commission.id}")
    assert (seen["calls"], seen["progress"], seen["done"], seen["earned"]) == (3, 0.03, 3, mine["earned"])
    assert seen["client"] == mine["client"] != ""
    stranger = registered(town)
    other = ask(town, stranger, "GET", f"/v1/hall/{commission.id}")
    assert (other["calls"], other["done"], other["earned"]["units"]) == (3, 0, 0)


def test_the_pool_says_how_much_waits_and_was_earned(town: Any) -> None:
    who = registered(town)
    first, second = shown(town, who), shown(town, who)
    page = ask(town, who, "GET", "/v1/me/pool?limit=1")
    assert ([one["id"] for one in page["items"]], page["waiting"], page["done"]) == ([second], 2, 0)
    assert page["earned"]["cash"]["amount"] == "0.0000"
    ask(town, who, "POST", f"/v1/me/pool/{first}/answer", json={"matches": False})
    after = ask(town, who, "GET", "/v1/me/pool")
    assert (after["waiting"], after["done"]) == (1, 1)


def test_who_may_verify_is_told_so_until_it_is_done(town: Any) -> None:
    admin, manager = town.who("tenant_admin"), town.who("safety_manager")
    ours, theirs = registered(town, tenant=town.a), registered(town, tenant=town.b)
    for reader, one, verifies in ((admin, ours, True), (admin, theirs, False), (manager, ours, False)):
        assert ask(town, reader, "GET", f"/v1/experts/{one.id}")["verifies"] is verifies
    ask(town, admin, "POST", f"/v1/experts/{theirs.id}/verify", 404, json={"how": "工作证"})
    done = ask(town, admin, "POST", f"/v1/experts/{ours.id}/verify", json={"how": "工作证"})
    assert (done["verified"], done["verifies"]) == (True, False)


def test_a_reason_that_was_given_stands_in_the_history(town: Any) -> None:
    who, manager = registered(town, town.person(Role.EXPERT)), town.who("safety_manager")
    commission = published(town)
    part = engaged(town, commission, who)
    ask(town, who, "POST", f"/v1/engagements/{part.id}/finish", json={"reason": "手上没有图了"})
    ask(town, manager, "POST", f"/v1/commissions/{commission.id}/cancel", json={"reason": "改到明年"})
    events = ask(town, manager, "GET", f"/v1/commissions/{commission.id}")["events"]
    said = {one["kind"]: (one["by"], one["said"], one["engagement_id"]) for one in events}
    assert said["done"] == ("expert", "手上没有图了", str(part.id))
    assert said["cancelled"] == ("client", "改到明年", None)
    assert said["published"][1] == ""


def test_a_commissions_budget_is_not_moved_by_hand(town: Any) -> None:
    who, admin = registered(town, town.person(Role.EXPERT)), town.who("tenant_admin")
    commission = published(town)
    part = engaged(town, commission, who)
    budgets = {one["name"]: one for one in ask(town, admin, "GET", "/v1/finance/budgets")["items"]}
    whole = budgets[f"commission {commission.id}"]
    (fed,) = (one for name, one in budgets.items() if str(part.id) in name)
    assert (whole["by_hand"], fed["by_hand"]) == (False, False)
    move = {"key": str(uuid4()), "amount": "1"}
    for one in (whole, fed):
        ask(town, admin, "POST", f"/v1/finance/budgets/{one['id']}/release", 409, json=move)
    own = {"name": f"线索 {uuid4().hex[:6]}", "asset": "CNY", "cap": "5"}
    assert ask(town, admin, "POST", "/v1/finance/budgets", 201, json=own)["by_hand"] is True


def test_budget_price_and_volume_are_the_decks(town: Any) -> None:
    made = ask(town, town.who("safety_manager"), "POST", "/v1/commissions", 201, json=body(town))
    assert (made["budget"]["amount"], made["price"]["amount"], made["volume"]) == ("19468.0000", "0.1300", 150_000)
    assert made["state"] == "draft"


def test_a_delivery_goes_out_and_comes_back_judged(town: Any) -> None:
    who, manager = registered(town, town.person(Role.EXPERT)), town.who("safety_manager")
    part = engaged(town, published(town, online=False, tool=Tool.OFFLINE), who)
    path = f"/v1/engagements/{part.id}/deliveries"
    content = pack("1.json", "2.json", more=os.urandom(6 << 20))  # as large as one with pictures is
    sent = ask(town, who, "POST", path, 201, files={"file": ("d.zip", content, "application/zip")})
    assert (sent["items"], sent["state"], len(sent["sample"])) == (2, "sampled", 2)
    file = town.client.as_(manager, "GET", f"{path}/{sent['id']}/file")
    assert (file.content, file.headers["content-type"]) == (content, "application/zip")
    words = [{"name": one["name"], "right": True} for one in sent["sample"]]
    twice = town.client.as_(manager, "POST", f"{path}/{sent['id']}/judgement", json={"items": [words[0], words[0]]})
    assert (twice.status_code, twice.json()["field"]) == (422, "items")
    done = ask(town, manager, "POST", f"{path}/{sent['id']}/judgement", json={"items": words})
    assert (done["state"], done["charged"]) == ("accepted", 2)
    bad = town.client.as_(who, "POST", path, files={"file": ("d.zip", b"no zip", "application/zip")})
    assert (bad.status_code, bad.json()["field"]) == (422, "file")
    earned = ask(town, who, "GET", "/v1/me/expert")["earned"]
    assert earned["units"] == 2600


def test_another_tenants_side_reads_and_judges_nothing(town: Any) -> None:
    who = registered(town, town.person(Role.EXPERT))
    commission = published(town, online=False, tool=Tool.OFFLINE)
    part = engaged(town, commission, who)
    one = delivered(town, commission, part, who, "1.json")
    other = town.who("safety_manager_b")
    for path in (f"/v1/commissions/{commission.id}", f"/v1/engagements/{part.id}/deliveries/{one.id}/file"):
        assert town.client.as_(other, "GET", path).status_code == 404


def test_a_talk_is_read_page_by_page(town: Any) -> None:
    who, manager = registered(town, town.person(Role.EXPERT)), town.who("safety_manager")
    commission = published(town)
    for word in ("一", "二", "三"):
        ask(town, who, "POST", f"/v1/hall/{commission.id}/talk", 201, json={"words": word})
    path = f"/v1/commissions/{commission.id}/talks/{who.id}?limit=2"
    first = ask(town, manager, "GET", path)
    assert [one["words"] for one in first["items"]] == ["三", "二"]
    rest = ask(town, manager, "GET", f"{path}&cursor={first['next']}")
    assert ([one["words"] for one in rest["items"]], rest["next"]) == (["一"], None)
    (talk,) = ask(town, manager, "GET", f"/v1/commissions/{commission.id}/talks")["items"]
    assert (talk["name"][:7], talk["count"], talk["unread"]) == ("expert ", 3, 0)
