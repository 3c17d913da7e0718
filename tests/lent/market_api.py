"""Rewards, finances and metering over HTTP: what is there to ask about, and one right request an operation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import yaml
from report_api import HERE, send, taken

from pipewarden.kit.clock import SetClock
from pipewarden.ledger.facts import Asset
from pipewarden.ledger.store import book
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Wish
from pipewarden.market.jobs import rounds
from pipewarden.market.service import budgets, deciding, demands, holding, metering, taking
from pipewarden.market.store.editions import shipped_text
from pipewarden.people import service as people
from pipewarden.people.facts import Role

NOTHING = "00000000-0000-7000-8000-000000000000"
NO_LINK = "0" * 32
YUAN = 10_000


def money(town: Any, tenant: UUID, yuan: int = 100_000, points: int = 1_000_000) -> dict[Asset, str]:
    """Give a tenant a reward budget of each asset with so much in it; return their ids."""
    made = {}
    root = people.operator(tenant)
    with town.at(tenant) as work:
        for asset, units in ((Asset.CNY, yuan * YUAN), (Asset.PTS, points)):
            number = str(uuid4())
            budgets.deposit(work, root, asset, units, number=number, value_date=work.now().date())
            one = budgets.add_budget(work, root, number, purpose=BudgetFor.REWARDS, asset=asset, cap=10**12)
            budgets.fund(work, root, one.id, units, "made")
            made[asset] = str(one.id)
        while holding.fund_waiting(work):
            pass  # what other tests of the town earned stands in line before what is earned next
    return made


def rewarded(town: Any, tenant: UUID, person: UUID) -> str:
    """Let somebody earn points of a tenant that are on hold; return the reward."""
    with town.at(tenant) as work:
        wish = Wish(PayKind.CLUE, f"site:{uuid4()}", person, work.now())
        made = taking.take(work, [(wish, None)])
    return next(str(one.id) for one in made if one.asset is Asset.PTS)


def refused(town: Any, tenant: UUID, person: UUID) -> str:
    """Let somebody earn points of a tenant that are refused at once: nothing more can happen to them."""
    made = rewarded(town, tenant, person)
    with town.at(tenant) as work:
        deciding.refuse(work, people.operator(tenant), UUID(made), "nobody is to change it")
    return made


def three(town: Any) -> list[str]:
    """Return a reward of tenant A twice, of tenant B, and none; all are refused."""
    if "market" not in town.people:
        for tenant in (town.a, town.b):
            money(town, tenant)
        reporter = town.person(Role.RESIDENT).id
        town.people["market"] = [refused(town, one, reporter) for one in (town.a, town.a, town.b)]
    return [*town.people["market"], NOTHING]


def budget_ids(town: Any) -> list[str]:
    """Return a budget of tenant A twice, of tenant B, and none."""
    if "market budgets" not in town.people:
        tenants = (town.a, town.a, town.b)
        town.people["market budgets"] = [money(town, one, yuan=1)[Asset.CNY] for one in tenants]
    return [*town.people["market budgets"], NOTHING]


def metered(town: Any, tenant: UUID) -> str:
    """Open a demand of a tenant with two delivered calls; return it."""
    expert = town.person(Role.EXPERT).id
    root = people.operator(tenant)
    with town.at(tenant) as work:
        budgets.deposit(work, root, Asset.CNY, YUAN, number=str(uuid4()), value_date=work.now().date())
        made = demands.add_capability(work, root, slug=str(uuid4()), version="1", expert_id=expert, price=1300)
        one = demands.open_demand(work, root, made.id, str(uuid4()), wanted=7, units=YUAN)
        metering.meter(work, one.id, ["a", "b"])
    return str(one.id)


def own_text(town: Any) -> str:
    """Return an edition of one's own that begins tomorrow."""
    one: dict[str, Any] = yaml.safe_load(shipped_text())["editions"][0]
    with town.home.work() as work:
        since = work.now() + timedelta(days=1)
    return yaml.safe_dump(one | {"version": f"own-{uuid4().hex}", "since": since.isoformat()}, allow_unicode=True)


def _each(method: str, of: Any, path: str, body: Any = None) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        more = {} if body is None else {"json": body()}
        return [str(town.client.as_(who, method, path.format(one), **more).status_code) for one in of(town)]

    return ask


def _listed(of: Any, path: str) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        known = of(town)
        got = town.client.as_(who, "GET", path)
        if got.status_code != 200:
            return [str(got.status_code)] * 4
        ids = {one["id"] for one in got.json()["items"]}
        return ["in" if one in ids else "out" for one in known]

    return ask


def _once(method: str, path: str, body: Any = None) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        more = {} if body is None else {"json": body}
        return [str(town.client.as_(who, method, path, **more).status_code)]

    return ask


def _far_move() -> dict[str, str]:
    return {"key": str(uuid4()), "amount": "9000000"}


def _why() -> dict[str, str]:
    return {"reason": "the matrix asks"}


def _made(town: Any, who: Any, _things: Any) -> list[str]:
    body = {"name": str(uuid4()), "asset": "CNY", "cap": "1"}
    return [str(town.client.as_(who, "POST", "/v1/finance/budgets", json=body).status_code)]


