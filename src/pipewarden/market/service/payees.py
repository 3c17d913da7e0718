"""Where a person's money goes: sealed, shown masked, and usable only after a wait."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pipewarden.market.facts.payouts import PAYEE_CHANGED, Payee
from pipewarden.market.rules import payees as rules
from pipewarden.market.service.payouts_cashier import check_person, policy_at
from pipewarden.market.store import payees as store
from pipewarden.market.store import payouts
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.service.payouts_cashier import Cashier
    from pipewarden.people.facts import Actor

PERMISSION = "wallet:withdraw"


def set_payee(work: Work, cashier: Cashier, actor: Actor, openid: str, name: str, *, id_number: bool) -> Payee:
    """Say where one's money goes from now on, after a wait; the very same payee again changes nothing.

    Args:
        work: of the person's tenant.
        cashier: seals it.
        actor: a person who gave the second factor lately.
        openid: of WeChat, as it was given to the house's app.
        name: as on the identity card.
        id_number: whether the person's identity number is on file with whoever declares the tax.

    Raises:
        ForbiddenError: the second factor was not given lately, or the role has no wallet.
        InputError: which of the two cannot be.
    """
    check_person(actor, PERMISSION)
    rules.check(openid, name)
    payouts.lock(work, f"wallet:{actor.id}")
    now = work.now()
    before = store.payee_of(work, actor.id)
    if before is not None and (*opened(cashier, before), before.id_number) == (openid, name, id_number):
        return before
    payee_id = work.ids.new()
    made = Payee(
        id=payee_id,
        tenant_id=work.tenant_id,
        person_id=actor.id,
        sealed=cashier.sealer.seal(json.dumps([openid, name], ensure_ascii=False), _purpose(payee_id)),
        openid_sha256=hashlib.sha256(openid.encode()).digest(),
        masked=rules.masked_openid(openid),
        masked_name=rules.masked_name(name),
        id_number=id_number,
        at=now,
        usable_at=rules.usable_at(policy_at(now), now),
    )
    store.add_payee(work, made)
    work.emit(PAYEE_CHANGED, payee_id, partition=str(work.tenant_id))
    people.record(work, actor, "payee.changed", ("payee", payee_id), {"masked": made.masked, "first": before is None})
    return made


def opened(cashier: Cashier, payee: Payee) -> tuple[str, str]:
    """Return openid and name of a payee, for the provider alone.

    Raises:
        UnavailableError: it was sealed under another secret of the service.
    """
    openid, name = json.loads(cashier.sealer.open(payee.sealed, _purpose(payee.id)))
    return str(openid), str(name)


def _purpose(payee_id: UUID) -> str:
    return f"payee:{payee_id}"
