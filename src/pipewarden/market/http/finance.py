"""A tenant's money over HTTP: purse, deposits, budgets, what is promised, and the metered calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, CursorsHere, Name, Paged, WorkHere, actor_of, router
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.metering import DemandState, MeterState
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.http.shapes import AmountIn, AmountOut, BothOut, both, out
from pipewarden.market.rules.amounts import units
from pipewarden.market.service import booking, budgets, demands
from pipewarden.market.service import finance as service
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.market.facts.finance import BudgetNow, Deposit

routes = router(tags=["finance"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class BudgetOut(BaseModel):
    """A budget as it stands."""

    id: UUID
    name: str
    purpose: BudgetFor
    cap: AmountOut
    funded: Annotated[AmountOut, Field(description="Brought in, less what was released.")]
    left: Annotated[AmountOut, Field(description="Free.")]
    held: Annotated[AmountOut, Field(description="On hold for rewards.")]
    committed: Annotated[AmountOut, Field(description="Taken by calls that are not booked yet.")]
    closed_at: datetime | None
    by_hand: Annotated[bool, Field(description="Filled and released here; a commission's moves with its own life.")]


class BudgetsOut(BaseModel):
    """Every budget, the oldest first."""

    items: list[BudgetOut]


class MonthOut(BaseModel):
    """One month in China."""

    month: Annotated[str, Field(description="2026-11")]
    deposited: AmountOut
    rewarded: AmountOut
    clawed_back: AmountOut
    metered: AmountOut


class FinanceOut(BaseModel):
    """How the money stands."""

    purse: BothOut
    budgets: list[BudgetOut]
    on_hold: Annotated[BothOut, Field(description="Promised: on hold for persons, or reserved for a report's link.")]
    unfunded: Annotated[BothOut, Field(description="Earned, and no budget has enough.")]
    in_wallets: Annotated[BothOut, Field(description="Earned here and, at most, still in wallets.")]
    owed: Annotated[BothOut, Field(description="By persons, after claw-backs.")]
    unbooked: Annotated[BothOut, Field(description="Of delivered calls, booked within a minute.")]
    rewards: Annotated[dict[RewardState, int], Field(description="How many stand where.")]
    months: Annotated[list[MonthOut], Field(description="By month and asset, the newest first.")]


class DepositIn(Asked):
    """A bank receipt, or the decision that issues points."""

    asset: Asset
    amount: AmountIn
    number: Annotated[str, Field(min_length=1, max_length=64, description="The bank's own; it counts once."), Clean]
    value_date: date


class DepositOut(BaseModel):
    """One deposit."""

    id: UUID
    value: AmountOut
    number: str
    value_date: date
    at: datetime
    transfer_id: UUID


class DepositPage(BaseModel):
    """A page of deposits, the newest first."""

    items: list[DepositOut]
    next: str | None


class BudgetIn(Asked):
    """A budget to be made."""

    name: Annotated[Name, Field(max_length=80)]
    asset: Asset
    cap: AmountIn


class MoveIn(Asked):
    """How much is moved."""

    key: Annotated[UUID, Field(description="Names this act for ever: sent again it moves nothing again.")]
    amount: AmountIn


class MeterOut(BaseModel):
    """Calls of one kind."""

    calls: int
    value: AmountOut


class DemandOut(BaseModel):
    """One demand with its calls."""

    id: UUID
    title: str
    capability_id: UUID
    budget_id: UUID
    wanted: int
    taken: int
    state: DemandState
    made_at: datetime
    calls: dict[MeterState, MeterOut]


class MeteringOut(BaseModel):
    """Every demand, the newest first; and whether meters and book say the same."""

    items: list[DemandOut]
    charged: AmountOut
    booked: AmountOut
    waiting: AmountOut
    difference: Annotated[AmountOut, Field(description="0, or something is wrong.")]


@routes.get("/finance")
def get_finance(work: WorkHere, actor: ActorHere) -> FinanceOut:
    """Return purse, budgets, what is promised and what lies in wallets, and what happened month by month."""
    found = service.finance(work, actor)
    return FinanceOut(
        purse=both(found.purse),
        budgets=[_budget(one) for one in found.budgets],
        on_hold=both(found.on_hold),
        unfunded=both(found.unfunded),
        in_wallets=both(found.in_wallets),
        owed=both(found.owed),
        unbooked=both(found.unbooked),
        rewards=dict(found.counts),
        months=[
            MonthOut(
                month=one.month,
                deposited=out(one.deposited, one.asset),
                rewarded=out(one.rewarded, one.asset),
                clawed_back=out(one.clawed_back, one.asset),
                metered=out(one.metered, one.asset),
            )
            for one in found.months
        ],
    )


@routes.get("/finance/deposits")
def list_deposits(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> DepositPage:
    """List what was deposited."""
    before = cursors.read("deposits", page.cursor)
    seen = None if before is None else UUID(before)
    found = budgets.deposits(work, actor, limit=page.limit + 1, before=seen)
    rows = found[: page.limit]
    more = cursors.write("deposits", str(rows[-1].id)) if len(found) > page.limit else None
    return DepositPage(items=[_deposit(one) for one in rows], next=more)


@routes.post(
    "/finance/deposits",
    status_code=201,
    responses={200: {"description": "This receipt was booked before.", "model": DepositOut}},
)
def book_deposit(work: WorkHere, actor: ActorHere, response: Response, asked: DepositIn) -> DepositOut:
    """Book money that arrived in the bank; a receipt counts once, whoever books it."""
    amount = units(asked.amount, asked.asset)
    made, fresh = budgets.deposit(work, actor, asked.asset, amount, number=asked.number, value_date=asked.value_date)
    response.status_code = 201 if fresh else 200
    return _deposit(made)


@routes.get("/finance/budgets")
def list_budgets(work: WorkHere, actor: ActorHere) -> BudgetsOut:
    """List every budget."""
    return BudgetsOut(items=[_budget(one) for one in budgets.all_now(work, actor)])


@routes.post("/finance/budgets", status_code=201)
def make_budget(work: WorkHere, actor: ActorHere, asked: BudgetIn) -> BudgetOut:
    """Make a budget for rewards, empty; more than its cap never lies in it."""
    cap = units(asked.cap, asked.asset, "cap")
    made = budgets.add_budget(work, actor, asked.name, purpose=BudgetFor.REWARDS, asset=asked.asset, cap=cap)
    return _budget(budgets.now_of(work, made))


@routes.post("/finance/budgets/{budget_id}/fund")
def fund_budget(work: WorkHere, actor: ActorHere, budget_id: UUID, asked: MoveIn) -> BudgetOut:
    """Move money from the purse into a budget; what waited for money is held within a minute, in its order."""
    amount = units(asked.amount, budgets.asset_of(work, actor, budget_id))
    return _budget(budgets.fund(work, actor, budget_id, amount, str(asked.key)))


@routes.post("/finance/budgets/{budget_id}/release")
def release_budget(work: WorkHere, actor: ActorHere, budget_id: UUID, asked: MoveIn) -> BudgetOut:
    """Move free money of a budget back into the purse; what is on hold stays."""
    amount = units(asked.amount, budgets.asset_of(work, actor, budget_id))
    return _budget(budgets.release(work, actor, budget_id, amount, str(asked.key)))


@routes.get("/metering")
def get_metering(work: WorkHere, actor: ActorHere) -> MeteringOut:
    """Return the calls of every demand, and whether the meters and the book say the same to the last unit."""
    listed = demands.metered(work, actor)
    found = booking.check_meters(work)
    cash = Asset.CNY
    return MeteringOut(
        items=[
            DemandOut(
                id=one.id,
                title=one.title,
                capability_id=one.capability_id,
                budget_id=one.budget_id,
                wanted=one.wanted,
                taken=one.taken,
                state=one.state,
                made_at=one.made_at,
                calls={state: MeterOut(calls=calls, value=out(sum_, cash)) for state, (calls, sum_) in sums.items()},
            )
            for one, sums in listed
        ],
        charged=out(found.charged, cash),
        booked=out(found.booked, cash),
        waiting=out(found.waiting, cash),
        difference=out(found.difference, cash),
    )


def _budget(now: BudgetNow) -> BudgetOut:
    one = now.budget
    return BudgetOut(
        id=one.id,
        name=one.name,
        purpose=one.purpose,
        cap=out(one.cap, one.asset),
        funded=out(one.funded, one.asset),
        left=out(now.left, one.asset),
        held=out(now.held, one.asset),
        committed=out(one.committed, one.asset),
        closed_at=one.closed_at,
        by_hand=one.by_hand,
    )


def _deposit(one: Deposit) -> DepositOut:
    return DepositOut(
        id=one.id,
        value=out(one.units, one.asset),
        number=one.number,
        value_date=one.value_date,
        at=one.at,
        transfer_id=one.transfer_id,
    )
