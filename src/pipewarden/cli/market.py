"""``pipewarden reward``, ``finance`` and ``market``: who is paid for what, out of which money, and whether it sums."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.ledger.facts import Asset
    from pipewarden.market.facts.finance import BudgetNow
    from pipewarden.market.facts.rewards import Reward, RewardState

reward = typer.Typer(help="Rewards: list them, refuse what is on hold, take back what was paid.", no_args_is_help=True)
finance = typer.Typer(help="The tenant's money: deposits, budgets, what is promised.", no_args_is_help=True)
app = typer.Typer(help="The market: metered calls.", no_args_is_help=True)
meter = typer.Typer(help="Calls of paid capabilities.", no_args_is_help=True)
app.add_typer(meter, name="meter")
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
OneJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
RewardId = Annotated[str, typer.Argument(metavar="REWARD_ID", help="Id, as `reward list` prints it.")]
BudgetId = Annotated[str, typer.Argument(metavar="BUDGET_ID", help="Id, as `finance show` prints it.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="Yuan like 0.13, or whole points.")]
AssetName = Annotated[str, typer.Option("--asset", help="CNY or PTS.")]
Reason = Annotated[str, typer.Option(help="Why; the person reads it.")]
Key = Annotated[str, typer.Option(help="Names this act for ever: the same again moves nothing again.")]
_DIFFERS = 1


@reward.command("list")
def list_(
    state: Annotated[
        str, typer.Option(help="Only unfunded, unclaimed, held, paid, capped, refused, lapsed or clawed_back.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rewards at most.")] = 50,
    json: JsonFlag = False,
) -> None:
    """List rewards, the newest first, with what each was earned for and how it stands."""
    with told_errors(as_json=json):
        from pipewarden.market.service import deciding
        from pipewarden.people import service as people

        with opened() as work:
            root = people.operator(work.tenant_id)
            rows = [_row(one) for one in deciding.rewards(work, root, _state(state), limit=limit)]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"rewards": len(rows)}})
        return
    from rich.table import Table

    shown = Table("奖励 reward", "事由 case", "规则 rule", "数额 amount", "状态 state", "到账 pay at", "原因 reason")
    for row in rows:
        cells = ("id", "case", "rule", "amount", "state", "pay_at", "reason")
        add_row(shown, *("" if row[cell] is None else str(row[cell]) for cell in cells))
    table(shown)


@reward.command("refuse")
def refuse(reward_id: RewardId, reason: Reason, json: OneJson = False) -> None:
    """Refuse a reward that is not paid yet; what is on hold goes back to its budget."""
    with told_errors(as_json=json):
        from pipewarden.market.service import deciding
        from pipewarden.people import service as people

        with opened() as work:
            told = _row(deciding.refuse(work, people.operator(work.tenant_id), _id(reward_id, "REWARD_ID"), reason))
    _say(told, json=json)


@reward.command("claw-back")
def claw_back(reward_id: RewardId, reason: Reason, json: OneJson = False) -> None:
    """Take back a reward that was paid, by an entry of its own; what is gone from the wallet is owed."""
    with told_errors(as_json=json):
        from pipewarden.market.service import deciding
        from pipewarden.people import service as people

        with opened() as work:
            root = people.operator(work.tenant_id)
            told = _row(deciding.claw_back(work, root, _id(reward_id, "REWARD_ID"), reason))
    _say(told, json=json)


@finance.command("show")
def show(json: OneJson = False) -> None:
    """Show purse, budgets, what is on hold, what waits for money, what lies in wallets."""
    with told_errors(as_json=json):
        from pipewarden.ledger.facts import Asset
        from pipewarden.market.service import finance as service
        from pipewarden.market.service import shown_amount as worded
        from pipewarden.people import service as people

        with opened() as work:
            found = service.finance(work, people.operator(work.tenant_id))
    names = ("purse", "on_hold", "unfunded", "in_wallets", "owed", "unbooked")
    sums = {name: {one.value: worded(getattr(found, name)[one], one) for one in Asset} for name in names}
    budgets = [_budget(one) for one in found.budgets]
    if json:
        json_line({**sums, "budgets": budgets, "rewards": {state.value: n for state, n in found.counts.items()}})
        return
    from rich.table import Table

    both = Table("", "CNY", "PTS")
    for name in names:
        add_row(both, name, sums[name]["CNY"], sums[name]["PTS"])
    table(both)
    shown = Table("预算 budget", "名称 name", "用途 for", "上限 cap", "可用 left", "冻结 held", "待记账 committed")
    for row in budgets:
        add_row(shown, *(str(row[cell]) for cell in ("id", "name", "for", "cap", "left", "held", "committed")))
    table(shown)


@finance.command("deposit")
def deposit(
    amount: Amount,
    number: Annotated[str, typer.Option(help="The bank's own number of the receipt; it counts once.")],
    day: Annotated[str, typer.Option(help="Value date of the receipt, like 2026-11-27.")],
    asset: AssetName = "CNY",
    json: OneJson = False,
) -> None:
    """Book money that arrived in the bank into the purse, or points that the tenant issues.

    Example:  pipewarden finance deposit 19468.00 --number ICBC-20261127-0001 --day 2026-11-27
    """
    with told_errors(as_json=json):
        from pipewarden.market.service import budgets
        from pipewarden.market.service import read_amount as units
        from pipewarden.market.service import shown_amount as shown
        from pipewarden.people import service as people

        kind, when = _asset(asset), _day(day)
        with opened() as work:
            root, wanted = people.operator(work.tenant_id), units(amount, kind, "AMOUNT")
            made, fresh = budgets.deposit(work, root, kind, wanted, number=number, value_date=when)
    told = {"id": str(made.id), "amount": f"{shown(made.units, kind)} {kind}", "number": made.number, "new": fresh}
    _say(told, json=json)


@finance.command("budget")
def budget(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of its own in the tenant.")],
    cap: Annotated[str, typer.Option(help="More than that never lies in it.")],
    asset: AssetName = "CNY",
    json: OneJson = False,
) -> None:
    """Make a budget for rewards, empty.

    Example:  pipewarden finance budget "clues 2027" --cap 10000.00
    """
    with told_errors(as_json=json):
        from pipewarden.market.facts.finance import BudgetFor
        from pipewarden.market.service import budgets
        from pipewarden.market.service import read_amount as units
        from pipewarden.people import service as people

        kind = _asset(asset)
        with opened() as work:
            root, most = people.operator(work.tenant_id), units(cap, kind, "--cap")
            made = budgets.add_budget(work, root, name, purpose=BudgetFor.REWARDS, asset=kind, cap=most)
            told = _budget(budgets.now_of(work, made))
    _say(told, json=json)


@finance.command("fund")
def fund(budget_id: BudgetId, amount: Amount, key: Key, json: OneJson = False) -> None:
    """Move money from the purse into a budget; what waited for money is held in its order."""
    _moved("fund", budget_id, amount, key, json=json)


@finance.command("release")
def release(budget_id: BudgetId, amount: Amount, key: Key, json: OneJson = False) -> None:
    """Move free money of a budget back into the purse; what is on hold stays."""
    _moved("release", budget_id, amount, key, json=json)


@meter.command("check")
def check(json: OneJson = False) -> None:
    """Compare the meters with the book to the last unit; exit code 1 where they differ."""
    with told_errors(as_json=json):
        from pipewarden.market.service import booking

        with opened() as work:
            found = booking.check_meters(work)
    told = {
        "calls": found.calls,
        "charged": found.charged,
        "booked": found.booked,
        "waiting": found.waiting,
        "difference": found.difference,
        "problems": list(found.problems),
    }
    if json:
        json_line(told)
    else:
        note(", ".join(f"{name} {told[name]}" for name in ("calls", "charged", "booked", "waiting", "difference")))
        for one in found.problems:
            note(f"  {one}")
    if found.difference or found.problems:
        raise SystemExit(_DIFFERS)


def _moved(verb: str, budget_id: str, amount: str, key: str, *, json: bool) -> None:
    with told_errors(as_json=json):
        from pipewarden.market.service import budgets
        from pipewarden.market.service import read_amount as units
        from pipewarden.people import service as people

        with opened() as work:
            root, one = people.operator(work.tenant_id), _id(budget_id, "BUDGET_ID")
            wanted = units(amount, budgets.asset_of(work, root, one), "AMOUNT")
            act = budgets.fund if verb == "fund" else budgets.release
            told = _budget(act(work, root, one, wanted, key))
    _say(told, json=json)


def _say(told: dict[str, object], *, json: bool) -> None:
    if json:
        json_line(told)
    else:
        note(", ".join(f"{name} {value}" for name, value in told.items() if value not in {None, ""}))


def _row(one: Reward) -> dict[str, object]:
    from pipewarden.market.service import shown_amount as shown

    return {
        "id": str(one.id),
        "case": one.case,
        "rule": one.rule,
        "person_id": None if one.person_id is None else str(one.person_id),
        "amount": f"{shown(one.units, one.asset)} {one.asset}",
        "units": one.units,
        "state": one.state.value,
        "earned_at": one.earned_at.isoformat(),
        "pay_at": None if one.pay_at is None else one.pay_at.isoformat(),
        "owed": one.owed,
        "reason": one.reason,
    }


def _budget(now: BudgetNow) -> dict[str, object]:
    from pipewarden.market.service import shown_amount as shown

    one = now.budget
    sums = {"cap": one.cap, "funded": one.funded, "left": now.left, "held": now.held, "committed": one.committed}
    said = {name: f"{shown(units, one.asset)} {one.asset}" for name, units in sums.items()}
    return {"id": str(one.id), "name": one.name, "for": one.purpose.value, **said, "closed": one.closed_at is not None}


def _id(word: str, field: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise InputError(field=field, problem=f"{word[:40]!r} is no id", fix="The lists print them.") from error


def _state(word: str) -> RewardState | None:
    from pipewarden.market.facts.rewards import RewardState

    if word and word not in list(RewardState):
        known = ", ".join(one.value for one in RewardState)
        raise InputError(field="--state", problem=f"{word[:40]!r} is none", fix=f"Take one of {known}.")
    return RewardState(word) if word else None


def _asset(word: str) -> Asset:
    from pipewarden.ledger.facts import Asset

    if word not in list(Asset):
        raise InputError(field="--asset", problem=f"{word[:40]!r} is none", fix="Take CNY or PTS.")
    return Asset(word)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise InputError(field="--day", problem=f"{word[:40]!r} is no day", fix="Write it like 2026-11-27.") from error
