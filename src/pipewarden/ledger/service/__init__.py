"""The use cases of the book: open accounts, write orders, read balances and statements, check the whole."""

from pipewarden.ledger.service.accounts import balances, open_account, open_accounts
from pipewarden.ledger.service.checking import check
from pipewarden.ledger.service.group import GroupCommit
from pipewarden.ledger.service.latest import latest
from pipewarden.ledger.service.reading import by_key, end, hold_state, statement, transfer
from pipewarden.ledger.service.writing import expire_due, post, try_write, write

__all__ = [
    "GroupCommit",
    "balances",
    "by_key",
    "check",
    "end",
    "expire_due",
    "hold_state",
    "latest",
    "open_account",
    "open_accounts",
    "post",
    "statement",
    "transfer",
    "try_write",
    "write",
]
