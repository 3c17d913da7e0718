"""What an order must be, what an address may be, and hashes that must never change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from book import BANK, FRIEND, OWED, PERSON, WALLET, cash, opened, pay
from book_model import hashed
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.ledger import service
from pipewarden.ledger.facts import MOST, SCALE, Asset, Checked, Kind, Order, OrderError, Posting, Transfer, decimal
from pipewarden.ledger.rules import addresses, chain, orders

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

GOOD = Order("k", Kind.POSTED, "test", (cash(WALLET, FRIEND, 5),))
OF = UUID(int=9)
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(GOOD, key=""), "key"),
        (replace(GOOD, key="k" * 201), "key"),
        (replace(GOOD, key="a\nb"), "key"),
        (replace(GOOD, key="\ud800"), "key"),
        (replace(GOOD, what=""), "what"),
        (replace(GOOD, what="x" * 101), "what"),
        (replace(GOOD, postings=()), "postings"),
        (replace(GOOD, postings=GOOD.postings * 2), "postings"),
        (replace(GOOD, postings=tuple(cash(f"a:{n}", BANK, 1) for n in range(101))), "postings"),
        (replace(GOOD, postings=(cash(WALLET, WALLET, 5),)), "destination"),
        (replace(GOOD, postings=(cash("WALLET", FRIEND, 5),)), "source"),
        (replace(GOOD, postings=(cash(WALLET, "x" * 201, 5),)), "destination"),
        (replace(GOOD, postings=(Posting(WALLET, FRIEND, "CNY", 5),)), "asset"),  # type: ignore[arg-type]
        (replace(GOOD, of=OF), "of"),
        (replace(GOOD, expires_at=NOW), "expires_at"),
        (replace(GOOD, kind=Kind.PENDING, expires_at=NOW.replace(tzinfo=None)), "expires_at"),
        (replace(GOOD, kind=Kind.POST), "of"),
        (replace(GOOD, kind=Kind.VOID, of=OF), "postings"),
        (replace(GOOD, kind=Kind.EXPIRE, of=OF), "postings"),
        (replace(GOOD, kind=Kind.REVERSE, of=OF), "postings"),
        (Order("k", Kind.REVERSE, "test"), "of"),
        (replace(GOOD, details={"x": 1.5}), "details"),  # type: ignore[dict-item]
        (replace(GOOD, details={"x": True}), "details"),
        (replace(GOOD, details={7: "x"}), "details"),  # type: ignore[dict-item]
        (replace(GOOD, details={"x": "y" * 4000}), "details"),
        (replace(GOOD, details={"x": "\0"}), "details"),
        (replace(GOOD, details={"x": "\ud800"}), "details"),
        *[
            (replace(GOOD, postings=(cash(WALLET, FRIEND, amount),)), "amount")
            for amount in (0, -1, MOST + 1, 1.0, True, "5", None)  # type: ignore[arg-type]
        ],
    ],
)
def test_what_is_no_order_names_its_field(order: Order, field: str) -> None:
    with pytest.raises(OrderError) as caught:
        orders.valid(order)
    assert caught.value.field == field
    assert str(PERSON) not in str(caught.value)


def test_orders_at_the_edge_are_orders() -> None:
    assert orders.valid(replace(GOOD, key="备" * 200, postings=(cash(WALLET, FRIEND, MOST),))) == "{}"
    assert orders.valid(replace(GOOD, details={"zh": "线索", "a": 1})) == '{"a":1,"zh":"线索"}'
    many = tuple(cash(f"a:{n}", BANK, 1) for n in range(100))
    assert orders.valid(replace(GOOD, postings=many)) == "{}"
    assert orders.valid(Order("k", Kind.POST, "test", GOOD.postings, of=OF)) == "{}"


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_contents_have_different_hashes(one: str, other: str) -> None:
    def inputs(what: str, detail: str) -> bytes:
        return orders.inputs_of(replace(GOOD, what=what), detail, OF)

    assert (inputs(one, other) == inputs(other, one)) is (one == other)


def test_every_part_of_the_content_counts() -> None:
    kinds = [GOOD, replace(GOOD, kind=Kind.PENDING), replace(GOOD, what="other"), replace(GOOD, of=OF)]
    lines = [replace(GOOD, postings=(one,)) for one in (cash(WALLET, FRIEND, 6), cash(FRIEND, WALLET, 5))]
    moments = [replace(GOOD, expires_at=NOW), replace(GOOD, expires_at=NOW.replace(microsecond=1))]
    found = {orders.inputs_of(one, "{}", OF) for one in (*kinds, *lines, *moments)}
    found |= {orders.inputs_of(GOOD, '{"a":1}', OF), orders.inputs_of(GOOD, "{}", PERSON)}
    assert len(found) == 10
    assert orders.inputs_of(GOOD, "{}", OF) == orders.inputs_of(replace(GOOD, key="another"), "{}", OF)


def test_the_hash_of_a_transfer_is_what_it_was(work: Work) -> None:
    """Written down once more in the model, and here as bytes: a book out there must still hold."""
    opened(work)
    made = service.post(work, pay("a", WALLET, FRIEND, 13, details={"zh": "线索", "n": 3}))
    assert made.hash == hashed(made) == chain.hash_of(made, '{"n":3,"zh":"线索"}')
    fixed = replace(made, id=OF, tenant_id=OF, at=NOW, inputs=b"\1" * 32, previous=b"\2" * 32)
    assert chain.hash_of(fixed, "{}").hex()[:16] == "cf131ee23eb6f9c0"


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from([None, OF]), st.sampled_from([None, NOW]))
def test_what_is_hashed_is_json_as_the_encoder_writes_it(
    key: str, what: str, of: UUID | None, expires_at: datetime | None
) -> None:
    """Text by hand, and yet the borders between the parts hold, whatever is in them."""

    def sha(*parts: object) -> bytes:
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).digest()

    lines = (cash(WALLET, FRIEND, 5), cash(key, what, 7))
    said = [[a.source, a.destination, a.asset, a.amount] for a in lines]
    moment = None if expires_at is None else expires_at.isoformat(timespec="microseconds")
    named = None if of is None else str(of)
    order = Order(key, Kind.PENDING, what, lines, of=of, expires_at=expires_at)
    inputs = orders.inputs_of(order, what, PERSON)
    assert inputs == sha(str(PERSON), "pending", what, said, named, what, moment)
    made = Transfer(OF, 7, PERSON, key, Kind.PENDING, what, lines, of, {}, NOW, expires_at, inputs, b"\1" * 32, b"")
    now = NOW.isoformat(timespec="microseconds")
    parts = (7, str(OF), str(PERSON), key, "pending", what, said, named, what, now, moment, inputs.hex(), "01" * 32)
    assert chain.hash_of(made, what) == sha(*parts)


@pytest.mark.parametrize(
    ("address", "negative"),
    [
        (BANK, True),
        ("outside:wechat", True),
        (OWED, True),
        (f"person:{PERSON}:owed_points", True),
        (WALLET, False),
        ("house:owed", False),
        ("tenant:x:owed", False),
        ("person:x:owed:more", False),
        ("outsider:bank", False),
    ],
)
def test_who_may_fall_below_nothing_follows_from_the_address(address: str, *, negative: bool) -> None:
    assert addresses.is_address(address)
    assert addresses.may_be_negative(address) is negative


def test_words_never_show_whose_account_it_is() -> None:
    assert addresses.shown(WALLET) == "person:…:cash"
    assert addresses.shown("house:rounding") == "house:rounding"


@given(st.integers(-MOST, MOST), st.sampled_from(list(Asset)))
def test_amounts_are_written_exactly(units: int, asset: Asset) -> None:
    text = decimal(units, asset)
    whole, _, rest = text.lstrip("-").partition(".")
    assert int(whole) * SCALE[asset] + int(rest or 0) == abs(units)
    assert text.startswith("-") is (units < 0)
    assert len(rest) == (4 if asset is Asset.CNY else 0)


def test_one_wrong_thing_is_enough_to_be_broken() -> None:
    whole = Checked(1, 1, {"CNY": 0}, 0, chain_ok=True, problems=())
    assert whole.whole
    for wrong in ({"sum_by_asset": {"CNY": 1}}, {"negative": 1}, {"chain_ok": False}, {"problems": ("x",)}):
        assert not replace(whole, **wrong).whole  # type: ignore[arg-type]