# what would change something is refused for its content: an edition that is none, a receipt of tomorrow (422), more
# than a purse or a budget has, a reward that was refused before (409)
ASKS: dict[str, Any] = {
    "GET /v1/me/rewards": _once("GET", "/v1/me/rewards"),
    "POST /v1/reports/links/{token}/claim": _once("POST", f"/v1/reports/links/{NO_LINK}/claim"),
    "GET /v1/rewards": _listed(three, "/v1/rewards?limit=200"),
    "GET /v1/rewards/{reward_id}": _each("GET", three, "/v1/rewards/{}"),
    "POST /v1/rewards/{reward_id}/refuse": _each("POST", three, "/v1/rewards/{}/refuse", _why),
    "POST /v1/rewards/{reward_id}/claw-back": _each("POST", three, "/v1/rewards/{}/claw-back", _why),
    "GET /v1/pay-rules": _once("GET", "/v1/pay-rules"),
    "POST /v1/pay-rules": _once("POST", "/v1/pay-rules", {"text": "version: x@1\nnothing: more", "why": "to ask"}),
    "GET /v1/finance": _once("GET", "/v1/finance"),
    "GET /v1/finance/deposits": _once("GET", "/v1/finance/deposits"),
    "POST /v1/finance/deposits": _once(
        "POST",
        "/v1/finance/deposits",
        {"asset": "CNY", "amount": "1", "number": "of tomorrow", "value_date": "2099-01-01"},
    ),
    "GET /v1/finance/budgets": _listed(budget_ids, "/v1/finance/budgets"),
    "POST /v1/finance/budgets": _made,
    "POST /v1/finance/budgets/{budget_id}/fund": _each("POST", budget_ids, "/v1/finance/budgets/{}/fund", _far_move),
    "POST /v1/finance/budgets/{budget_id}/release": _each(
        "POST", budget_ids, "/v1/finance/budgets/{}/release", _far_move
    ),
    "GET /v1/metering": _once("GET", "/v1/metering"),
}


def linked(town: Any) -> str:
    """Let a reward of tenant A wait for whoever has a report's link; return the word of the link."""
    manager = town.who("safety_manager")
    sent = taken(send(town, path="/v1/reports", who=manager, place=None, kind="hoarding"))
    spot = {"lon": HERE[0], "lat": HERE[1] + 0.05}
    assert town.client.as_(manager, "POST", f"/v1/reports/{sent['id']}/place", json=spot).status_code == 200
    with town.at(town.a) as work:
        wish = Wish(PayKind.CLUE, f"site:{uuid4()}", None, work.now(), claim_key=UUID(sent["id"]))
        taking.take(work, [(wish, None)])
    return str(sent["token"])


def fuzzed(town: Any) -> dict[str, dict[str, Any]]:
    """Return one request per operation that is right, on objects that are there; each part as the fuzz names it."""
    there, reporter = money(town, town.a), town.person(Role.RESIDENT)
    town.people["fuzz claimer"] = town.person(Role.RESIDENT)
    town.people["fuzz reporter"] = reporter
    back = paid(town)  # first: its round pays whatever is on hold
    held, seen = (rewarded(town, town.a, reporter.id) for _ in range(2))
    metered(town, town.a)
    with town.home.work() as work:
        today = work.now().date().isoformat()
        root = people.operator(town.a)
        budgets.deposit(work, root, Asset.CNY, YUAN, number=str(uuid4()), value_date=work.now().date())
    return {
        "GET /v1/me/rewards": {"who": "fuzz reporter", "query": {"limit": 2}},
        "POST /v1/reports/links/{token}/claim": {"who": "fuzz claimer", "path": {"token": linked(town)}},
        "GET /v1/rewards": {"query": {"limit": 2, "state": "held"}},
        "GET /v1/rewards/{reward_id}": {"path": {"reward_id": seen}},
        "POST /v1/rewards/{reward_id}/refuse": {"path": {"reward_id": held}, "body": {"reason": "fuzz"}},
        "POST /v1/rewards/{reward_id}/claw-back": {"path": {"reward_id": back}, "body": {"reason": "fuzz"}},
        "GET /v1/pay-rules": {"who": "resident"},
        "POST /v1/pay-rules": {"who": "tenant_admin", "body": {"text": own_text(town), "why": "fuzz"}},
        "GET /v1/finance": {"who": "tenant_admin"},
        "GET /v1/finance/deposits": {"who": "tenant_admin", "query": {"limit": 2}},
        "POST /v1/finance/deposits": {
            "who": "tenant_admin",
            "body": {"asset": "CNY", "amount": "0.13", "number": str(uuid4()), "value_date": today},
        },
        "GET /v1/finance/budgets": {"who": "tenant_admin"},
        "POST /v1/finance/budgets": {
            "who": "tenant_admin",
            "body": {"name": str(uuid4()), "asset": "PTS", "cap": "100"},
        },
        "POST /v1/finance/budgets/{budget_id}/fund": {
            "who": "tenant_admin",
            "path": {"budget_id": there[Asset.CNY]},
            "body": {"key": str(uuid4()), "amount": "0.01"},
        },
        "POST /v1/finance/budgets/{budget_id}/release": {
            "who": "tenant_admin",
            "path": {"budget_id": there[Asset.CNY]},
            "body": {"key": str(uuid4()), "amount": "0.01"},
        },
        "GET /v1/metering": {"who": "tenant_admin"},
    }


def paid(town: Any) -> str:
    """Let somebody earn points that were paid already, by a round of four days later; return the reward."""
    made = rewarded(town, town.a, town.person(Role.RESIDENT).id)
    later(town)
    return made


def later(town: Any, **time: float) -> None:
    """Let the market's round run as if four days had passed, or ``time``; the book's own time stands still.

    The book never goes back: all that other tests of the town book would be a month ahead of them.
    """
    present, open_book = town.home.factory.clock.now(), book.open_book
    clock = SetClock(present + timedelta(**(time or {"days": 4})))
    with mock.patch.object(book, "open_book", lambda session, orders, _now: open_book(session, orders, present)):
        rounds.settle_rewards(replace(town.home.factory, clock=clock).begin)
