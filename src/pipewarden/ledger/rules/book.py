"""The book as far as some orders need it, and what each order does to it: decided in memory, written by the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.ledger.facts import (
    Asset,
    ClosedError,
    End,
    FundsError,
    HoldState,
    KeyReusedError,
    Kind,
    OrderError,
    Posting,
    Transfer,
)
from pipewarden.ledger.rules.addresses import shown
from pipewarden.ledger.rules.chain import hash_of
from pipewarden.ledger.rules.orders import inputs_of, valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.ledger.facts import Order

_LARGEST = 2**63 - 1
_SETTLED = {Kind.POST: HoldState.POSTED, Kind.VOID: HoldState.VOID, Kind.EXPIRE: HoldState.EXPIRED}


@dataclass(slots=True)
class Account:
    """An account while orders are decided; ``was`` is what the database has."""

    address: str
    asset: Asset
    negative: bool
    posted: int
    held: int
    was: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Remember what it began with."""
        self.was = (self.posted, self.held)


@dataclass(slots=True)
class Target:
    """A transfer that an order settles or reverses, and what was done with it already."""

    transfer: Transfer
    settled: Kind | None = None
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """A new transfer with what is stored beside it.

    Attributes:
        details: as canonical JSON.
        after: the balance of source and destination after each line, empty where the line only holds.
    """

    transfer: Transfer
    details: str
    after: tuple[tuple[int, int], ...]


def sound(order: Order, tenant_id: UUID) -> tuple[str, bytes]:
    """Return the details and the hash of what an order says, when it is one that a book could take; no book needed.

    Raises:
        OrderError: it names its field.
    """
    details = valid(order)
    return details, inputs_of(order, details, tenant_id)


def state_of(target: Target, at: datetime) -> HoldState:
    """Return what became of a hold until a moment."""
    if target.settled is not None:
        return _SETTLED[target.settled]
    expires_at = target.transfer.expires_at
    return HoldState.EXPIRED if expires_at is not None and expires_at <= at else HoldState.PENDING


