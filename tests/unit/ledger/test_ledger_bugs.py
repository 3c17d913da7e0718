"""Bugs that we put into the book on purpose: the machine or the book's own check must find every one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from book_machine import drive, on
from sqlalchemy.exc import IntegrityError

from pipewarden.ledger.facts import Kind
from pipewarden.ledger.rules import book, chain, orders
from pipewarden.ledger.store import book as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from pipewarden.ledger.facts import Order, Posting, Transfer
    from pipewarden.ledger.rules.book import Account, Book, Target

    Patch = pytest.MonkeyPatch

Bug = "Callable[[Patch], None]"


def what_is_held_may_be_spent(patch: Patch) -> None:
    real = book._book

    def bug(kind: Kind, line: Posting, source: Account, destination: Account) -> tuple[int, int]:
        held, source.held = source.held, 0
        try:
            return real(kind, line, source, destination)
        finally:
            source.held += held

    patch.setattr(book, "_book", bug)


def the_hash_leaves_the_amount_out(patch: Patch) -> None:
    real = chain.hash_of

    def bug(transfer: Transfer, details: str) -> bytes:
        return real(replace(transfer, postings=tuple(replace(one, amount=1) for one in transfer.postings)), details)

    patch.setattr(book, "hash_of", bug)
    patch.setattr(chain, "hash_of", bug)


def a_key_is_good_for_many(patch: Patch) -> None:
    real = store.open_book

    def bug(*args: Any) -> Book:
        found = real(*args)
        found.keys = {}
        return found

    patch.setattr(store, "open_book", bug)


def the_inputs_leave_the_lines_out(patch: Patch) -> None:
    real = orders.inputs_of
    patch.setattr(book, "inputs_of", lambda order, *rest: real(replace(order, postings=()), *rest))


def the_rest_of_a_part_stays_held(patch: Patch) -> None:
    real = book.Book._moved

    def bug(self: Book, kind: Kind, lines: tuple[Posting, ...], target: Target | None) -> tuple[tuple[int, int], ...]:
        if kind is Kind.POST and target is not None:
            target = replace(target, transfer=replace(target.transfer, postings=lines))
        return real(self, kind, lines, target)

    patch.setattr(book.Book, "_moved", bug)


def a_transfer_is_reversed_again(patch: Patch) -> None:
    real = book.Book._target

    def bug(self: Book, order: Order, *rest: Any) -> Target:
        if order.of in self.targets:
            self.targets[order.of].reversed = False
        return real(self, order, *rest)

    patch.setattr(book.Book, "_target", bug)


def a_hold_is_settled_again(patch: Patch) -> None:
    real = book.Book._target

    def bug(self: Book, order: Order, *rest: Any) -> Target:
        if order.of in self.targets:
            self.targets[order.of].settled = None
        return real(self, order, *rest)

    patch.setattr(book.Book, "_target", bug)


def an_expired_hold_is_posted(patch: Patch) -> None:
    real = book.state_of

    def bug(target: Target, at: Any) -> Any:
        return real(replace(target, transfer=replace(target.transfer, expires_at=None)), at)

    patch.setattr(book, "state_of", bug)


def _written(patch: Patch, change: Callable[[dict[str, list[dict[str, Any]]]], None]) -> None:
    """Change what is written to the database, behind the rules' back."""
    import json  # noqa: PLC0415  only here

    real = store.written

    def bug(*args: Any) -> tuple[dict[str, Any], int]:
        parameters, count = real(*args)
        names = ("transfers", "postings", "balances", "holds")
        rows = {name: json.loads(str(parameters.get(name, "[]"))) for name in names}
        change(rows)
        kept = {name: value for name, value in parameters.items() if name not in names}
        return kept | {name: json.dumps(found) for name, found in rows.items() if found}, count

    patch.setattr(store, "written", bug)


def a_balance_moves_without_its_line(patch: Patch) -> None:
    def change(rows: dict[str, list[dict[str, Any]]]) -> None:
        if len(rows["postings"]) > 5:
            del rows["postings"][-1]

    _written(patch, change)


def a_line_moves_without_its_balance(patch: Patch) -> None:
    def change(rows: dict[str, list[dict[str, Any]]]) -> None:
        if len(rows["balances"]) > 3:
            rows["balances"][-1] |= {"posted": 0, "held": 0}

    _written(patch, change)


