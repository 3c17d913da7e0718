"""What payouts stand on, chosen once by ``main``: who pays, and how payees are sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.wallet import OffWhy, PayoutsOff
from pipewarden.market.rules.payouts_file import in_force
from pipewarden.market.store import payees as store
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.vault import Sealer
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import PayoutPolicy
    from pipewarden.market.facts.wallet import TaxRule
    from pipewarden.market.ports import Payouts
    from pipewarden.people.facts import Actor

SWITCH = (
    "payout:wechat"  # off: nothing is withdrawn and no bill is made; those that were sent are followed to their end
)
_NO_PROVIDER = "are not set up in this house: there is no contract with a provider"


@dataclass(frozen=True, slots=True)
class Cashier:
    """Pays out.

    Attributes:
        port: who pays; None where the house has no contract, and then payouts are off.
        sealer: keeps openids and names.
    """

    port: Payouts | None
    sealer: Sealer = field(repr=False)

    def why_off(self, work: Work) -> PayoutsOff | None:
        """Return why nothing is paid out for the tenant worked for; None while it is."""
        if self.port is None:
            return PayoutsOff(OffWhy.NO_PROVIDER)
        switch = people.Switchboard(work).off(SWITCH)
        return None if switch is None else PayoutsOff(OffWhy.SWITCHED, switch.reason)

    def check_open(self, work: Work) -> None:
        """Refuse a withdrawal while payouts are off.

        Raises:
            RefusedError: they are, and why.
        """
        off = self.why_off(work)
        if off is not None:
            problem = _NO_PROVIDER if off.why is OffWhy.NO_PROVIDER else f"are switched off: {off.reason}"
            fix = "Nothing is lost: your money stays in your wallet. Ask your administrator."
            raise RefusedError(field="payouts", problem=problem, fix=fix)


def policy_at(now: datetime) -> PayoutPolicy:
    """Return the payout policy in force.

    Raises:
        RefusedError: there was none yet.
    """
    found = in_force(store.payout_policies(), now)
    if found is None:
        raise RefusedError(field="policy/payouts", problem="has no edition for this day", fix="Add one.")
    return found


def tax_rule_at(now: datetime) -> TaxRule:
    """Return the tax rule in force.

    Raises:
        RefusedError: there was none yet.
    """
    found = in_force(store.tax_rules(), now)
    if found is None:
        raise RefusedError(field="policy/tax", problem="has no edition for this day", fix="Add one.")
    return found


def check_person(actor: Actor, permission: str) -> None:
    """Refuse whoever has no wallet: devices, the command line, roles without it.

    Raises:
        ForbiddenError: they may not, or the act waits for a second factor.
    """
    people.require(actor, permission)
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="A wallet is a person's: sign in as one.")
