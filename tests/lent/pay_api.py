"""Wallets and payouts over HTTP: a provider that says little, people with money, and who may ask for what."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pay_fake import Bank, Kept
from pay_town import NAME, OPENID, fill, sealer, someone

from pipewarden.kit.clock import SetClock
from pipewarden.market.facts.payouts import Provided, Told
from pipewarden.market.ports import UnclearError
from pipewarden.market.service import payees
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipewarden.market.facts.payouts import Paper

NOTHING = "00000000-0000-7000-8000-000000000000"
_DAY = datetime(2026, 11, 27, 2, tzinfo=UTC)
NOTIFY = "/v1/payouts/wechat/notify"


class Quiet:
    """A provider that never answers, and whose notifications are all about somebody else's bill."""

    page = {"mchId": "1900000001", "appId": "wx0"}  # noqa: RUF012  a fake's

    def create(self, paper: Paper, now: datetime) -> Told:
        raise UnclearError(f"silence about {paper.number} at {now}")

    def query(self, number: str, now: datetime) -> Told | None:
        raise UnclearError(f"silence about {number} at {now}")

    def cancel(self, number: str, now: datetime) -> Told | None:
        raise UnclearError(f"silence about {number} at {now}")

    def heard(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        assert headers
        assert body is not None
        assert now
        return Told("f" * 32, Provided.SUCCESS, amount_fen=1)


@contextmanager
def cashier_of(town: Any, made: Cashier) -> Iterator[None]:
    """Let the town pay out so for a while: it is shared."""
    before = town.app.state.cashier
    town.app.state.cashier = made
    try:
        yield
    finally:
        town.app.state.cashier = before


def key() -> dict[str, str]:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


def rich(town: Any, role: Role = Role.PATROLLER, *, yuan: int = 1000, points: int = 5000, named: bool = True) -> Any:
    """A person of tenant a with money, who gave the second factor just now and named a payee two days ago."""
    who = town.person(role, area=town.east)
    with town.at(town.a) as work:
        fill(work, who.id, yuan=yuan, points=points, house_yuan=1000)
        if named:
            then = replace(work, clock=SetClock(work.now() - timedelta(days=2)))
            cashier = town.app.state.cashier
            actor = someone(who.id, town.a)
            payees.set_payee(then, cashier, actor, OPENID, NAME, id_number=True)
    return who


def statement(*payments: tuple[str, int]) -> bytes:
    """WeChat's statement with these payments (number, 分)."""
    there = Bank(lambda: _DAY)
    for number, fen in payments:
        there.bills[number] = Kept(number, fen, "o", "", 0.0, provider_no="1330")
        there.confirm(number)
    return there.statement().encode()


def _once(method: str, path: str, **more: Any) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        with cashier_of(town, Cashier(None, sealer())):
            headers = key() if method == "POST" and path.startswith("/v1/wallet") else {}
            return [str(town.client.as_(who, method, path, headers=headers, **more).status_code)]

    return ask


ASKS: dict[str, Any] = {
    "GET /v1/wallet": _once("GET", "/v1/wallet"),
    "GET /v1/wallet/entries": _once("GET", "/v1/wallet/entries"),
    "POST /v1/wallet/exchanges": _once("POST", "/v1/wallet/exchanges", json={"points": 100}),
    "GET /v1/wallet/withdrawals": _once("GET", "/v1/wallet/withdrawals"),
    "POST /v1/wallet/withdrawals": _once("POST", "/v1/wallet/withdrawals", json={"amount": "1.00"}),
    "GET /v1/wallet/withdrawals/{withdrawal_id}": _once("GET", f"/v1/wallet/withdrawals/{NOTHING}"),
    "POST /v1/wallet/withdrawals/{withdrawal_id}/cancel": _once("POST", f"/v1/wallet/withdrawals/{NOTHING}/cancel"),
    "GET /v1/wallet/quote": _once("GET", "/v1/wallet/quote?amount=12.50"),
    "GET /v1/wallet/statements/{month}": _once("GET", "/v1/wallet/statements/2026-01"),
    "PUT /v1/wallet/payee": _once("PUT", "/v1/wallet/payee", json={"openid": OPENID, "name": NAME}),
    "POST /v1/payouts/wechat/notify": _once("POST", NOTIFY, json={}),
    "GET /v1/finance/payouts": _once("GET", "/v1/finance/payouts"),
    "GET /v1/finance/reconciliations": _once("GET", "/v1/finance/reconciliations"),
    "POST /v1/finance/reconciliations": _once(
        "POST", "/v1/finance/reconciliations", files={"file": ("a.csv", b"no statement", "text/csv")}
    ),
}


def fuzzed(town: Any) -> dict[str, dict[str, Any]]:
    """Return one request per operation that is right, on objects that are there; each part as the fuzz names it."""
    town.app.state.cashier = Cashier(Quiet(), sealer())
    town.people["fuzz payee"] = who = rich(town)
    asked = town.client.as_(who, "POST", "/v1/wallet/withdrawals", json={"amount": "1.00"}, headers=key())
    assert asked.status_code == 201, asked.text
    one = {"withdrawal_id": asked.json()["id"]}
    me: dict[str, Any] = {"who": "fuzz payee"}
    return {
        "GET /v1/wallet": me,
        "GET /v1/wallet/entries": me | {"query": {"kind": "exchanged"}},
        "POST /v1/wallet/exchanges": me | {"body": {"points": 100}, "headers": key()},
        "GET /v1/wallet/withdrawals": me,
        "POST /v1/wallet/withdrawals": me | {"body": {"amount": "1.00"}, "headers": key()},
        "GET /v1/wallet/withdrawals/{withdrawal_id}": me | {"path": one},
        "POST /v1/wallet/withdrawals/{withdrawal_id}/cancel": me | {"path": one},
        "GET /v1/wallet/quote": me | {"query": {"amount": "12.50"}},
        "GET /v1/wallet/statements/{month}": me | {"path": {"month": "2026-01"}},
        "PUT /v1/wallet/payee": me | {"body": {"openid": OPENID, "name": "张三"}},
        "POST /v1/payouts/wechat/notify": {"who": "", "body": {"id": "1"}},
        "GET /v1/finance/payouts": {"who": "tenant_admin"},
        "GET /v1/finance/reconciliations": {"who": "tenant_admin"},
        "POST /v1/finance/reconciliations": {
            "who": "tenant_admin",
            "body": {"file": statement(("0" * 32, 100))},
            "media": "multipart/form-data",
        },
    }
