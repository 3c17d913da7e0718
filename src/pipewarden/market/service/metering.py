"""Metering: a call is admitted while its price fits the budget, charged once when it was delivered, booked in batches.

The row of a call is unique, the check of the budget and the row are one transaction, and a retry finds its row: so the
sum of what was charged is the sum of what was delivered, and never more than the budget (safety.md T9, T10).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.market.facts.metering import Demand, DemandState, Meter, MeterState
from pipewarden.market.rules import addresses, foundry, metering
from pipewarden.market.rules.metering import ExhaustedError, WantedError
from pipewarden.market.service.foundry_terms import terms_of
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.store import budgets
from pipewarden.market.store import metering as store
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.finance import Budget
    from pipewarden.market.facts.foundry import Terms
    from pipewarden.market.facts.pay import PayEdition

Answered = Meter | RefusedError
_Said = TypeVar("_Said", bound=Answered)
_MOST = 10_000
_LONGEST = 200
_RELEASED = 1000


@dataclass(slots=True)
class _Till:
    """One demand in hand, its budget locked: what is left of it, and what this transaction takes of it."""

    demand: Demand
    budget: Budget
    left: int
    edition: PayEdition
    terms: Terms | None = None
    version_id: UUID | None = None
    price: int = 0
    committed: int = 0
    taken: int = 0
    exhausted: bool = False
    charged: list[UUID] = field(default_factory=list)
    released: list[UUID] = field(default_factory=list)

    def refusal(self) -> RefusedError | None:
        """Return why one more call does not fit; None where it does."""
        if self.demand.taken + self.taken >= self.demand.wanted:
            return WantedError.of()
        if not metering.fits(self.left, self.budget.committed + self.committed, self.price):
            self.exhausted = True
            return ExhaustedError.of()
        return None

    def move(self, units: int) -> None:
        """Take a call's price, or give it back (negative)."""
        self.committed += units
        self.taken += 1 if units > 0 else -1


def admit(work: Work, demand_id: UUID, request_ids: Sequence[str], *, version_id: UUID | None = None) -> list[Answered]:
    """Keep the price of each call free in the demand's budget, in order, before it is made.

    A call that is there already is answered as it stands: one that was delivered is not to be made again. What does not
    fit is refused in its place, and the demand takes no more; nothing is raised, so that the rest is kept.

    Args:
        work: of the tenant whose demand it is.
        demand_id: which.
        request_ids: of the calls, 10,000 at most; the same id twice is one call.
        version_id: of a capability built in the foundry, the version that answers: its reviewers are paid, too.

    Raises:
        NotFoundError: there is no such demand here.
        InputError: there are too many ids, or one is none.
        RefusedError: the demand is closed, or nothing was priced yet.
    """
    return _take(work, demand_id, request_ids, MeterState.ADMITTED, version_id)


def meter(work: Work, demand_id: UUID, request_ids: Sequence[str], *, version_id: UUID | None = None) -> list[Answered]:
    """Charge calls that were delivered already, in order; as ``admit`` and ``delivered`` at once.

    Raises:
        NotFoundError, InputError, RefusedError: as for ``admit``.
    """
    return _take(work, demand_id, request_ids, MeterState.CHARGED, version_id)


def delivered(work: Work, demand_id: UUID, request_ids: Sequence[str]) -> list[Answered]:
    """Charge admitted calls whose results were delivered; a second word of the same changes nothing.

    One whose time was over and whose money was given back is admitted anew, and refused where it does not fit.

    Raises:
        NotFoundError: there is no such demand, or a call was never admitted for it.
        InputError: there are too many ids, or one is none.
    """
    return _end(work, demand_id, request_ids, partial(_charge, work))


def failed(work: Work, demand_id: UUID, request_ids: Sequence[str]) -> list[Meter]:
    """Give back the price of admitted calls that failed; one that was delivered stays charged.

    Raises:
        NotFoundError: there is no such demand, or a call was never admitted for it.
        InputError: there are too many ids, or one is none.
    """
    return _end(work, demand_id, request_ids, _give_back)


def release_late(work: Work, demand_id: UUID) -> int:
    """Give back the price of admitted calls that nobody answered in time: their worker died; return how many."""
    till, _ = _open(work, demand_id, ())
    late = store.late(work, demand_id, limit=_RELEASED)
    for one in late:
        _give_back(till, one)
    _close(work, till)
    return len(late)


def _open(work: Work, demand_id: UUID, request_ids: Sequence[str]) -> tuple[_Till, list[str]]:
    """Return the demand with its budget locked, and the ids once each: one transaction at a time spends a budget."""
    ids = list(dict.fromkeys(request_ids))
    if len(ids) > _MOST:
        raise InputError(field="requests", problem=f"are more than {_MOST}", fix="Send them in parts.")
    if any(not 0 < len(one) <= _LONGEST or not one.isprintable() for one in ids):
        raise InputError(field="requests", problem="hold one that is no id", fix=f"Give 1 to {_LONGEST} characters.")
    demand = store.demand(work, demand_id)
    budget = None if demand is None else budgets.held(work, demand.budget_id)
    demand = store.demand(work, demand_id)  # as it stands now that the budget is ours
    if demand is None or budget is None:
        raise NotFoundError.of("demand")
    address = addresses.budget(budget.id, budget.asset)
    left = ledger.balances(work, [address])[address].available
    return _Till(demand, budget, left, edition_at(work, work.now())), ids


