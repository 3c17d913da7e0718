"""``pipewarden payout``: what is paid out to people, what a person must look at, and WeChat's statement beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors

if TYPE_CHECKING:
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.market.facts.wallet import Reconciliation

app = typer.Typer(
    help="Money that is paid out to people: list it, have it asked about again, compare it with WeChat's statement."
)
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
_DIFFERS = 1


@app.command("list")
def list_(
    state: Annotated[
        str, typer.Option(help="Only reserved, sent, to_confirm, cancelling, unknown, paid, failed or cancelled.")
    ] = "",
    odd: Annotated[bool, typer.Option("--odd", help="Only those that a person must look at.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Payouts at most.")] = 50,
    json: JsonFlag = False,
) -> None:
    """List payouts of every tenant, the last one first.

    pipewarden payout list --odd  ·  pipewarden payout list --state unknown --json
    """
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError
        from pipewarden.market.facts.payouts import BillState
        from pipewarden.market.service import payouts_minding as service
        from pipewarden.people import service as people

        if state and state not in set(BillState):
            fix = f"Use one of {', '.join(BillState)}."
            raise InputError(field="--state", problem=f"{state!r} is no state", fix=fix)
        with opened() as work:
            actor = people.operator(work.tenant_id)
            states = [BillState(state)] if state else []
            found = service.bills(work, actor, states=states, odd=odd, limit=limit)
    rows = [_row(one) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"payouts": len(rows), "fen": sum(one.fen for one in found)}})
        return
    from rich.table import Table

    from pipewarden.market.facts.payouts import fen_text

    shown = Table("时间 at", "单号 number", "状态 state", "元 yuan", "次 tries", "问题 problem")
    for one in found:
        made = f"{one.made_at:%Y-%m-%d %H:%M}"
        add_row(shown, made, one.number, one.state.value, fen_text(one.fen), str(one.tries), one.odd or one.problem)
    table(shown)


@app.command("retry")
def retry(
    number: Annotated[str, typer.Argument(help="商户单号, as `payout list` shows it.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Have a payout asked about again now; never a second payment: the same number is asked about first.

    pipewarden payout retry 01a220186780700081241c4b93b6b951
    """
    with told_errors(as_json=json):
        from pipewarden.market.service import payouts_minding as service
        from pipewarden.people import service as people

        with opened() as work:
            made = service.retry(work, people.operator(work.tenant_id), number)
    json_line(_row(made)) if json else note(f"{number} is {made.state.value} and is asked about again now")


@app.command("decide")
def decide(
    number: Annotated[str, typer.Argument(help="商户单号 of a payout that is unknown.")],
    paid: Annotated[
        bool | None, typer.Option("--paid/--not-paid", help="What the statement shows of it; one must be said.")
    ] = None,
    why: Annotated[str, typer.Option(help="Which statement and line show it; it is on record.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """End a payout that WeChat tells nothing of any more, by what its statement shows; on record, and for good.

    pipewarden payout decide NUMBER --paid --why "资金账单 2026-11-27, line 12"
    """
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError
        from pipewarden.market.service import payouts_minding as service
        from pipewarden.people import service as people

        if paid is None:
            fix = "Say --paid or --not-paid, as the statement shows."
            raise InputError(field="--paid", problem="was not said", fix=fix)
        with opened() as work:
            made = service.decide(work, people.operator(work.tenant_id), number, paid=paid, reason=why)
    json_line(_row(made)) if json else note(f"{number} is {made.state.value}")


@app.command("reconcile")
def reconcile(
    file: Annotated[Path, typer.Argument(help="WeChat's 资金账单, a CSV as it came.")],
    json: JsonFlag = False,
) -> None:
    """Compare WeChat's statement with our payouts and list where they differ; nothing is corrected. Exit 1: they do.

    pipewarden payout reconcile 1900000001All2026-11-27.csv
    """
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError
        from pipewarden.market.service import payouts_minding as service
        from pipewarden.people import service as people

        try:
            with file.open("rb") as content:
                read = content.read(service.MOST_BYTES + 1)
        except OSError as error:
            problem = f"{file} cannot be read ({error.strerror})"
            raise InputError(field="FILE", problem=problem, fix="Name the file.") from error
        with opened() as work:
            made = service.reconcile(work, people.operator(work.tenant_id), file.name, read)
    _tell(made, as_json=json)
    if made.differences:
        raise typer.Exit(_DIFFERS)


@app.command("purse")
def purse(
    amount: Annotated[str, typer.Argument(help="元 that came to the bank, at most two decimals.")],
    number: Annotated[str, typer.Option(help="The bank's number of the transfer; booked once, for ever.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Fill the house's purse, out of which points become cash.

    pipewarden payout purse 5000.00 --number ICBC-20261127-0002
    """
    with told_errors(as_json=json):
        from pipewarden.market.service import exchange as service
        from pipewarden.market.service import wallet
        from pipewarden.people import service as people

        with opened() as work:
            actor = people.operator(work.tenant_id)
            units = service.fill_purse(work, actor, wallet.fen_of(amount), number)
    told = {"units": units, "amount": wallet.yuan(units)}
    json_line(told) if json else note(f"{told['amount']} 元 are in the purse of exchanges")


def _tell(made: Reconciliation, *, as_json: bool) -> None:
    if as_json:
        for one in made.differences:
            json_line(one.as_json())
        counts = {
            "id": str(made.id),
            "rows": made.rows,
            "matched": made.matched,
            "elsewhere": made.elsewhere,
            "other": made.other,
            "differences": len(made.differences),
        }
        json_line({"summary": counts})
        return
    note(f"{made.matched} agree, {made.other} lines are about something else, {len(made.differences)} differ")
    if made.differences:
        from rich.table import Table

        from pipewarden.market.facts.payouts import fen_text

        shown = Table("差异 kind", "行 line", "单号 number", "我方 ours", "对方 theirs", "状态 state")
        for one in made.differences:
            cells = ["" if fen is None else fen_text(fen) for fen in (one.ours_fen, one.theirs_fen)]
            add_row(shown, one.kind, str(one.line), one.number, *cells, one.state)
        table(shown)


def _row(one: Bill) -> dict[str, object]:
    return {
        "number": one.number,
        "state": one.state.value,
        "fen": one.fen,
        "gross_units": one.gross,
        "withheld_units": one.tax.units,
        "tax_month": one.tax.month,
        "provider_no": one.provider_no,
        "odd": one.odd,
        "problem": one.problem,
        "tries": one.tries,
        "made_at": one.made_at.isoformat(),
        "asked_at": None if one.asked_at is None else one.asked_at.isoformat(),
        "next_at": None if one.next_at is None else one.next_at.isoformat(),
        "over_at": None if one.over_at is None else one.over_at.isoformat(),
    }