@dataclass(slots=True)
class Book:
    """What the orders of one batch may touch, under the lock of the chain.

    Attributes:
        end: the chain's.
        now: the present; a transfer is never older than the one before it.
        keys: the transfers whose keys the orders use again.
        targets: the transfers that they settle or reverse.
        booked: what was decided so far.
        touched: the accounts that it may have changed, by address.
        listed: how many of ``booked`` are among the targets.
        was: where the chain ended before that.
    """

    end: End
    now: datetime
    accounts: dict[str, Account]
    keys: dict[str, Transfer] = field(default_factory=dict)
    targets: dict[UUID, Target] = field(default_factory=dict)
    booked: list[Booked] = field(default_factory=list)
    touched: dict[str, Account] = field(default_factory=dict)
    listed: int = 0
    was: End = field(init=False)

    def __post_init__(self) -> None:
        """Remember where it begins."""
        self.was = self.end

    @property
    def at(self) -> datetime:
        """Return the moment of what is booked now."""
        return max(self.end.at, self.now)

    def take(
        self, order: Order, tenant_id: UUID, new_id: Callable[[], UUID], checked: tuple[str, bytes] | None = None
    ) -> Transfer:
        """Return the transfer of an order: a new one, or the first one of its key.

        Where:
            checked: what ``sound`` said of it, where somebody asked that before.

        Raises:
            LedgerError: the book refuses it, and stands as before.
        """
        details, inputs = sound(order, tenant_id) if checked is None else checked
        known = self.keys.get(order.key)
        if known is not None:
            if known.inputs != inputs:
                raise KeyReusedError.of(order.key)
            return known
        target = None if order.of is None else self._target(order, tenant_id)
        lines = order.postings if target is None else self._lines(order, target)
        after = self._moved(order.kind, lines, target)
        end = self.end
        made = Transfer(
            id=new_id(),
            seq=end.seq + 1,
            tenant_id=tenant_id,
            key=order.key,
            kind=order.kind,
            what=order.what,
            postings=lines,
            of=order.of,
            details=order.details,
            at=self.at,
            expires_at=order.expires_at,
            inputs=inputs,
            previous=end.hash,
            hash=b"",
        )
        object.__setattr__(made, "hash", hash_of(made, details))  # nobody has seen it yet; a copy costs as much again
        self._keep(Booked(made, details, after), target)
        return made

    def _keep(self, one: Booked, target: Target | None) -> None:
        made = one.transfer
        self.end = End(made.seq, made.hash, made.at)
        self.keys[made.key] = made
        self.booked.append(one)
        if target is None:
            return
        if made.kind is Kind.REVERSE:
            target.reversed = True
        else:
            target.settled = made.kind

    def _list(self) -> None:
        """Put what this batch booked among the targets: only when an order names one, for most name none."""
        for one in self.booked[self.listed :]:
            self.targets[one.transfer.id] = Target(one.transfer)
        self.listed = len(self.booked)

    def _target(self, order: Order, tenant_id: UUID) -> Target:
        self._list()
        target = self.targets.get(order.of) if order.of is not None else None
        if target is None or target.transfer.tenant_id != tenant_id:
            raise OrderError(field="of", problem="names no transfer", fix="Name a transfer of this tenant.")
        kind = target.transfer.kind
        if order.kind is Kind.REVERSE:
            if kind not in {Kind.POSTED, Kind.POST}:
                fix = "Void a hold; book a transfer anew instead of reversing its reversal."
                raise OrderError(field="of", problem=f"names a {kind} transfer", fix=fix)
            if target.reversed:
                raise ClosedError.of("was reversed already")
            return target
        if kind is not Kind.PENDING:
            raise OrderError(field="of", problem=f"names a {kind} transfer", fix="Name a pending one.")
        state = state_of(target, self.at)
        if order.kind is Kind.EXPIRE:
            if target.settled is not None:
                raise ClosedError.of(f"is {state} already")
            if state is HoldState.PENDING:
                raise OrderError(field="of", problem="has not expired", fix="Void it, or wait for its time.")
        elif state is not HoldState.PENDING:
            raise ClosedError.of(f"is {state} already")
        return target

    def _lines(self, order: Order, target: Target) -> tuple[Posting, ...]:
        """Return the lines that a settlement or a reversal books."""
        held = target.transfer.postings
        if order.kind is Kind.REVERSE:
            return tuple(Posting(one.destination, one.source, one.asset, one.amount) for one in reversed(held))
        if order.kind is not Kind.POST:
            return ()
        if not order.postings:
            return held
        most = {(one.source, one.destination, one.asset): one.amount for one in held}
        for one in order.postings:
            if one.amount > most.get((one.source, one.destination, one.asset), 0):
                fix = "Take the lines of the hold, with amounts that are no larger."
                raise OrderError(field="postings", problem="ask for more than is held", fix=fix)
        return order.postings

    def _moved(self, kind: Kind, lines: tuple[Posting, ...], target: Target | None) -> tuple[tuple[int, int], ...]:
        """Change the accounts and return the balances after each line; as before when it cannot be done."""
        released = target.transfer.postings if target is not None and kind is not Kind.REVERSE else ()
        accounts = [self._pair(one) for one in lines]
        if not released and len(lines) == 1:  # most of them: one line is booked or leaves all as it was
            only = _book(kind, lines[0], *accounts[0])
            self.touched.update((one.address, one) for one in accounts[0])
            return (only,)
        pairs = [*map(self._pair, released), *accounts]
        before = {one.address: (one, one.posted, one.held) for pair in pairs for one in pair}
        try:
            for line, (source, _) in zip(released, pairs, strict=False):  # they are the first of the pairs
                source.held -= line.amount
            after = tuple(_book(kind, one, *pair) for one, pair in zip(lines, accounts, strict=True))
        except BaseException:
            for account, posted, held in before.values():
                account.posted, account.held = posted, held
            raise
        self.touched.update((address, one[0]) for address, one in before.items())
        return after

    def _pair(self, line: Posting) -> tuple[Account, Account]:
        source, destination = self.accounts.get(line.source), self.accounts.get(line.destination)
        if source is None or destination is None:
            name = "source" if source is None else "destination"
            problem = f"{shown(line.source if source is None else line.destination)} is no account"
            raise OrderError(field=name, problem=problem, fix="Open it first, or correct the address.")
        for one in (source, destination):
            if one.asset is not line.asset:
                problem = f"{line.asset} is not what {shown(one.address)} holds, {one.asset} is"
                raise OrderError(field="asset", problem=problem, fix="Move one asset from and to accounts of it.")
        return source, destination

    def learn(self, targets: Iterable[Target], accounts: Mapping[str, Account]) -> None:
        """Take in what was read."""
        for target in targets:
            self.keys[target.transfer.key] = target.transfer
            self.targets[target.transfer.id] = target
        self.accounts.update(accounts)

    def knows(self, order: Order) -> bool:
        """Say whether an order can be decided without reading: its key apart, which the database keeps single."""
        accounts = self.accounts
        return order.of is None and all(
            one.source in accounts and one.destination in accounts for one in order.postings
        )

    def go_on(self) -> None:
        """Take what was booked as written, and forget the transfers of this batch."""
        for one in self.touched.values():
            one.was = (one.posted, one.held)
        self.keys, self.targets, self.booked, self.touched = {}, {}, [], {}
        self.listed, self.was = 0, self.end

    def changed(self) -> list[Account]:
        """Return the accounts that are not what the database has."""
        return [one for one in self.touched.values() if one.was != (one.posted, one.held)]


def _book(kind: Kind, line: Posting, source: Account, destination: Account) -> tuple[int, int]:
    """Hold or move one line; return both balances after it, or two zeros where it only holds."""
    available = source.posted - source.held
    if available < line.amount and not source.negative:
        raise FundsError(source.address, shown(source.address), line.asset, line.amount, available)
    if kind is Kind.PENDING:
        source.held = _fits(source.held + line.amount)
        return (0, 0)
    left, there = _fits(source.posted - line.amount), _fits(destination.posted + line.amount)
    source.posted, destination.posted = left, there
    return (left, there)


def _fits(units: int) -> int:
    if -_LARGEST <= units <= _LARGEST:
        return units
    raise OrderError(field="amount", problem="would not fit 64 bits", fix="Look for a loop: no book gets there.")
