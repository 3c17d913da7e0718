"""What market needs from the world: somebody who pays money out to persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.market.facts.payouts import Paper, Told


class UnclearError(Exception):
    """Nobody knows whether the provider did what it was asked: no answer, or one that cannot be believed.

    Whoever meets it asks for the same bill again and never makes another one.

    Attributes:
        why: for the record; never an address, a name or a secret.
        code: the provider's word for it, where it gave one that can be believed.
        again_s: when the provider asked to be asked again; None where it did not.
    """

    def __init__(self, why: str, *, code: str = "", again_s: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.code = code
        self.again_s = again_s


class ForgedError(Exception):
    """A notification that does not come from the provider, is too old, or cannot be opened."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Payouts(Protocol):
    """Pays persons. Each call answers for one bill number, and the same number is the same bill for ever."""

    @property
    def page(self) -> Mapping[str, str]:
        """Return what a page needs beside a bill's package, to open where the person confirms."""
        ...

    def create(self, paper: Paper, now: datetime) -> Told:
        """Make the bill, or find the one that this number made before.

        Raises:
            UnclearError: anything but a clear answer.
        """
        ...

    def query(self, number: str, now: datetime) -> Told | None:
        """Return what became of a bill; None where the provider clearly says that it knows none of this number.

        Raises:
            UnclearError: anything but a clear answer.
        """
        ...

    def cancel(self, number: str, now: datetime) -> Told | None:
        """Ask that a bill be taken back; that it was, only a query tells. None where it knows no such bill.

        Raises:
            UnclearError: anything but a clear answer.
        """
        ...

    def heard(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Return what a notification says, once it is proved to be the provider's own and fresh.

        Raises:
            ForgedError: it is not.
        """
        ...
