"""Your wallet over HTTP: what is in it, what came and went, exchanges, withdrawals, your month, where money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from fastapi.responses import Response

from pipewarden.kit.web import CursorsHere, Paged, PageQuery, WorkHere, actor_of, router
from pipewarden.market.facts.wallet import Side
from pipewarden.market.http.wallet_shapes import (
    EntryPage,
    ExchangeIn,
    ExchangeOut,
    PayeeIn,
    PayeeOut,
    StatementOut,
    WalletOut,
    WithdrawalFileOut,
    WithdrawalIn,
    WithdrawalOut,
    WithdrawalPage,
    entry_out,
    event_out,
    exchange_out,
    payee_out,
    statement_out,
    wallet_out,
    withdrawal_out,
)
from pipewarden.market.rules.payouts import can_cancel
from pipewarden.market.rules.statements import as_csv
from pipewarden.market.rules.wallet import fen_of
from pipewarden.market.service import exchange as exchanges
from pipewarden.market.service import payees, payouts, statements
from pipewarden.market.service import wallet as service
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.market.facts.wallet import Entry

routes = router(tags=["wallet"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Yours for this act: sent again it is the same act, for ever; a UUID is best.",
    ),
]
Month = Annotated[str, Path(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="yyyy-mm.")]


def _cashier(request: Request) -> Cashier:
    cashier: Cashier = request.app.state.cashier
    return cashier


CashierHere = Annotated[Cashier, Depends(_cashier)]


class EntryQuery(PageQuery):
    """Which of the two lists."""

    kind: Side = Side.EARNED


@routes.get("/wallet")
def get_wallet(work: WorkHere, actor: ActorHere, cashier: CashierHere) -> WalletOut:
    """Return your wallet."""
    return wallet_out(service.wallet(work, cashier, actor))


@routes.get("/wallet/entries")
def list_entries(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[EntryQuery, Query()]
) -> EntryPage:
    """List what you earned (创值记录), or what you exchanged and withdrew (兑换记录), the newest first."""
    kind = f"wallet-{asked.kind}"
    before = cursors.read(kind, asked.cursor)
    rows, place = (_earned if asked.kind is Side.EARNED else _exchanged)(work, actor, asked.limit, before)
    return EntryPage(items=[entry_out(one) for one in rows], next=None if place is None else cursors.write(kind, place))


def _earned(work: Work, actor: Actor, limit: int, before: list[int] | None) -> tuple[list[Entry], object]:
    place = None if before is None else (before[0], before[1])
    found = service.earned(work, actor, limit=limit + 1, before=place)
    more = list(found[limit - 1][1]) if len(found) > limit else None
    return [entry for entry, _ in found[:limit]], more


def _exchanged(work: Work, actor: Actor, limit: int, before: str | None) -> tuple[list[Entry], object]:
    found = service.exchanged(work, actor, limit=limit + 1, before=None if before is None else UUID(before))
    return found[:limit], str(found[limit - 1].of) if len(found) > limit else None


@routes.post("/wallet/exchanges", status_code=201)
def exchange_points(work: WorkHere, actor: ActorHere, key: Key, asked: ExchangeIn) -> ExchangeOut:
    """Turn points into cash at today's rate."""
    return exchange_out(exchanges.exchange(work, actor, asked.points, key))


@routes.post("/wallet/withdrawals", status_code=201)
def withdraw(work: WorkHere, actor: ActorHere, cashier: CashierHere, key: Key, asked: WithdrawalIn) -> WithdrawalOut:
    """Withdraw to your WeChat; asks for a second factor that was given lately. You confirm it there within a day."""
    return _out(cashier, payouts.withdraw(work, cashier, actor, fen_of(asked.amount), key))


@routes.get("/wallet/withdrawals")
def list_withdrawals(
    work: WorkHere, actor: ActorHere, cashier: CashierHere, cursors: CursorsHere, page: Paged
) -> WithdrawalPage:
    """List your withdrawals."""
    before = cursors.read("withdrawals", page.cursor)
    found = payouts.bills_of(work, actor, limit=page.limit + 1, before=None if before is None else UUID(before))
    rows = found[: page.limit]
    more = cursors.write("withdrawals", str(rows[-1].id)) if len(found) > page.limit else None
    return WithdrawalPage(items=[_out(cashier, one) for one in rows], next=more)


@routes.get("/wallet/withdrawals/{withdrawal_id}")
def get_withdrawal(work: WorkHere, actor: ActorHere, cashier: CashierHere, withdrawal_id: UUID) -> WithdrawalFileOut:
    """Return one of your withdrawals with everything that happened to it."""
    bill, events = payouts.bill_of(work, actor, withdrawal_id)
    return WithdrawalFileOut(**_out(cashier, bill).model_dump(), events=[event_out(one) for one in events])


@routes.post("/wallet/withdrawals/{withdrawal_id}/cancel")
def cancel_withdrawal(work: WorkHere, actor: ActorHere, cashier: CashierHere, withdrawal_id: UUID) -> WithdrawalOut:
    """Want a withdrawal back; what was sent already comes back when WeChat says so."""
    return _out(cashier, payouts.cancel(work, actor, withdrawal_id))


@routes.get(
    "/wallet/statements/{month}",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    response_model=StatementOut,
)
def get_statement(request: Request, work: WorkHere, actor: ActorHere, month: Month) -> StatementOut | Response:
    """Return your month, as JSON or, where ``Accept`` says ``text/csv``, as a table; opening and lines add up."""
    found = statements.statement(work, actor, month)
    if "text/csv" in request.headers.get("accept", ""):
        headers = {"Content-Disposition": f"attachment; filename=wallet-{month}.csv"}
        return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)
    return statement_out(found)


@routes.put("/wallet/payee")
def set_payee(work: WorkHere, actor: ActorHere, cashier: CashierHere, asked: PayeeIn) -> PayeeOut:
    """Say where your money goes; asks for a second factor that was given lately, and nothing is paid there for a day.

    The day is for you: whoever changed it with a session of yours cannot empty your wallet before you see it.
    """
    made = payees.set_payee(work, cashier, actor, asked.openid, asked.name, id_number=asked.id_number)
    return payee_out(made)


def _out(cashier: Cashier, bill: Bill) -> WithdrawalOut:
    page = {} if cashier.port is None else cashier.port.page
    return withdrawal_out(bill, page, can_cancel=can_cancel(bill))
