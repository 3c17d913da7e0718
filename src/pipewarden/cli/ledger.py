"""``pipewarden ledger``: check the whole book, read a balance, print a statement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Balance, Line
    from pipewarden.main.home import Home

app = typer.Typer(help="The book 账本 of money and points: checked, read, never edited.", no_args_is_help=True)
JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Address = Annotated[str, typer.Argument(help="Address of an account, like person:ID:cash or outside:bank.")]
Moment = Annotated[str | None, typer.Option(help="A day of China's, 2026-11-01, or a moment with its offset.")]
_CHINA = ZoneInfo("Asia/Shanghai")
_PAGE = 500
_COLUMNS = ("transfer", "at", "what", "kind", "key", "asset", "amount", "balance", "units", "id")


@app.command("check")
def check(json: JsonFlag = False) -> None:
    """Walk the whole book: every link of the chain, every balance from its postings, every hold from the log.

    Exit code 1 when anything is wrong, in words on stderr. Others may go on booking meanwhile. What to do then stands
    in docs/ledger.md: change nothing, keep a backup, compare with the anchors kept outside.

    Example:  pipewarden ledger check --json
    """
    with told_errors(as_json=json):
        from pipewarden.main import ledger

        with _home() as home:
            found = ledger.check(home)
    if json:
        json_line(
            {
                "accounts": found.accounts,
                "transfers": found.transfers,
                "sum_by_asset": dict(found.sum_by_asset),
                "negative": found.negative,
                "chain_ok": found.chain_ok,
            }
        )
    else:
        typer.echo(f"{found.accounts} accounts, {found.transfers} transfers, {'holds' if found.whole else 'BROKEN'}")
    for problem in found.problems:
        note(problem)
    if not found.whole:
        note("Change nothing, take a backup, and read docs/ledger.md: what to do when the check says no.")
        raise typer.Exit(1)


@app.command("balance")
def balance(address: Address, json: JsonFlag = False) -> None:
    """Show what an account has, how much of it is held by pending transfers, and what may be spent.

    Example:  pipewarden ledger balance outside:bank
    """
    with told_errors(as_json=json), _home() as home, home.work() as work:
        found = _account(work, address)
    from pipewarden.ledger.facts import decimal

    amounts = {"posted": found.posted, "held": found.held, "available": found.available}
    if json:
        words = {name: decimal(units, found.asset) for name, units in amounts.items()}
        json_line({"address": address, "asset": found.asset.value, **words, "units": amounts})
        return
    typer.echo("  ".join(f"{name} {decimal(units, found.asset)} {found.asset}" for name, units in amounts.items()))


@app.command("statement")
def statement(
    address: Address,
    since: Moment = None,
    until: Moment = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout, as other systems read it.")] = False,
    json: Annotated[bool, typer.Option("--json", help="A JSON object a line; the last one sums it up.")] = False,
) -> None:
    """Print what moved on an account, from ``--since`` and before ``--until``; opening + lines = closing, always.

    Without --since the last 31 days, without --until up to now. A hold is no line until it is posted.

    Example:  pipewarden ledger statement outside:bank --since 2026-11-01 --until 2026-12-01 --csv
    """
    with told_errors(as_json=json):
        from pipewarden.ledger import service as ledger
        from pipewarden.ledger.facts import decimal

        if csv and json:
            raise InputError(field="--csv", problem="and --json exclude each other", fix="Take one of them.")
        with _home() as home, home.work() as work:
            asset = _account(work, address).asset
            last = work.now() + timedelta(seconds=1) if until is None else _moment("--until", until)
            first = last - timedelta(days=31) if since is None else _moment("--since", since)
            page = ledger.statement(work, address, asset, first, last, limit=_PAGE)
            opening, lines = page.opening, list(page.lines)
            while page.next is not None:
                page = ledger.statement(work, address, asset, first, last, page.next, _PAGE)
                lines += page.lines
            closing = page.until_closing  # the last page's: others book meanwhile
    rows = list(_rows(lines))
    ends = {"opening": decimal(opening, asset), "closing": decimal(closing, asset), "asset": asset.value}
    if csv:
        from pipewarden.kit.table import written

        typer.echo(written(_COLUMNS, rows), nl=False)
    elif json:
        for row in rows:
            json_line(dict(zip(_COLUMNS, row, strict=True)))
        json_line({"summary": {"address": address, "lines": len(rows), **ends}})
    else:
        from rich.table import Table

        shown = Table("时间 at", "事项 what", "金额 amount", "余额 balance", "转账 transfer")
        for row in rows:
            add_row(shown, *(str(row[at]) for at in (1, 2, 6, 7, 0)))
        table(shown)
        note(f"opening {ends['opening']} {asset}, {len(rows)} lines, closing {ends['closing']} {asset}")


def _rows(lines: list[Line]) -> Iterator[list[object]]:
    from pipewarden.ledger.facts import decimal

    for one in lines:
        made = one.transfer
        words = [decimal(one.amount, one.asset), decimal(one.balance_after, one.asset)]
        at = made.at.astimezone(_CHINA).isoformat(timespec="seconds")
        yield [made.seq, at, made.what, made.kind.value, made.key, one.asset.value, *words, one.amount, str(made.id)]


def _account(work: Work, address: str) -> Balance:
    from pipewarden.ledger import service as ledger

    found = ledger.balances(work, [address]).get(address)
    if found is None:
        fix = "Write it like person:ID:cash or outside:bank."
        raise InputError(field="ADDRESS", problem=f"{address[:60]!r} is no account here", fix=fix)
    return found


def _moment(option: str, words: str) -> datetime:
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        fix = "Write it as 2026-11-01 or 2026-11-01T00:00:00+08:00."
        raise InputError(field=option, problem=f"{words[:40]!r} is no moment", fix=fix) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=_CHINA)


def _home() -> AbstractContextManager[Home]:
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure

    settings = load_settings()
    configure(settings.log_level)
    return open_home(settings)