def _close(work: Work, till: _Till) -> None:
    store.settle(work, till.charged, MeterState.CHARGED)
    store.settle(work, till.released, MeterState.RELEASED)
    budgets.move(work, till.budget.id, committed=till.committed)
    state = DemandState.EXHAUSTED if till.exhausted else None
    store.change_demand(work, till.demand.id, taken=till.taken, state=state)


def _take(
    work: Work, demand_id: UUID, request_ids: Sequence[str], state: MeterState, version_id: UUID | None
) -> list[Answered]:
    till, ids = _open(work, demand_id, request_ids)
    till.version_id, till.terms = version_id, terms_of(work, till.demand.capability_id, version_id)
    if till.demand.state is DemandState.CLOSED:
        raise RefusedError(field="demand", problem="is closed", fix="Open another one.")
    till.price = metering.price_at(store.prices(work, till.demand.capability_id), work.now())
    there = store.known(work, till.demand.capability_id, ids)
    answers: dict[str, Answered] = {}
    fresh: list[Meter] = []
    for one in ids:
        before = there.get(one)
        if before is None:
            against = till.refusal()
            if against is None:
                fresh.append(_make(work, till, one, state))
            answers[one] = fresh[-1] if against is None else against
        elif before.demand_id != demand_id:
            raise InputError(field="requests", problem="hold one of another demand", fix="Give each call its own id.")
        elif state is MeterState.CHARGED:
            answers[one] = _charge(work, till, before)
        else:
            answers[one] = _again(work, till, before) if metering.again(before, work.now()) else before
    store.add(work, fresh)
    _close(work, till)
    return [answers[one] for one in request_ids]


def _end(work: Work, demand_id: UUID, request_ids: Sequence[str], what: Callable[[_Till, Meter], _Said]) -> list[_Said]:
    """Do to each admitted call of a demand what became of it; one of another demand is none of this one's money."""
    till, ids = _open(work, demand_id, request_ids)
    there = store.known(work, till.demand.capability_id, ids)
    if any(one not in there or there[one].demand_id != demand_id for one in ids):
        raise NotFoundError.of("call")
    answers = {one: what(till, there[one]) for one in ids}
    _close(work, till)
    return [answers[one] for one in request_ids]


def _make(work: Work, till: _Till, request_id: str, state: MeterState) -> Meter:
    now = work.now()
    parts = metering.split(till.price, till.edition.house_share)
    if till.terms is not None:
        parts = foundry.shared(till.price, till.terms.contract, till.terms.reviewers)
    till.move(till.price)
    return Meter(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        demand_id=till.demand.id,
        capability_id=till.demand.capability_id,
        request_id=request_id,
        units=till.price,
        expert=parts.expert,
        house=parts.house,
        state=state,
        admitted_at=now,
        until=now + till.edition.admitted,
        charged_at=now if state is MeterState.CHARGED else None,
        review=parts.review,
        version_id=till.version_id,
    )


def _again(work: Work, till: _Till, before: Meter) -> Answered:
    """Admit a call anew that failed or was late, at the price of now."""
    if before.state is MeterState.ADMITTED:
        till.move(-before.units)
    against = till.refusal()
    if against is not None:
        if before.state is MeterState.ADMITTED:
            till.move(before.units)  # its money stays as it was: it may be delivered yet
        return against
    made = _make(work, till, before.request_id, MeterState.ADMITTED)
    made = replace(made, id=before.id, tries=before.tries + 1)
    store.change(work, made)
    return made


def _charge(work: Work, till: _Till, before: Meter) -> Answered:
    if before.state is MeterState.CHARGED:
        return before
    if before.state is MeterState.RELEASED:
        till.price = till.price or metering.price_at(store.prices(work, till.demand.capability_id), work.now())
        till.version_id = before.version_id
        till.terms = terms_of(work, before.capability_id, before.version_id)
        made = _again(work, till, before)
        if not isinstance(made, Meter):
            return made
        before = made
    till.charged.append(before.id)
    return replace(before, state=MeterState.CHARGED, charged_at=work.now())


def _give_back(till: _Till, before: Meter) -> Meter:
    if before.state is not MeterState.ADMITTED:
        return before
    till.move(-before.units)
    till.released.append(before.id)
    return replace(before, state=MeterState.RELEASED)


def refused(answers: Sequence[Answered]) -> Iterator[RefusedError]:
    """Yield the refusals among answers."""
    return (one for one in answers if isinstance(one, RefusedError))
