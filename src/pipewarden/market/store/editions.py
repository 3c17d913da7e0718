"""The shipped pay rules, read once, and a tenant's own editions as rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.pay import OwnEdition
from pipewarden.market.rules.pay_file import read_pay
from pipewarden.market.store.tables import EditionRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.pay import PayEdition

_FILE = Path(__file__).resolve().parents[2] / "policy" / "pay" / "CN.yaml"


@cache
def shipped_pay() -> tuple[PayEdition, ...]:
    """Return the editions of policy/pay/CN.yaml; InputError names the key that is wrong."""
    return read_pay(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)


def shipped_text() -> str:
    """Return the shipped file as it is, for whoever writes an edition of their own."""
    return _FILE.read_text(encoding="utf-8")


def own(work: Work) -> list[OwnEdition]:
    """Return the tenant's own editions, the one that begins first first; read once a transaction."""
    known: list[OwnEdition] | None = work.session.info.get(_key(work))
    if known is None:
        asked = select(EditionRow).where(EditionRow.tenant_id == work.tenant_id).order_by(EditionRow.since)
        known = work.session.info[_key(work)] = [
            OwnEdition(row.id, row.tenant_id, row.version, row.since, row.text, row.why, row.made_by, row.made_at)
            for row in work.session.scalars(asked)
        ]
    return known


def _key(work: Work) -> str:
    return f"market.pay/{work.tenant_id}"


def add(work: Work, made: OwnEdition) -> bool:
    """Write an edition; return whether its version and its beginning were free."""
    values = {name: getattr(made, name) for name in OwnEdition.__slots__}
    work.session.info.pop(_key(work), None)
    done = insert(EditionRow).values(**values).on_conflict_do_nothing().returning(EditionRow.id)
    return work.session.scalar(done) is not None
