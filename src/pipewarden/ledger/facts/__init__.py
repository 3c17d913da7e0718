"""What the book says and takes: orders, transfers, balances, statements, its errors."""

from pipewarden.ledger.facts.book import (
    MOST,
    SCALE,
    Asset,
    Balance,
    Checked,
    End,
    HoldState,
    Kind,
    Line,
    Order,
    Posting,
    Statement,
    Transfer,
    decimal,
)
from pipewarden.ledger.facts.errors import ClosedError, FundsError, KeyReusedError, LedgerError, OrderError

__all__ = [
    "MOST",
    "SCALE",
    "Asset",
    "Balance",
    "Checked",
    "ClosedError",
    "End",
    "FundsError",
    "HoldState",
    "KeyReusedError",
    "Kind",
    "LedgerError",
    "Line",
    "Order",
    "OrderError",
    "Posting",
    "Statement",
    "Transfer",
    "decimal",
]
