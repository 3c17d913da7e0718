"""The provider's statement beside our bills: WeChat's 资金账单, read within bounds; differences are listed, not mended.

Columns as pay.weixin.qq.com, "资金账单详细说明" (2024-11-25), has them; each value carries a backtick in front, the
last two lines are totals. A bill's voucher number (业务凭证号) is our ``out_bill_no``. What a transfer takes out of the
account when it is made comes back when it fails, so a bill's outcome is what its lines sum to.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.payouts import BillState
from pipewarden.market.facts.wallet import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipewarden.market.facts.payouts import Bill

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
MOST_DIFFERENCES = 1000
_ZONE = ZoneInfo("Asia/Shanghai")
_AT, _BUSINESS, _DIRECTION, _AMOUNT, _VOUCHER = "记账时间", "业务名称", "收支类型", "收支金额(元)", "业务凭证号"
_COLUMNS = (_AT, _BUSINESS, _DIRECTION, _AMOUNT, _VOUCHER)
_TOTALS = "资金流水总笔数"
_OUT, _IN = "支出", "收入"
_AMOUNT_TEXT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_OURS = re.compile(r"[0-9a-f]{32}")
_TRANSFER = "转账"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file about money that went out (``fen`` > 0) or came back (< 0)."""

    line: int
    at: datetime
    business: str
    number: str
    fen: int


def read(content: bytes) -> list[Row]:
    """Return the lines of a 资金账单.

    Raises:
        InputError: it is too large, no such file, or its totals are not what its lines sum to; the line is named.
    """
    if len(content) > MOST_BYTES:
        raise InputError(field="file", problem=f"is larger than {MOST_BYTES} bytes", fix="Send one day at a time.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(field="file", problem="is not UTF-8", fix="Send it as WeChat gave it.") from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return _rows(lines)
    except csv.Error as error:
        raise InputError(
            field=f"file: line {lines.line_num}", problem="is no CSV", fix="Send it as it came."
        ) from error


def _rows(lines: Iterable[list[str]]) -> list[Row]:
    counted = enumerate(lines, start=1)
    _, head = next(counted, (0, []))
    names = [_plain(one) for one in head]
    if not set(_COLUMNS) <= set(names):
        missing = "、".join(one for one in _COLUMNS if one not in names)
        raise InputError(field="file: line 1", problem=f"lacks the columns {missing}", fix="Send WeChat's 资金账单.")
    rows: list[Row] = []
    for number, cells in counted:
        if not cells:
            continue
        if _plain(cells[0]) == _TOTALS:
            _check_totals(rows, next(counted, (number, []))[1], number + 1)
            return rows
        if len(rows) >= MOST_ROWS:
            raise InputError(field="file", problem=f"has more than {MOST_ROWS} lines", fix="Send one day at a time.")
        rows.append(_row(number, dict(zip(names, map(_plain, cells), strict=False))))
    raise InputError(field="file", problem="ends without its totals: it was cut off", fix="Fetch it again.")


def _row(number: int, cells: Mapping[str, str]) -> Row:
    where = f"file: line {number}"
    try:
        at = datetime.strptime(cells[_AT], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_ZONE)
        direction, amount = cells[_DIRECTION], cells[_AMOUNT]
        voucher, business = cells[_VOUCHER], cells[_BUSINESS]
    except (KeyError, ValueError) as error:
        raise InputError(field=where, problem="cannot be read", fix="Send it as WeChat gave it.") from error
    if direction not in {_OUT, _IN} or not _AMOUNT_TEXT.fullmatch(amount):
        raise InputError(field=where, problem="cannot be read", fix="Send it as WeChat gave it.")
    fen = _whole(amount, 100)
    return Row(number, at, business, voucher, fen if direction == _OUT else -fen)


def _check_totals(rows: Sequence[Row], cells: Sequence[str], number: int) -> None:
    said = [_plain(one) for one in cells]
    out = sum(one.fen for one in rows if one.fen > 0)
    back = -sum(one.fen for one in rows if one.fen < 0)
    counted = (len(rows), back, out)
    try:
        told = (_whole(said[0]), _whole(said[2], 100), _whole(said[4], 100))
    except (IndexError, ArithmeticError, ValueError) as error:
        problem = "holds no totals: the file was cut off"
        raise InputError(field=f"file: line {number}", problem=problem, fix="Fetch it again.") from error
    if told != counted:
        raise InputError(
            field=f"file: line {number}",
            problem="says other totals than the lines sum to",
            fix="Fetch it again; somebody or something changed it.",
        )


def _whole(text: str, times: int = 1) -> int:
    made = Decimal(text) * times
    if made != made.to_integral_value() or abs(made) >= 10**15:
        raise ValueError("is no whole number")
    return int(made)


def _plain(cell: str) -> str:
    return cell.strip().removeprefix("`").strip()


@dataclass(frozen=True, slots=True)
class Matched:
    """What a comparison found."""

    matched: int
    other: int
    elsewhere: int
    differences: tuple[Difference, ...]


def compared(rows: Sequence[Row], bills: Sequence[Bill], known_elsewhere: set[str]) -> Matched:
    """Compare a statement with the bills of its days.

    Args:
        rows: of the file.
        bills: that went out in its days by our book, with those whose numbers the file names.
        known_elsewhere: numbers of bills that whoever asks may not see: counted, never shown.

    A bill that failed or was taken back agrees when its lines sum to nothing.
    """
    sums: dict[str, int] = defaultdict(int)
    first: dict[str, Row] = {}
    for row in rows:
        sums[row.number] += row.fen
        first.setdefault(row.number, row)
    ours = {one.number: one for one in bills}
    found: list[Difference] = []
    matched = other = elsewhere = 0
    for number, fen in sums.items():
        bill, row = ours.get(number), first[number]
        if bill is not None:
            difference = _difference(bill, fen, row.line)
            matched += difference is None
            found += [] if difference is None else [difference]
        elif number in known_elsewhere:
            elsewhere += 1
        elif _OURS.fullmatch(number) or _TRANSFER in row.business:
            if fen:
                found.append(Difference("theirs_only", number, None, fen, "", row.line))
        else:
            other += 1
    silent = [one for one in bills if one.number not in sums and one.state is BillState.PAID]
    found += [Difference("ours_only", one.number, one.fen, None, one.state, 0) for one in silent]
    return Matched(matched, other, elsewhere, tuple(sorted(found, key=lambda one: (one.kind, one.line, one.number))))


def _difference(bill: Bill, fen: int, line: int) -> Difference | None:
    paid = bill.state is BillState.PAID
    ours = bill.fen if paid else 0
    if fen == ours:
        return None
    kind = "amount_differs" if paid and fen else "state_differs"
    return Difference(kind, bill.number, ours, fen, bill.state, line)