def a_balance_after_is_the_one_before(patch: Patch) -> None:
    def change(rows: dict[str, list[dict[str, Any]]]) -> None:
        for one in rows["postings"]:
            if one["source_after"] is not None:
                one["source_after"] += one["amount"]

    _written(patch, change)


def a_row_names_another_amount(patch: Patch) -> None:
    def change(rows: dict[str, list[dict[str, Any]]]) -> None:
        for one in rows["postings"][7:]:
            one["amount"] += 1

    _written(patch, change)


def an_open_hold_is_forgotten(patch: Patch) -> None:
    _written(patch, lambda rows: rows["holds"].clear())


def source_and_destination_are_swapped(patch: Patch) -> None:
    real = book._book

    def bug(kind: Kind, line: Posting, source: Account, destination: Account) -> tuple[int, int]:
        if kind is Kind.REVERSE:
            return real(kind, line, destination, source)
        return real(kind, line, source, destination)

    patch.setattr(book, "_book", bug)


def one_asset_becomes_another(patch: Patch) -> None:
    def bug(self: Book, line: Posting) -> tuple[Account, Account]:
        found = self.accounts.get(line.source), self.accounts.get(line.destination)
        if None in found:
            raise book.OrderError(field="source", problem="is no account", fix="Open it.")
        return found  # type: ignore[return-value]  neither is None

    patch.setattr(book.Book, "_pair", bug)


def the_chain_leaves_a_transfer_out(patch: Patch) -> None:
    real = book.Book._keep

    def bug(self: Book, *args: Any) -> None:
        before = self.end
        real(self, *args)
        if len(self.booked) == 2:
            self.end = replace(self.end, hash=before.hash)

    patch.setattr(book.Book, "_keep", bug)


def a_refused_order_leaves_its_first_lines(patch: Patch) -> None:
    real = book.Book._moved

    def bug(self: Book, kind: Kind, lines: tuple[Posting, ...], target: Target | None) -> tuple[tuple[int, int], ...]:
        accounts = {name: (one.posted, one.held) for name, one in self.accounts.items()}
        try:
            return real(self, kind, lines, target)
        except book.FundsError:
            for one in lines[:1]:
                if accounts[one.source][0] - accounts[one.source][1] >= one.amount and kind is Kind.PENDING:
                    self.accounts[one.source].held += one.amount
            raise

    patch.setattr(book.Book, "_moved", bug)


def a_void_takes_the_money(patch: Patch) -> None:
    real = book.Book._lines

    def bug(self: Book, order: Order, target: Target) -> tuple[Posting, ...]:
        return target.transfer.postings if order.kind is Kind.VOID else real(self, order, target)

    patch.setattr(book.Book, "_lines", bug)


def more_than_is_held_is_taken(patch: Patch) -> None:
    real = book.Book._lines

    def bug(self: Book, order: Order, target: Target) -> tuple[Posting, ...]:
        return order.postings or real(self, order, target)

    patch.setattr(book.Book, "_lines", bug)


BUGS = [
    what_is_held_may_be_spent,
    the_hash_leaves_the_amount_out,
    a_key_is_good_for_many,
    the_inputs_leave_the_lines_out,
    the_rest_of_a_part_stays_held,
    a_transfer_is_reversed_again,
    a_hold_is_settled_again,
    an_expired_hold_is_posted,
    a_balance_moves_without_its_line,
    a_line_moves_without_its_balance,
    a_balance_after_is_the_one_before,
    a_row_names_another_amount,
    an_open_hold_is_forgotten,
    source_and_destination_are_swapped,
    one_asset_becomes_another,
    the_chain_leaves_a_transfer_out,
    a_refused_order_leaves_its_first_lines,
    a_void_takes_the_money,
    more_than_is_held_is_taken,
]
FOUND = (AssertionError, IntegrityError, RuntimeError)  # by the machine, by the database, by the store


@pytest.mark.parametrize("bug", BUGS, ids=lambda one: one.__name__)
def test_it_is_found(engine: Engine, bug: Callable[[Patch], None], monkeypatch: Patch) -> None:
    bug(monkeypatch)
    with pytest.raises(FOUND):
        drive(on(engine), books=20, steps=20)


def test_nothing_is_found_where_nothing_is_wrong(engine: Engine) -> None:
    done = drive(on(engine), books=2, steps=20)
    assert (done["books"], done["posted"] > 20) == (2, True)


def test_there_are_ten_at_least() -> None:
    assert len(BUGS) == 19
