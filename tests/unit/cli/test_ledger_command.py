"""``pipewarden ledger``: the book checked, a balance read, a statement printed; each wrong thing said in words."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from book import ALL, BANK, FRIEND, WALLET, hold, opened, pay
from sqlalchemy import text
from typer.testing import CliRunner

from pipewarden.cli import ledger as commands
from pipewarden.cli.app import app
from pipewarden.kit.db import make_engine
from pipewarden.kit.settings import Settings
from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset
from pipewarden.main import ledger as wiring
from pipewarden.main.home import open_home
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, AuditFilter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pipewarden.ledger.facts import Statement
    from pipewarden.main.home import Home


class _Kept:
    """The home that stays open between commands."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def __enter__(self) -> Home:
        return self.home

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def house() -> Iterator[Home]:
    """A home of its own: the book is one, and others of the run write in theirs."""
    with open_home(Settings(), temporary=True) as home:
        with home.work() as work:
            opened(work, 50_0000)
            service.post(work, pay("a", WALLET, FRIEND, 1300, details={"case": "7", "zh": "线索奖励"}))
            service.post(work, hold("h", WALLET, FRIEND, 10_0000))
        yield home


@pytest.fixture(autouse=True)
def here(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept() -> AbstractContextManager[Home]:
        return _Kept(house)

    monkeypatch.setattr(commands, "_home", kept)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["ledger", *words])


def forge(house: Home, statement: str) -> None:
    """Do as the owner of the database, whom nothing stops."""
    engine = make_engine(house.urls().owner)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


WHOLE = {"accounts": len(ALL), "transfers": 3, "sum_by_asset": {"CNY": 0, "PTS": 0}, "negative": 0, "chain_ok": True}


def test_a_whole_book_says_so_in_numbers_and_words() -> None:
    said = run("check", "--json")
    assert (said.exit_code, json.loads(said.stdout), said.stderr) == (0, WHOLE, "")
    said = run("check")
    assert (said.exit_code, said.stdout) == (0, "7 accounts, 3 transfers, holds\n")


@pytest.mark.parametrize(
    ("wrong", "right", "words", "told"),
    [
        (
            "UPDATE ledger_postings SET amount = amount + 1 WHERE transfer_seq = 2",
            "UPDATE ledger_postings SET amount = amount - 1 WHERE transfer_seq = 2",
            "transfer 2 is not what was booked",
            {"chain_ok": False},
        ),
        (
            "UPDATE ledger_accounts SET posted = posted + 5 WHERE address LIKE 'person:%0001:cash'",
            "UPDATE ledger_accounts SET posted = posted - 5 WHERE address LIKE 'person:%0001:cash'",
            "all accounts of CNY add up to 5 units, not to 0",
            {"sum_by_asset": {"CNY": 5, "PTS": 0}},
        ),
        (
            "UPDATE ledger_accounts SET held = 0 WHERE address LIKE 'person:%0001:cash'",
            "UPDATE ledger_accounts SET held = 100000 WHERE address LIKE 'person:%0001:cash'",
            "has held 0, its open holds say 100000",
            {},
        ),
        (
            "UPDATE ledger_accounts SET may_be_negative = true WHERE address LIKE 'person:%0001:cash'",
            "UPDATE ledger_accounts SET may_be_negative = false WHERE address LIKE 'person:%0001:cash'",
            "may be negative, which its address does not allow",
            {},
        ),
        (
            "UPDATE ledger_chain SET seq = 4",
            "UPDATE ledger_chain SET seq = 3",
            "the chain should end with transfer 4, it ends with 3",
            {"chain_ok": False},
        ),
        (
            "UPDATE ledger_transfers SET details = '{}' WHERE seq = 2",
            'UPDATE ledger_transfers SET details = \'{"case":"7","zh":"线索奖励"}\' WHERE seq = 2',
            "transfer 2 is not what was booked",
            {"chain_ok": False},
        ),
        (
            "UPDATE ledger_transfers SET seq = 5 WHERE seq = 3",
            "UPDATE ledger_transfers SET seq = 3 WHERE seq = 5",
            "transfer 3 is missing; the next one is 5",
            {"chain_ok": False},
        ),
        (
            "UPDATE ledger_holds SET transfer_id = gen_random_uuid()",
            "UPDATE ledger_holds SET transfer_id = (SELECT id FROM ledger_transfers WHERE kind = 'pending')",
            "the list of open holds says otherwise",
            {},
        ),
    ],
)
def test_a_book_that_somebody_wrote_in_is_broken(
    house: Home, wrong: str, right: str, words: str, told: dict[str, object]
) -> None:
    forge(house, wrong)
    try:
        said = run("check", "--json")
        assert (said.exit_code, json.loads(said.stdout)) == (1, WHOLE | told)
        assert words in said.stderr
        assert "docs/ledger.md" in said.stderr
        assert "BROKEN" in run("check").stdout
    finally:
        forge(house, right)
    assert run("check").exit_code == 0


