"""What a withdrawal would bring, over HTTP: the page shows it before the tap."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, WorkHere, actor_of, router
from pipewarden.market.http.wallet_shapes import MoneyOut, money
from pipewarden.market.rules.wallet import fen_of
from pipewarden.market.service import quotes as service
from pipewarden.people.facts import Actor

routes = router(tags=["wallet"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class QuoteQuery(Asked):
    """How much would leave the wallet."""

    amount: Annotated[str, Field(max_length=20, description="元, at most two decimals.", examples=["12.50"]), Clean]


class QuoteOut(BaseModel):
    """What a withdrawal would be now."""

    gross: MoneyOut
    withheld: Annotated[MoneyOut, Field(description="Income tax.")]
    net: Annotated[MoneyOut, Field(description="What arrives.")]
    tax_month: str
    rule: Annotated[str, Field(description="Version of the tax rule.")]


@routes.get("/wallet/quote")
def get_quote(work: WorkHere, actor: ActorHere, asked: Annotated[QuoteQuery, Query()]) -> QuoteOut:
    """Say what would be withheld of a withdrawal and what would arrive; nothing is reserved by asking."""
    found = service.quote(work, actor, fen_of(asked.amount))
    return QuoteOut(
        gross=money(found.gross),
        withheld=money(found.withheld),
        net=money(found.net),
        tax_month=found.month,
        rule=found.rule,
    )
