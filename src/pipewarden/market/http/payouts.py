"""Payouts over HTTP: where WeChat tells how a bill ended, and where finance compares its statement with our bills."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import CursorsHere, Paged, PageQuery, WorkHere, actor_of, router
from pipewarden.market.facts.payouts import BillState, fen_text
from pipewarden.market.http.wallet import CashierHere  # noqa: TC001  FastAPI reads it at run time
from pipewarden.market.http.wallet_shapes import MoneyOut, money
from pipewarden.market.ports import ForgedError
from pipewarden.market.service import payouts_minding as service
from pipewarden.market.service import payouts_sending
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.market.facts.wallet import Difference, Reconciliation

_open = router(tags=["wallet"], anonymous=True)
_finance = router(tags=["finance"])
routes = APIRouter()
ActorHere = Annotated[Actor, Depends(actor_of)]


class NoticeOut(BaseModel):
    """What WeChat wants to hear: that it need not say it again."""

    code: Literal["SUCCESS", "FAIL"]
    message: str


class PayoutOut(BaseModel):
    """One payout, as finance sees it: nobody's name and no account."""

    id: UUID
    number: str
    provider_no: str
    state: BillState
    odd: Annotated[str, Field(description="Why no answer is believed until somebody has looked; empty else.")]
    problem: str
    gross: MoneyOut
    net: str
    withheld: MoneyOut
    tax_month: str
    tries: int
    at: datetime
    asked_at: datetime | None
    next_at: datetime | None
    over_at: datetime | None


class PayoutPage(BaseModel):
    """A page of payouts, the newest first."""

    items: list[PayoutOut]
    next: str | None


class PayoutQuery(PageQuery):
    """Which payouts."""

    state: BillState | None = None
    odd: Annotated[bool, Field(description="Only those that a person must look at.")] = False


class DifferenceOut(BaseModel):
    """Where our bills and the statement do not agree; nothing was corrected."""

    kind: Literal["ours_only", "theirs_only", "amount_differs", "state_differs"]
    number: str
    ours: str | None
    theirs: str | None
    state: Annotated[str, Field(description="Ours; empty where we have no such bill.")]
    line: Annotated[int, Field(description="Of the file; 0 where it has none.")]


class ReconciliationOut(BaseModel):
    """One comparison with WeChat's statement."""

    id: UUID
    name: str
    sha256: str
    since: datetime
    until: datetime
    rows: Annotated[int, Field(description="Numbers of the file that are about payouts.")]
    other: Annotated[int, Field(description="Numbers that are about anything else.")]
    matched: int
    elsewhere: Annotated[int, Field(description="Bills that you do not see: counted, never shown.")]
    differences: Annotated[list[DifferenceOut], Field(description="1,000 at most.")]
    by: UUID
    at: datetime


class ReconciliationPage(BaseModel):
    """A page of comparisons, the newest first."""

    items: list[ReconciliationOut]
    next: str | None


async def _body(request: Request) -> bytes:
    return await request.body()


@_open.post(
    "/payouts/wechat/notify",
    responses={401: {"model": NoticeOut, "description": "It is not WeChat's own, or old."}},
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    response_model=NoticeOut,
)
def hear_wechat(
    request: Request, work: WorkHere, cashier: CashierHere, body: Annotated[bytes, Depends(_body)]
) -> Response:
    """Take WeChat's word of how a bill ended; signed, sealed and not older than five minutes, or refused."""
    try:
        payouts_sending.notified(work, cashier, dict(request.headers), body)
    except ForgedError as error:
        return JSONResponse({"code": "FAIL", "message": f"the notification {error.why}"}, status_code=401)
    return JSONResponse({"code": "SUCCESS", "message": ""})


@_finance.get("/finance/payouts")
def list_payouts(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[PayoutQuery, Query()]
) -> PayoutPage:
    """List payouts within your reach."""
    before = cursors.read("payouts", asked.cursor)
    found = service.bills(
        work,
        actor,
        states=[] if asked.state is None else [asked.state],
        odd=asked.odd,
        limit=asked.limit + 1,
        before=None if before is None else UUID(before),
    )
    rows = found[: asked.limit]
    more = cursors.write("payouts", str(rows[-1].id)) if len(found) > asked.limit else None
    return PayoutPage(items=[_payout(one) for one in rows], next=more)


@_finance.post("/finance/reconciliations", status_code=201)
def reconcile(
    work: WorkHere,
    actor: ActorHere,
    file: Annotated[UploadFile, Field(description="WeChat's 资金账单 (CSV) as it came, at most 20 MB.")],
) -> ReconciliationOut:
    """Compare WeChat's statement with our bills and list where they differ; nothing is corrected by it."""
    return _reconciliation(service.reconcile(work, actor, file.filename or "", file.file.read()))


@_finance.get("/finance/reconciliations")
def list_reconciliations(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ReconciliationPage:
    """List the comparisons that were made, the newest first."""
    before = cursors.read("reconciliations", page.cursor)
    found = service.reconciliations(work, actor, limit=page.limit + 1, before=None if before is None else UUID(before))
    rows = found[: page.limit]
    more = cursors.write("reconciliations", str(rows[-1].id)) if len(found) > page.limit else None
    return ReconciliationPage(items=[_reconciliation(one) for one in rows], next=more)


def _payout(one: Bill) -> PayoutOut:
    return PayoutOut(
        id=one.id,
        number=one.number,
        provider_no=one.provider_no,
        state=one.state,
        odd=one.odd,
        problem=one.problem,
        gross=money(one.gross),
        net=fen_text(one.fen),
        withheld=money(one.tax.units),
        tax_month=one.tax.month,
        tries=one.tries,
        at=one.made_at,
        asked_at=one.asked_at,
        next_at=one.next_at,
        over_at=one.over_at,
    )


def _difference(one: Difference) -> DifferenceOut:
    return DifferenceOut.model_validate(
        {
            "kind": one.kind,
            "number": one.number,
            "ours": None if one.ours_fen is None else fen_text(one.ours_fen),
            "theirs": None if one.theirs_fen is None else fen_text(one.theirs_fen),
            "state": one.state,
            "line": one.line,
        }
    )


def _reconciliation(one: Reconciliation) -> ReconciliationOut:
    return ReconciliationOut(
        id=one.id,
        name=one.name,
        sha256=one.sha256.hex(),
        since=one.since,
        until=one.until,
        rows=one.rows,
        other=one.other,
        matched=one.matched,
        elsewhere=one.elsewhere,
        differences=[_difference(each) for each in one.differences],
        by=one.by,
        at=one.at,
    )


routes.include_router(_open)
routes.include_router(_finance)
