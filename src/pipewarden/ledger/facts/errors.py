"""Why the book refuses an order; nothing of it was written."""

from __future__ import annotations

from pipewarden.kit.errors import InputError, PipewardenError, RefusedError
from pipewarden.ledger.facts.book import Asset, decimal


class LedgerError(PipewardenError):
    """Any refusal of the book."""


class OrderError(LedgerError, InputError):
    """The order is no order: an amount that is none, an account that is not there, lines that do not fit (422)."""


class KeyReusedError(LedgerError, InputError):
    """The key was used for something else (422)."""

    @classmethod
    def of(cls, key: str) -> KeyReusedError:
        """Return the error for a key."""
        return cls(
            field="key",
            problem=f"{key[:60]!r} was used for another order",
            fix="Retry with the very same content, or take a new key for a new order.",
        )


class ClosedError(LedgerError, RefusedError):
    """The hold was posted, voided or has expired, or the transfer was reversed already (409)."""

    @classmethod
    def of(cls, problem: str) -> ClosedError:
        """Return the error for what was done already."""
        return cls(field="of", problem=problem, fix="Read the transfer; nothing more can be done with it.")


class FundsError(LedgerError, RefusedError):
    """An account has less than is wanted (409).

    Attributes:
        address: the whole address, for the program; the words leave ids out.
    """

    def __init__(self, address: str, shown: str, asset: Asset, wanted: int, available: int) -> None:
        """Name the account as ``shown``, what was wanted of it and what it has, in units."""
        super().__init__(
            field=shown,
            problem=f"has {decimal(available, asset)} {asset}, {decimal(wanted, asset)} {asset} are wanted",
            fix="Wait until more is there, or ask for less.",
        )
        self.address, self.asset, self.wanted, self.available = address, asset, wanted, available

    @property
    def more(self) -> dict[str, object]:
        """Return both amounts in units."""
        return {"code": "funds", "wanted": self.wanted, "available": self.available}
