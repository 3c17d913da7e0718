"""What would be withheld of a withdrawal and what would arrive, said before anybody asks for it; nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.market.facts.payouts import UNITS_PER_FEN
from pipewarden.market.service.payouts import USE, tax_on
from pipewarden.market.service.payouts_cashier import check_person

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


@dataclass(frozen=True, slots=True)
class Quote:
    """What a withdrawal of so much would be now; units of 0.0001 元.

    Attributes:
        gross: leaves the wallet.
        withheld: of it, as tax; whole 分.
        month: ``yyyy-mm`` in which it is taxed.
        rule: version of the tax rule.
    """

    gross: int
    withheld: int
    month: str
    rule: str

    @property
    def net(self) -> int:
        """What arrives."""
        return self.gross - self.withheld


def quote(work: Work, actor: Actor, fen: int) -> Quote:
    """Return what ``payouts.withdraw`` would withhold of so much now; another payment in between changes it.

    A test holds the two against each other: a person decides by what they read here.

    Raises:
        ForbiddenError: the role has no wallet.
        RefusedError: no tax rule holds today.
    """
    check_person(actor, USE)
    gross = fen * UNITS_PER_FEN
    tax = tax_on(work, actor.id, gross, id_number=False)
    return Quote(gross, tax.units, tax.month, tax.policy)
