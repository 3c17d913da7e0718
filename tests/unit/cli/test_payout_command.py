"""``pipewarden payout``: what a person must look at, another try, a decision, WeChat's statement beside it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from pay_town import Paying, paying
from typer.testing import CliRunner

from pipewarden.cli import payout
from pipewarden.cli.app import app
from pipewarden.market.service import payouts_sending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.main.home import Home
    from pipewarden.market.facts.payouts import Bill


@pytest.fixture
def town(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paying]:
    with paying(home) as made:

        @contextmanager
        def opened() -> Iterator[Any]:
            with made.begin() as work:
                yield work

        monkeypatch.setattr(payout, "opened", opened)
        yield made


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["payout", *words])
    return result.exit_code, result.output


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in text.splitlines() if one.startswith("{")]


def unknown(town: Paying) -> Bill:
    bill = town.withdraw()
    town.run()
    headers, body = town.there.notice(bill.number, transfer_amount=1)
    with town.begin() as work:
        payouts_sending.notified(work, town.cashier, headers, body)
    return town.now(bill)


def test_help_teaches() -> None:
    code, told = run("--help")
    assert code == 0
    assert "reconcile" in told
    for word in ("list", "retry", "decide", "reconcile", "purse"):
        assert f"pipewarden payout {word}" in run(word, "--help")[1]


def test_the_list(town: Paying) -> None:
    calm, odd = town.withdraw(1_234), unknown(town)
    code, told = run("list", "--json", "--limit", "1000")
    assert code == 0
    *rows, last = lines(told)
    assert last["summary"]["payouts"] == len(rows)
    assert {calm.number, odd.number} <= {one["number"] for one in rows}
    assert odd.number in [one["number"] for one in lines(run("list", "--odd", "--json")[1])[:-1]]
    assert calm.number not in run("list", "--odd", "--json")[1]
    shown = run("list", "--limit", "1000")[1]  # others of this house paid out, too
    assert "12.34" in shown
    assert calm.number in shown
    code, told = run("list", "--state", "lost", "--json")
    assert code == 2
    assert lines(told)[-1]["error"]["field"] == "--state"
    assert run("list", "--state", "unknown")[0] == 0


def test_another_try(town: Paying) -> None:
    odd = unknown(town)
    code, told = run("retry", odd.number, "--json")
    assert code == 0
    assert lines(told)[-1]["odd"] == ""
    assert run("retry", "0" * 32)[0] == 5
    assert run("retry", odd.number)[0] == 0


def test_a_decision_needs_a_side_and_a_reason(town: Paying) -> None:
    odd = unknown(town)
    assert run("decide", odd.number, "--why", "line 12")[0] == 2
    assert run("decide", odd.number, "--paid")[0] == 2
    code, told = run("decide", odd.number, "--not-paid", "--why", "资金账单 2026-11-27: no line", "--json")
    assert (code, lines(told)[-1]["state"]) == (0, "failed")
    assert run("decide", odd.number, "--paid", "--why", "line 12")[0] == 4
    assert town.has() == (10_000_000, 0)


def test_the_statement_beside_our_bills(town: Paying, tmp_path: Path) -> None:
    bill = town.withdraw()
    town.run()
    town.there.confirm(bill.number)
    town.later(minutes=6)
    town.run()
    file = tmp_path / "bill.csv"
    file.write_bytes(town.there.statement().replace("`50.00", "`49.00").encode())
    code, told = run("reconcile", str(file), "--json")
    assert code == 1
    *differs, last = lines(told)
    assert {one["number"]: one["kind"] for one in differs}[bill.number] == "amount_differs"
    assert last["summary"]["differences"] == len(differs)
    assert "amount_differs" in run("reconcile", str(file))[1]
    file.write_bytes(b"no statement")
    code, told = run("reconcile", str(file), "--json")
    assert code == 2
    assert lines(told)[-1]["error"]["field"].startswith("file")
    assert run("reconcile", str(tmp_path / "none.csv"))[0] == 2


def test_the_purse_of_exchanges_is_filled_once_for_each_number(town: Paying) -> None:
    number = f"ICBC-{town.person.id}"[:40]
    code, told = run("purse", "12.50", "--number", number, "--json")
    assert code == 0
    first = lines(told)[-1]["units"]
    assert lines(run("purse", "12.50", "--number", number, "--json")[1])[-1]["units"] == first
    assert run("purse", "13.00", "--number", number)[0] == 2
    assert run("purse", "x", "--number", "ICBC-1")[0] == 2
    assert run("purse", "1.00", "--number", "a b")[0] == 2
    assert "in the purse" in run("purse", "1.00", "--number", number + "b")[1]
    town.sound()
