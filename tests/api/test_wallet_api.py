"""A wallet over HTTP, with a provider that really answers: earned, exchanged, withdrawn, confirmed, compared."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from pay_api import NOTIFY, cashier_of, key, rich, statement
from pay_fake import Bank, bank, wechat
from pay_town import NAME, OPENID, fill, sealer
from second_factor import Authenticator
from sqlalchemy import text

from pipewarden.main.web.guard import JSON_LIMIT
from pipewarden.market.jobs import payouts as jobs
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.people.http import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Till:
    """The town with a provider behind it."""

    town: Any
    there: Bank
    cashier: Cashier

    def run(self) -> None:
        """Let the job send what is due, and what is due within the hour."""
        with self.town.at(self.town.a) as work:
            work.session.execute(
                text("UPDATE market_bills SET next_at = :now WHERE next_at IS NOT NULL"), {"now": work.now()}
            )
        jobs.send_due(self.town.home.factory.begin, self.cashier, self.town.home.factory.clock, hands=1)

    def ask(self, who: Any, method: str, path: str, **more: Any) -> Any:
        return self.town.client.as_(who, method, f"/v1{path}", **more)

    def withdraw(self, who: Any, amount: str = "50.00", headers: dict[str, str] | None = None) -> Any:
        return self.ask(who, "POST", "/wallet/withdrawals", json={"amount": amount}, headers=headers or key())


@pytest.fixture
def till(town: Any) -> Iterator[Till]:
    with bank(town.home.factory.clock.now) as there:
        cashier = Cashier(wechat(there), sealer())
        with cashier_of(town, cashier):
            yield Till(town, there, cashier)
        with town.at(town.a) as work:
            work.session.execute(text("UPDATE market_bills SET next_at = NULL"))


def test_the_wallet_of_somebody_who_just_came(till: Till) -> None:
    who = till.town.person(Role.RESIDENT)
    said = till.ask(who, "GET", "/wallet").json()
    assert said["cash"] == {"amount": "0.0000", "units": 0}
    assert (said["points"], said["payee"], said["payouts_off"]) == (0, None, None)
    assert said["rate"]["per_yuan"] == 100
    assert said["tax"]["unverified"] is True
    assert said["limits"]["least"] == "0.10"
    assert till.ask(who, "GET", "/wallet/entries").json() == {"items": [], "next": None}


def test_from_a_reward_to_a_confirmed_withdrawal(till: Till) -> None:
    who = rich(till.town)
    asked = till.withdraw(who)
    assert asked.status_code == 201, asked.text
    made = asked.json()
    assert (made["state"], made["net"], made["gross"]["amount"]) == ("reserved", "50.0000", "50.0000")
    assert made["words"]["zh"] == "等待发出"
    wallet = till.ask(who, "GET", "/wallet").json()
    assert (wallet["cash"]["amount"], wallet["on_hold"]["cash"]["amount"]) == ("950.0000", "50.0000")
    till.run()
    one = till.ask(who, "GET", f"/wallet/withdrawals/{made['id']}").json()
    assert one["state"] == "to_confirm"
    assert one["confirm"]["package"] == f"package of {made['number']}"
    assert one["confirm"]["page"] == {"mchId": "1900000001", "appId": "wxf636efh567hg4356"}
    assert one["confirm"]["until"] is not None
    till.there.confirm(made["number"])
    headers, body = till.there.notice(made["number"])
    told = till.ask(None, "POST", "/payouts/wechat/notify", content=body, headers=headers)
    assert (told.status_code, told.json()["code"]) == (200, "SUCCESS")
    again = till.ask(None, "POST", "/payouts/wechat/notify", content=body, headers=headers)
    assert again.status_code == 200
    one = till.ask(who, "GET", f"/wallet/withdrawals/{made['id']}").json()
    assert (one["state"], one["confirm"], one["can_cancel"]) == ("paid", None, False)
    assert [each["did"] for each in one["events"]] == ["reserved", "asked", "heard", "heard"]
    wallet = till.ask(who, "GET", "/wallet").json()
    assert (wallet["exchanged_total"]["amount"], wallet["earned_total"]["amount"]) == ("50.0000", "1000.0000")
    assert [fen for number, fen in till.there.paid if number == made["number"]] == [5_000]


def test_a_forged_notification_is_refused_and_moves_nothing(till: Till) -> None:
    who = rich(till.town)
    made = till.withdraw(who).json()
    till.run()
    till.there.forge = True
    headers, body = till.there.notice(made["number"], state="SUCCESS")
    told = till.town.client.post(NOTIFY, content=body, headers=headers)
    assert (told.status_code, told.json()["code"]) == (401, "FAIL")
    assert "signature" in told.json()["message"]
    assert till.ask(who, "GET", f"/wallet/withdrawals/{made['id']}").json()["state"] == "to_confirm"


def test_the_key_is_asked_for_and_good_for_ever(till: Till) -> None:
    who = rich(till.town)
    without = till.ask(who, "POST", "/wallet/withdrawals", json={"amount": "1.00"})
    assert without.status_code == 422
    assert "idempotency-key" in without.text.lower()
    mine = key()
    first = till.withdraw(who, "1.00", mine)
    assert till.withdraw(who, "1.00", mine).json() == first.json()
    assert till.withdraw(who, "2.00", mine).status_code == 422
    with till.town.at(till.town.a) as work:
        people.answers.forget(work, work.now() + timedelta(days=1))  # the door forgets after a week; money does not
    assert till.withdraw(who, "1.00", mine).json()["id"] == first.json()["id"]
    assert till.withdraw(who, "2.00", mine).status_code == 422
    assert len(till.ask(who, "GET", "/wallet/withdrawals").json()["items"]) == 1


@pytest.mark.parametrize("amount", ["0", "-1.00", "1.234", "1e2", "abc", "0.05", "999999", "", "NaN", "１.00"])
def test_what_is_no_amount(till: Till, amount: str) -> None:
    said = till.withdraw(rich(till.town), amount)
    assert said.status_code == 422
    assert said.json()["field"] == "amount"


def test_a_float_is_no_amount(till: Till) -> None:
    who = rich(till.town)
    for body in ({"amount": 1.5}, {"amount": 1}, {"amount": "1.00", "to": "me"}, {}):
        assert till.ask(who, "POST", "/wallet/withdrawals", json=body, headers=key()).status_code == 422
    for points in (1.5, "100", 0, -1):
        body = {"points": points}
        assert till.ask(who, "POST", "/wallet/exchanges", json=body, headers=key()).status_code == 422


def test_more_than_is_there(till: Till) -> None:
    said = till.withdraw(rich(till.town, yuan=10), "10.01")
    assert said.status_code == 409
    assert said.json()["code"] == "funds"
    assert said.json()["available"] == 100_000


def test_who_has_no_second_factor_is_led_to_set_one_up_and_then_may(till: Till) -> None:
    town = till.town
    who = rich(town, Role.RESIDENT)
    said = till.withdraw(who)
    assert said.status_code == 403
    assert (said.json()["code"], said.json()["needs"]) == ("step_up", "enrolment")
    changed = till.ask(who, "PUT", "/wallet/payee", json={"openid": OPENID, "name": NAME})
    assert changed.json()["code"] == "step_up"
    begun = till.ask(who, "POST", "/factor").json()
    code = {"code": Authenticator(begun["secret"]).code(town.home.factory.clock.now())}
    done = town.client.post("/v1/factor/confirmation", json=code, headers=who.headers())
    assert done.status_code < 300, done.text
    again = replace(who, token=done.cookies.get(COOKIE), csrf=done.json()["csrf"])
    town.client.cookies.clear()
    assert till.withdraw(again).status_code == 201


def test_a_payee_is_masked_and_nothing_goes_there_for_a_day(till: Till) -> None:
    who = rich(till.town, named=False)
    assert till.withdraw(who).json()["field"] == "payee"
    body = {"openid": OPENID, "name": NAME, "id_number": True}
    said = till.ask(who, "PUT", "/wallet/payee", json=body)
    assert said.status_code == 200
    assert (said.json()["openid"], said.json()["name"]) == ("o-…6Xoy", "**明")
    assert OPENID not in said.text
    refused = till.withdraw(who)
    assert refused.status_code == 409
    assert "changed lately" in refused.json()["detail"]
    seen = till.ask(who, "GET", "/wallet")
    assert seen.json()["payee"]["id_number"] is True
    assert NAME not in seen.text
    with till.town.at(till.town.a) as work:
        kept = work.session.execute(
            text("SELECT row_to_json(p)::text FROM market_payees p WHERE person_id = :id"), {"id": who.id}
        ).scalar_one()
    assert NAME not in kept
    assert OPENID not in kept


@pytest.mark.parametrize("body", [{"openid": "x", "name": NAME}, {"openid": OPENID, "name": "<b>"}, {"name": NAME}])
def test_what_is_no_payee(till: Till, body: dict[str, str]) -> None:
    assert till.ask(rich(till.town), "PUT", "/wallet/payee", json=body).status_code == 422


def test_a_withdrawal_is_taken_back(till: Till) -> None:
    who = rich(till.town)
    made = till.withdraw(who).json()
    assert made["can_cancel"] is True
    back = till.ask(who, "POST", f"/wallet/withdrawals/{made['id']}/cancel")
    assert back.json()["state"] == "cancelled"
    assert till.ask(who, "POST", f"/wallet/withdrawals/{made['id']}/cancel").status_code == 409
    assert till.ask(who, "GET", "/wallet").json()["cash"]["amount"] == "1000.0000"
    stranger = rich(till.town)
    assert till.ask(stranger, "GET", f"/wallet/withdrawals/{made['id']}").status_code == 404
    assert till.ask(stranger, "POST", f"/wallet/withdrawals/{made['id']}/cancel").status_code == 404


def test_points_become_cash_and_stand_in_the_list(till: Till) -> None:
    who = rich(till.town, points=500)
    mine = key()
    said = till.ask(who, "POST", "/wallet/exchanges", json={"points": 200}, headers=mine)
    assert said.status_code == 201, said.text
    assert said.json()["cash"] == {"amount": "2.0000", "units": 20_000}
    assert till.ask(who, "POST", "/wallet/exchanges", json={"points": 200}, headers=mine).json() == said.json()
    till.withdraw(who, "1.00")
    out = till.ask(who, "GET", "/wallet/entries?kind=exchanged").json()["items"]
    assert [one["amount"] for one in out] == ["-1.0000", "+2.0000"]
    into = till.ask(who, "GET", "/wallet/entries?kind=earned").json()["items"]
    assert [(one["asset"], one["amount"]) for one in into] == [("PTS", "+500"), ("CNY", "+1000.0000")]
    assert into[0]["title"]["zh"] == "专家隐患核价"
    assert till.ask(who, "GET", "/wallet").json()["points"] == 300


@pytest.mark.parametrize("kind", ["earned", "exchanged"])
def test_the_lists_are_paged_and_their_cursors_are_their_own(till: Till, kind: str) -> None:
    who = rich(till.town)
    with till.town.at(till.town.a) as work:
        for _ in range(3):
            fill(work, who.id, yuan=1)
    for _ in range(3):
        till.ask(who, "POST", "/wallet/exchanges", json={"points": 100}, headers=key())
        till.withdraw(who, "1.00")
    whole = till.ask(who, "GET", f"/wallet/entries?kind={kind}").json()["items"]
    pages, path = [], f"/wallet/entries?kind={kind}&limit=2"
    while True:
        page = till.ask(who, "GET", path).json()
        pages += page["items"]
        if page["next"] is None:
            break
        path = f"/wallet/entries?kind={kind}&limit=2&cursor={page['next']}"
    assert pages == whole
    assert len(whole) >= 5
    other = "earned" if kind == "exchanged" else "exchanged"
    first = till.ask(who, "GET", f"/wallet/entries?kind={kind}&limit=2").json()["next"]
    assert till.ask(who, "GET", f"/wallet/entries?kind={other}&cursor={first}").status_code == 422


def test_withdrawals_are_paged(till: Till) -> None:
    who = rich(till.town)
    made = [till.withdraw(who, "1.00").json()["id"] for _ in range(3)]
    page = till.ask(who, "GET", "/wallet/withdrawals?limit=2").json()
    rest = till.ask(who, "GET", f"/wallet/withdrawals?limit=2&cursor={page['next']}").json()
    assert [one["id"] for one in (*page["items"], *rest["items"])] == made[::-1]
    assert rest["next"] is None


def test_a_month_as_json_and_as_a_table(till: Till) -> None:
    who = rich(till.town)
    with till.town.at(till.town.a) as work:
        month = f"{work.now() + timedelta(hours=8):%Y-%m}"
    said = till.ask(who, "GET", f"/wallet/statements/{month}").json()
    cash = said["assets"][0]
    assert (cash["opening"], cash["closing"], said["final"]) == ("0.0000", "1000.0000", False)
    asked = till.ask(who, "GET", f"/wallet/statements/{month}", headers={"accept": "text/csv"})
    assert asked.headers["content-type"].startswith("text/csv")
    assert month in asked.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(asked.text)))
    assert rows[-1]["asset"] == "PTS"
    assert sum(float(row["amount"] or 0) for row in rows if row["asset"] == "CNY") == pytest.approx(1000)
    for wrong in ("2026-13", "now", "2099-01"):
        assert till.ask(who, "GET", f"/wallet/statements/{wrong}").status_code == 422


def test_without_a_contract_the_wallet_says_so(till: Till) -> None:
    who = rich(till.town)
    with cashier_of(till.town, Cashier(None, sealer())):
        assert till.ask(who, "GET", "/wallet").json()["payouts_off"] == {"why": "no_provider", "reason": ""}
        refused = till.withdraw(who)
        assert (refused.status_code, refused.json()["field"]) == (409, "payouts")
        assert "no contract" in refused.json()["detail"]
        assert "Nothing is lost" in refused.json()["fix"]
        assert till.town.client.post(NOTIFY, content=b"{}").status_code == 401


def test_the_switch_is_one_of_those_that_people_turn(till: Till) -> None:
    who, admin = rich(till.town), till.town.who("tenant_admin")
    from pipewarden.operation import service as operation  # noqa: PLC0415  beside its use

    with till.town.at(till.town.a) as work:
        operation.kill(work, people.operator(till.town.a), "payout", on=False, why="audit of the bank")
    try:
        off = {"why": "switched", "reason": "audit of the bank"}
        assert till.ask(who, "GET", "/wallet").json()["payouts_off"] == off
        refused = till.withdraw(who)
        assert (refused.status_code, refused.json()["field"]) == (409, "payouts")
        assert "audit of the bank" in refused.json()["detail"]
    finally:
        with till.town.at(till.town.a) as work:
            operation.kill(work, people.operator(till.town.a), "payout", on=True, why="done")
    assert till.withdraw(who).status_code == 201
    assert admin is not None


def test_ones_own_money_is_in_the_copy_of_ones_own_data(till: Till) -> None:
    who = rich(till.town)
    bill = till.withdraw(who, "50.00").json()
    till.ask(who, "POST", "/wallet/exchanges", json={"points": 200}, headers=key())
    said = till.ask(who, "GET", "/me/data")
    money = said.json()["money"]
    assert [(one["number"], one["amount"], one["state"]) for one in money["withdrawals"]] == [
        (bill["number"], "50.0000", "reserved")
    ]
    assert [(one["points"], one["amount"]) for one in money["exchanges"]] == [(200, "2.0000")]
    assert [(one["openid"], one["name"]) for one in money["payees"]] == [("o-…6Xoy", "**明")]
    assert OPENID not in said.text
    other = till.ask(till.town.person(Role.RESIDENT), "GET", "/me/data").json()["money"]
    assert other == {"payees": [], "withdrawals": [], "exchanges": []}


# --- finance


def upload(till: Till, who: Any, content: bytes, name: str = "bill.csv") -> Any:
    return till.ask(who, "POST", "/finance/reconciliations", files={"file": (name, content, "text/csv")})


def test_the_statement_is_compared_and_nothing_is_corrected(till: Till) -> None:
    town = till.town
    admin, who = town.who("tenant_admin"), rich(town)
    paid, lost = till.withdraw(who, "50.00").json(), till.withdraw(who, "20.00").json()
    till.run()
    till.there.confirm(paid["number"])
    till.run()
    said = upload(till, admin, statement((paid["number"], 4_999), (lost["number"], 2_000), ("0" * 32, 100)))
    assert said.status_code == 201, said.text
    own = {paid["number"], lost["number"], "0" * 32}  # others' payments of today are in no file of this test
    kinds = {one["number"]: one["kind"] for one in said.json()["differences"] if one["number"] in own}
    assert kinds == {
        paid["number"]: "amount_differs",
        lost["number"]: "state_differs",
        "0" * 32: "theirs_only",
    }
    shown = {one["number"]: (one["ours"], one["theirs"]) for one in said.json()["differences"]}
    assert shown[paid["number"]] == ("50.00", "49.99")
    assert till.ask(who, "GET", f"/wallet/withdrawals/{lost['id']}").json()["state"] == "to_confirm"
    listed = till.ask(admin, "GET", "/finance/reconciliations?limit=1").json()["items"]
    assert listed[0] == said.json()
    good = upload(till, admin, statement((paid["number"], 5_000)), name="x" * 400)
    assert good.json()["matched"] == 1
    assert paid["number"] not in [one["number"] for one in good.json()["differences"]]
    assert len(good.json()["name"]) == 200


def test_a_day_of_many_payments_is_no_request_that_is_too_large(till: Till) -> None:
    lines = [(f"{n:032x}", 100) for n in range(9_000)]
    day = statement(*lines)
    assert len(day) > JSON_LIMIT
    said = upload(till, till.town.who("tenant_admin"), day)
    assert (said.status_code, said.json()["rows"]) == (201, len(lines)), said.text[:300]


def test_a_tenant_never_sees_anothers_bills(till: Till) -> None:
    town = till.town
    who = rich(town)
    mine = till.withdraw(who).json()
    other = town.person(Role.TENANT_ADMIN, tenant=town.b)
    said = upload(till, other, statement((mine["number"], 5_000))).json()
    assert (said["elsewhere"], said["differences"], said["matched"]) == (1, [], 0)
    numbers = [one["number"] for one in till.ask(other, "GET", "/finance/payouts?limit=200").json()["items"]]
    assert mine["number"] not in numbers
    own = till.ask(town.who("tenant_admin"), "GET", "/finance/payouts?limit=200").json()["items"]
    assert mine["number"] in [one["number"] for one in own]
    assert NAME not in json.dumps(own, ensure_ascii=False)
    assert said["id"] not in till.ask(town.who("tenant_admin"), "GET", "/finance/reconciliations").text


def test_payouts_that_a_person_must_look_at(till: Till) -> None:
    who, admin = rich(till.town), till.town.who("tenant_admin")
    made = till.withdraw(who).json()
    till.run()
    headers, body = till.there.notice(made["number"], transfer_amount=1)
    till.town.client.post(NOTIFY, content=body, headers=headers)
    odd = till.ask(admin, "GET", "/finance/payouts?odd=true").json()["items"]
    found = next(one for one in odd if one["number"] == made["number"])
    assert found["state"] == "unknown"
    assert "another amount" in found["odd"]
    assert till.ask(admin, "GET", "/finance/payouts?state=reserved&odd=true").json()["items"] == []
    assert till.ask(who, "GET", f"/wallet/withdrawals/{made['id']}").json()["words"]["zh"] == "核对中"
    assert UUID(found["id"])


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"\xff\xfe", statement()])
def test_what_is_no_statement(till: Till, content: bytes) -> None:
    said = upload(till, till.town.who("tenant_admin"), content)
    assert said.status_code == 422
    assert said.json()["field"].startswith("file")


def test_what_a_withdrawal_would_bring_is_said_before(till: Till) -> None:
    who = rich(till.town)
    said = till.ask(who, "GET", "/wallet/quote?amount=1000.00").json()
    assert (said["gross"]["amount"], said["withheld"]["amount"]) == ("1000.0000", "40.0000")
    assert (said["net"], said["rule"]) == ({"amount": "960.0000", "units": 9_600_000}, "CN@1")
    made = till.withdraw(who, "1000.00").json()
    assert (made["gross"], made["withheld"]) == (said["gross"], said["withheld"])
    again = till.ask(who, "GET", "/wallet/quote?amount=100.00").json()
    assert again["withheld"]["amount"] == "20.0000", "the month's first 800 元 are used up"
    for amount in ("0", "-1", "1.005", "1e3", ""):
        refused = till.ask(who, "GET", f"/wallet/quote?amount={amount}")
        assert (refused.status_code, refused.json()["field"]) == (422, "amount"), amount
