"""The provider's statement beside our bills, and a person's month: both must add up, or nothing is said."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pay_bills import NOW, bill
from pay_fake import Bank, Kept

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.payouts import BillState
from pipewarden.market.facts.wallet import Stated, StatedLine, Statement
from pipewarden.market.rules import payouts_matching as rules
from pipewarden.market.rules import statements

A, B, C = "a" * 32, "b" * 32, "c" * 32
HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
SAMPLE = (  # the document's own example, with its own totals
    f"{HEAD}\r\n`2018-02-01 04:21:23,`50000305742018020103387128253,`1900009231201802015884652186,`退款,`退款,`支出,"
    "`0.02,`0.17,`system,`缺货,`REF4200000068201801293084726067\r\n"
    "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`1.0,`0.0,`0.00,`1.0,`0.02\r\n"
)


def file(*lines: tuple[str, str, str], business: str = "商家转账", totals: str | None = None) -> bytes:
    """A statement with lines of (direction, amount, voucher)."""
    rows = [
        f"`2026-11-27 10:00:00,`42,`1,`{business},`{business},`{way},`{amount},`9.99,`api,`,`{number}"
        for way, amount, number in lines
    ]
    out = sum(round(float(amount) * 100) for way, amount, _ in lines if way == "支出")
    back = sum(round(float(amount) * 100) for way, amount, _ in lines if way == "收入")
    ending = totals or f"`{len(lines)},`0,`{back / 100:.2f},`0,`{out / 100:.2f}"
    return "\n".join([HEAD, *rows, "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", ending, ""]).encode()


def paid(number: str = A, **more: Any) -> Any:
    return bill(number=number, state=BillState.PAID, **more)


def test_the_example_of_the_document_is_read() -> None:
    (row,) = rules.read(SAMPLE.encode())
    assert (row.fen, row.business, row.number) == (2, "退款", "REF4200000068201801293084726067")
    assert row.at == datetime(2018, 1, 31, 20, 21, 23, tzinfo=UTC)
    assert rules.read(b"\xef\xbb\xbf" + SAMPLE.encode()) == [row]
    matched = rules.compared([row], [], set())
    assert (matched.other, matched.differences) == (1, ())


def test_the_fake_writes_what_we_read() -> None:
    there = Bank(lambda: NOW)
    there.bills[A] = Kept(A, 5_000, "o", "", 0.0, provider_no="1330")
    there.confirm(A)
    matched = rules.compared(rules.read(there.statement().encode()), [paid()], set())
    assert (matched.matched, matched.differences) == (1, ())


def test_what_agrees_agrees() -> None:
    rows = rules.read(file(("支出", "50.00", A), ("支出", "50", B), ("收入", "50.00", B)))
    matched = rules.compared(rows, [paid(), bill(number=B, state=BillState.FAILED)], set())
    assert (matched.matched, matched.other, matched.differences) == (2, 0, ())


@pytest.mark.parametrize(
    ("lines", "bills", "kind", "ours", "theirs"),
    [
        ((), [paid()], "ours_only", 5_000, None),
        ((("支出", "50.00", C),), [], "theirs_only", None, 5_000),
        ((("支出", "49.99", A),), [paid()], "amount_differs", 5_000, 4_999),
        ((("支出", "50.00", A), ("支出", "50.00", A)), [paid()], "amount_differs", 5_000, 10_000),
        ((("支出", "50.00", A),), [bill(state=BillState.FAILED)], "state_differs", 0, 5_000),
        ((("支出", "50.00", A),), [bill(state=BillState.UNKNOWN)], "state_differs", 0, 5_000),
        ((("支出", "50.00", A), ("收入", "50.00", A)), [paid()], "state_differs", 5_000, 0),
        ((("支出", "1.00", "somebody else's"),), [], "theirs_only", None, 100),
    ],
)
def test_what_does_not_is_listed(lines: Any, bills: Any, kind: str, ours: int | None, theirs: int | None) -> None:
    matched = rules.compared(rules.read(file(*lines)), bills, set())
    (one,) = matched.differences
    assert (one.kind, one.ours_fen, one.theirs_fen) == (kind, ours, theirs)
    assert matched.matched == 0
    assert one.as_json()["kind"] == kind


def test_bills_of_others_are_counted_and_never_shown() -> None:
    matched = rules.compared(rules.read(file(("支出", "9.00", B))), [], {B})
    assert (matched.elsewhere, matched.differences) == (1, ())


def test_a_transfer_that_came_back_and_is_not_ours_is_nothing() -> None:
    matched = rules.compared(rules.read(file(("支出", "9.00", C), ("收入", "9.00", C))), [], set())
    assert matched.differences == ()


def test_what_is_open_and_not_in_the_file_is_no_difference() -> None:
    assert rules.compared([], [bill(), bill(number=B, state=BillState.TO_CONFIRM)], set()).differences == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        f"{HEAD}\n".encode(),
        file(("支出", "50.00", A))[:-40],
        file(("支出", "50.00", A), totals="`1,`0,`0.00,`1,`60.00"),
        file(("支出", "50.00", A), totals="`2,`0,`0.00,`1,`50.00"),
        file(("支出", "50.00", A), totals="`1,`0,`0.001,`1,`50.00"),
        file(("支出", "50.00", A), totals="`NaN,`0,`0,`1,`inf"),
        file(("支出", "50.00", A), totals="`1e999,`0,`0,`1,`50"),
        file(("支出", "50.00", A), totals="nothing"),
        file(("送出", "50.00", A), totals="`1,`0,`0.00,`1,`50.00"),
        file(("支出", "50.00", A)).replace(b"50.00", b"5O.00", 1),
        file(("支出", "50.00", A)).replace(b"50.00", b"-50.00", 1),
        file(("支出", "50.00", A)).replace(b"2026-11-27", b"2026-13-27"),
        HEAD.encode() + b'\n"never closed',
    ],
)
def test_a_file_that_is_none_or_was_cut_or_changed_is_refused(content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        rules.read(content)
    assert caught.value.field.startswith("file")


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_ROWS", 1)
    with pytest.raises(InputError, match="more than 1 lines"):
        rules.read(file(("支出", "1.00", A), ("支出", "1.00", B)))
    monkeypatch.setattr(rules, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="larger"):
        rules.read(file(("支出", "1.00", A)))


@given(st.binary(max_size=400))
def test_chance_is_no_statement(content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        rules.read(content)
    assert caught.value.field.startswith("file")


@given(st.lists(st.tuples(st.sampled_from(["支出", "收入"]), st.integers(0, 10**7), st.sampled_from([A, B, C]))))
def test_every_line_counts_once(lines: list[tuple[str, int, str]]) -> None:
    rows = rules.read(file(*[(way, f"{fen / 100:.2f}", number) for way, fen, number in lines]))
    assert [row.fen for row in rows] == [fen if way == "支出" else -fen for way, fen, _ in lines]


# --- a person's month


def stated(opening: int = 0, *amounts: int, asset: str = "CNY", closing: int | None = None) -> Stated:
    lines, balance = [], opening
    for number, amount in enumerate(amounts):
        balance += amount
        lines.append(StatedLine(NOW, "reward", "核价", "review", amount, balance, UUID(int=number)))
    return Stated(asset, opening, tuple(lines), balance if closing is None else closing)


def month(*assets: Stated) -> Statement:
    return Statement(UUID(int=1), "2026-11", "Asia/Shanghai", NOW, NOW, True, assets, 0, 0)


@given(st.integers(0, 10**9), st.lists(st.integers(-(10**6), 10**6)))
def test_a_month_adds_up_or_is_no_statement(opening: int, amounts: list[int]) -> None:
    whole = stated(opening, *amounts)
    assert statements.summed(whole) is whole
    with pytest.raises(ValueError, match="the book says"):
        statements.summed(stated(opening, *amounts, closing=whole.closing + 1))


def test_a_line_that_leaves_another_balance_is_a_mistake() -> None:
    line = StatedLine(NOW, "x", "", "", 5, 6, UUID(int=1))
    with pytest.raises(ValueError, match="adds up to 5"):
        statements.summed(Stated("CNY", 0, (line,), 6))


def test_a_month_as_a_table_adds_up_in_a_spreadsheet_and_runs_nothing() -> None:
    odd = StatedLine(NOW, "reward", '=HYPERLINK("x")', "@SUM(A1)", -1_300, 8_700, UUID(int=2))
    text = statements.as_csv(month(Stated("CNY", 10_000, (odd,), 8_700), stated(5, 50, asset="PTS")))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["amount"] for row in rows] == ["", "-0.1300", "", "", "50", ""]
    assert [row["balance"] for row in rows] == ["1.0000", "0.8700", "0.8700", "5", "55", "55"]
    assert rows[1]["words"].startswith("'=")
    assert rows[1]["words_en"].startswith("'@")
    assert float(rows[0]["balance"]) + float(rows[1]["amount"]) == pytest.approx(float(rows[2]["balance"]))
    assert rows[0]["words"] == "期初余额"


def test_signs_are_shown_as_on_the_decks_screen() -> None:
    assert statements.signed("PTS", 50) == "+50"
    assert statements.signed("CNY", 5_000) == "+0.5000"
    assert statements.signed("CNY", -5_000) == "-0.5000"
