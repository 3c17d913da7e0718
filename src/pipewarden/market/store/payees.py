"""Every query on payees, exchanges and comparisons, and the shipped rules they go by."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.payouts import Payee
from pipewarden.market.facts.wallet import Difference, Exchange, Reconciliation
from pipewarden.market.rules.payouts_file import read_payouts, read_rates, read_tax
from pipewarden.market.store.payout_tables import ExchangeRow, PayeeRow, ReconciliationRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import PayoutPolicy
    from pipewarden.market.facts.wallet import Rate, TaxRule


def _said(name: str) -> object:
    return yaml.safe_load(resources.files("pipewarden").joinpath("policy", name).read_text(encoding="utf-8"))


@cache
def payout_policies() -> list[tuple[datetime, PayoutPolicy]]:
    """Return the editions of policy/payouts/CN.yaml."""
    return read_payouts(_said("payouts/CN.yaml"), "payouts/CN.yaml")


@cache
def rates() -> list[tuple[datetime, Rate]]:
    """Return the editions of policy/exchange/CN.yaml."""
    return read_rates(_said("exchange/CN.yaml"), "exchange/CN.yaml")


@cache
def tax_rules() -> list[tuple[datetime, TaxRule]]:
    """Return the editions of policy/tax/CN.yaml."""
    return read_tax(_said("tax/CN.yaml"), "tax/CN.yaml")


def add_payee(work: Work, payee: Payee) -> None:
    """Write where a person's money goes from now on."""
    values = {one.name: getattr(payee, one.name) for one in fields(Payee)}
    work.session.execute(insert(PayeeRow).values(**values))


def payee_of(work: Work, person_id: UUID) -> Payee | None:
    """Return where a person's money goes."""
    asked = select(PayeeRow).where(PayeeRow.person_id == person_id).order_by(PayeeRow.id.desc()).limit(1)
    row = work.session.scalar(asked)
    return None if row is None else _payee(row)


def payees_of(work: Work, person_id: UUID, limit: int) -> list[Payee]:
    """Return every payee that a person named, the newest first."""
    asked = select(PayeeRow).where(PayeeRow.person_id == person_id).order_by(PayeeRow.id.desc()).limit(limit)
    return [_payee(row) for row in work.session.scalars(asked)]


def accounts_of(work: Work, person_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Return by person a hash of every account that their money was ever to go to; who named none is not in it."""
    asked = select(PayeeRow.person_id, PayeeRow.openid_sha256).where(PayeeRow.person_id.in_(set(person_ids)))
    found: dict[UUID, set[str]] = {}
    for who, hashed in work.session.execute(asked) if person_ids else ():
        if hashed:
            found.setdefault(who, set()).add(hashed.hex())
    return {who: frozenset(accounts) for who, accounts in found.items()}


def payee(work: Work, payee_id: UUID) -> Payee | None:
    """Return the payee that a bill was made with."""
    row = work.session.get(PayeeRow, payee_id)
    return None if row is None else _payee(row)


def _payee(row: PayeeRow) -> Payee:
    return Payee(**{one.name: getattr(row, one.name) for one in fields(Payee)})


def add_exchange(work: Work, made: Exchange) -> None:
    """Write an exchange."""
    values = {one.name: getattr(made, one.name) for one in fields(Exchange)}
    work.session.execute(insert(ExchangeRow).values(**values))


def exchange_by_key(work: Work, person_id: UUID, key: str) -> Exchange | None:
    """Return the exchange that a person's key made before."""
    row = work.session.scalar(select(ExchangeRow).where(ExchangeRow.person_id == person_id, ExchangeRow.key == key))
    return None if row is None else _exchange(row)


def exchanges(work: Work, person_id: UUID, limit: int, before: UUID | None = None) -> list[Exchange]:
    """Return a person's exchanges, the newest first."""
    older = () if before is None else (ExchangeRow.id < before,)
    asked = select(ExchangeRow).where(ExchangeRow.person_id == person_id, *older)
    return [_exchange(row) for row in work.session.scalars(asked.order_by(ExchangeRow.id.desc()).limit(limit))]


def exchanged_since(work: Work, person_id: UUID, since: datetime) -> int:
    """Return the points that a person exchanged since a moment."""
    asked = select(func.coalesce(func.sum(ExchangeRow.points), 0)).where(
        ExchangeRow.person_id == person_id, ExchangeRow.at >= since
    )
    return int(work.session.scalar(asked) or 0)


def _exchange(row: ExchangeRow) -> Exchange:
    return Exchange(**{one.name: getattr(row, one.name) for one in fields(Exchange)})


def add_reconciliation(work: Work, made: Reconciliation) -> None:
    """Write how a comparison came out."""
    values = {one.name: getattr(made, one.name) for one in fields(Reconciliation)}
    values["differences"] = [dict(one.as_json()) for one in made.differences]
    work.session.execute(insert(ReconciliationRow).values(**values))


def reconciliations(work: Work, tenant_id: UUID, limit: int, before: UUID | None = None) -> list[Reconciliation]:
    """Return a tenant's comparisons, the newest first."""
    older = () if before is None else (ReconciliationRow.id < before,)
    asked = select(ReconciliationRow).where(ReconciliationRow.tenant_id == tenant_id, *older)
    rows = work.session.scalars(asked.order_by(ReconciliationRow.id.desc()).limit(limit))
    return [_reconciliation(row) for row in rows]


def _reconciliation(row: ReconciliationRow) -> Reconciliation:
    plain = {one.name: getattr(row, one.name) for one in fields(Reconciliation) if one.name != "differences"}
    found = tuple(Difference(**dict(one)) for one in row.differences if isinstance(one, dict))
    return Reconciliation(**plain, differences=found)