def test_a_book_written_anew_is_told_by_the_end_that_is_on_record(house: Home) -> None:
    assert wiring.anchor_end(house)
    assert not wiring.anchor_end(house)  # it has not grown
    with house.factory.begin(PLATFORM) as work:
        (kept,) = people.audit_page(work, people.operator(), AuditFilter(act=wiring.ENDED))
        (end,) = wiring.anchored(work)
    assert json.loads(kept.details) == {"seq": 3, "hash": end.hash.hex(), "at": json.loads(kept.details)["at"]}
    assert run("check").exit_code == 0
    forge(house, "UPDATE ledger_transfers SET hash = sha256(hash) WHERE seq = 3")
    forge(house, "UPDATE ledger_chain SET hash = sha256(hash)")
    try:
        said = run("check")
        assert (said.exit_code, "transfer 3 is not what was booked" in said.stderr) == (1, True)
    finally:
        forge(house, f"UPDATE ledger_transfers SET hash = decode('{end.hash.hex()}', 'hex') WHERE seq = 3")  # noqa: S608
        forge(house, f"UPDATE ledger_chain SET hash = decode('{end.hash.hex()}', 'hex')")  # noqa: S608
    assert run("check").exit_code == 0


def test_a_balance_is_shown(house: Home) -> None:
    said = run("balance", WALLET)
    assert said.stdout == "posted 49.8700 CNY  held 10.0000 CNY  available 39.8700 CNY\n"
    told = json.loads(run("balance", BANK, "--json").stdout)
    assert told == {
        "address": BANK,
        "asset": "CNY",
        "posted": "-50.0000",
        "held": "0.0000",
        "available": "-50.0000",
        "units": {"posted": -500000, "held": 0, "available": -500000},
    }
    assert house.tenant_id is not None


def test_a_statement_is_printed_as_table_lines_and_csv() -> None:
    said = run("statement", WALLET)
    assert (said.exit_code, "opening 0.0000 CNY, 2 lines, closing 49.8700 CNY" in said.stderr) == (0, True)
    assert "-0.1300" in said.stdout
    *lines, summed = [json.loads(line) for line in run("statement", WALLET, "--json").stdout.splitlines()]
    assert [(one["transfer"], one["amount"], one["balance"], one["units"]) for one in lines] == [
        (1, "50.0000", "50.0000", 500000),
        (2, "-0.1300", "49.8700", -1300),
    ]
    assert summed == {
        "summary": {"address": WALLET, "lines": 2, "opening": "0.0000", "closing": "49.8700", "asset": "CNY"}
    }
    rows = list(csv.DictReader(io.StringIO(run("statement", WALLET, "--csv").stdout)))
    assert [row["what"] for row in rows] == ["test.paid", "test.paid"]
    assert [row["units"] for row in rows] == ["500000", "-1300"]


def test_a_statement_of_another_time_is_empty_and_still_sums() -> None:
    said = run("statement", WALLET, "--since", "2020-01-01", "--until", "2020-02-01T00:00:00+08:00", "--json")
    assert json.loads(said.stdout)["summary"]["closing"] == "0.0000"
    said = run("statement", WALLET, "--since", "2090-01-01", "--until", "2090-02-01", "--json")
    assert json.loads(said.stdout)["summary"]["opening"] == "49.8700"


def test_pages_of_a_long_one_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_PAGE", 1)
    assert len(run("statement", WALLET, "--json").stdout.splitlines()) == 3


def test_what_is_booked_between_two_pages_is_in_the_closing_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with home.work() as work:
        address = f"person:{work.ids.new()}:cash"
        service.open_accounts(work, (address, Asset.CNY), (BANK, Asset.CNY))
        service.write(work, [pay(f"{number} {address}", BANK, address, 1) for number in range(2)])
    real = service.statement

    def statement(*args: Any, **named: Any) -> Statement:
        found = real(*args, **named)
        with home.work() as work:  # once: the same key is the same transfer
            service.post(work, pay(f"between {address}", BANK, address, 5))
        return found

    monkeypatch.setattr(commands, "_home", lambda: _Kept(home))
    monkeypatch.setattr(commands, "_PAGE", 1)
    monkeypatch.setattr(service, "statement", statement)
    words = ("statement", address, "--since", "2020-01-01", "--until", "2090-01-01", "--json")
    *lines, summed = map(json.loads, run(*words).stdout.splitlines())
    assert [one["units"] for one in lines] == [1, 1, 5]
    assert summed["summary"]["closing"] == lines[-1]["balance"] == "0.0007"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("balance", "person:x:cash"), "ADDRESS"),
        (("statement", "nobody"), "ADDRESS"),
        (("statement", WALLET, "--since", "yesterday"), "--since"),
        (("statement", WALLET, "--until", "13"), "--until"),
        (("statement", WALLET, "--csv", "--json"), "--csv"),
    ],
)
def test_what_cannot_be_is_named(words: tuple[str, ...], field: str) -> None:
    said = run(*words)
    assert (said.exit_code, field in said.stderr) == (2, True)


def test_help_teaches() -> None:
    for word in ("check", "balance", "statement"):
        assert "Example:" in run(word, "--help").stdout
