"""``pipewarden reward``, ``finance`` and ``market``, as people type them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from market_town import YUAN, MarketTown
from sqlalchemy import text
from typer.testing import CliRunner

from pipewarden.cli import market
from pipewarden.cli.app import app
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.service import demands, metering
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

NOTHING = "00000000-0000-7000-8000-000000000000"


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, [*words])
    return said.exit_code, said.stdout, said.stderr


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def town(work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> MarketTown:
    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(market, "opened", opened)
    return MarketTown(work, clock)


def test_rewards_are_listed_as_they_stand(town: MarketTown) -> None:
    town.clue(town.person(Role.RESIDENT).id)
    code, out, _ = run("reward", "list", "--json")
    *rows, summary = lines(out)
    assert (code, summary) == (0, {"summary": {"rewards": 2}})
    assert {(one["amount"], one["state"]) for one in rows} == {("5.0000 CNY", "held"), ("50 PTS", "held")}
    assert lines(run("reward", "list", "--state", "paid", "--json")[1]) == [{"summary": {"rewards": 0}}]
    code, out, _ = run("reward", "list")
    assert (code, out.count("held")) == (0, 2)


def test_a_reward_is_refused_or_taken_back_with_its_reason(town: MarketTown) -> None:
    _, made = town.clue(town.person(Role.RESIDENT).id)
    code, out, _ = run("reward", "refuse", str(made[0].id), "--reason", "copied", "--json")
    assert (code, lines(out)[0]["state"], lines(out)[0]["reason"]) == (0, "refused", "copied")
    town.pay()
    code, _, err = run("reward", "claw-back", str(made[1].id), "--reason", "copied")
    assert (code, "clawed_back" in err) == (0, True)
    assert town.again(made[1]).state is RewardState.CLAWED_BACK
    assert run("reward", "claw-back", str(made[1].id), "--reason", "copied")[0] == 4
    assert run("reward", "refuse", NOTHING, "--reason", "copied")[0] == 5
    assert run("reward", "refuse", "none", "--reason", "copied")[0] == 2


def test_money_goes_in_and_into_a_budget_once(town: MarketTown) -> None:
    day = town.today().isoformat()
    words = ("finance", "deposit", "123.45", "--number", "ICBC-1", "--day", day, "--json")
    first, second = lines(run(*words)[1])[0], lines(run(*words)[1])[0]
    assert (first["amount"], first["new"], second["new"], second["id"]) == ("123.4500 CNY", True, False, first["id"])
    made = lines(run("finance", "budget", "clues 2027", "--cap", "100", "--json")[1])[0]
    for _ in range(2):
        code, out, _ = run("finance", "fund", made["id"], "60", "--key", "first", "--json")
        assert (code, lines(out)[0]["left"]) == (0, "60.0000 CNY")
    assert run("finance", "fund", made["id"], "41", "--key", "second")[0] == 4
    code, out, _ = run("finance", "release", made["id"], "10.5", "--key", "back", "--json")
    assert lines(out)[0]["left"] == "49.5000 CNY"


def test_the_money_is_shown_in_one_piece(town: MarketTown) -> None:
    town.clue(town.person(Role.RESIDENT).id)
    code, out, _ = run("finance", "show", "--json")
    (told,) = lines(out)
    assert (code, told["on_hold"], told["purse"]["CNY"]) == (0, {"CNY": "5.0000", "PTS": "50"}, "0.0000")
    assert told["rewards"] == {"held": 2}
    assert {one["left"] for one in told["budgets"]} == {"995.0000 CNY", "9950 PTS"}
    code, out, _ = run("finance", "show")
    assert (code, "995.0000 CNY" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("finance", "deposit", "1e3", "--number", "x", "--day", "2026-11-20"), "AMOUNT"),
        (("finance", "deposit", "1", "--number", "x", "--day", "yesterday"), "--day"),
        (("finance", "deposit", "1", "--number", "x", "--day", "2026-11-20", "--asset", "USD"), "--asset"),
        (("finance", "deposit", "1.5", "--number", "x", "--day", "2026-11-20", "--asset", "PTS"), "AMOUNT"),
        (("finance", "budget", "x", "--cap", "0"), "--cap"),
        (("finance", "fund", "none", "1", "--key", "k"), "BUDGET_ID"),
        (("reward", "list", "--state", "spent"), "--state"),
    ],
)
@pytest.mark.usefixtures("town")
def test_a_slip_is_named_with_its_fix(words: tuple[str, ...], field: str) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert field in err
    assert "fix:" in err


def test_meters_are_checked_against_the_book(town: MarketTown) -> None:
    expert = town.person(Role.EXPERT).id
    town.deposit(YUAN)
    made = demands.add_capability(town.work, town.admin, slug="c", version="1", expert_id=expert, price=1300)
    demand = demands.open_demand(town.work, town.admin, made.id, "c", wanted=9, units=YUAN)
    metering.meter(town.work, demand.id, ["a", "b"])
    code, out, _ = run("market", "meter", "check", "--json")
    assert (code, lines(out)[0]) == (
        0,
        {"calls": 2, "charged": 2600, "booked": 0, "waiting": 2600, "difference": 0, "problems": []},
    )
    town.work.session.execute(text("UPDATE market_budgets SET committed = committed + 1 WHERE purpose = 'demand'"))
    code, out, err = run("market", "meter", "check")
    assert (code, "budgets keep 2601" in err) == (1, True)
    assert town.wallet(expert, Asset.CNY) == 0


@pytest.mark.parametrize("group", [("reward",), ("finance",), ("market",), ("market", "meter")])
def test_help_teaches(group: tuple[str, ...]) -> None:
    code, out, _ = run(*group, "--help")
    assert code == 0
    assert "Commands" in out
