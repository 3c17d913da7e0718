"""What market needs from the world: somebody who pays money out to persons, and what runs capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.market.facts.foundry import Ask, Looked, Runnable, Said
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


class Runner(Protocol):
    """Runs versions of one kind of capability."""

    @property
    def slow(self) -> bool:
        """Return whether it asks a stranger: then a job runs it, never a transaction."""
        ...

    def check(self, runnable: Runnable, ask: Ask) -> None:
        """Refuse an ask that is incomplete, without doing any work.

        Raises:
            InputError: the picture or a value is missing, unknown or of a wrong kind.
        """
        ...

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        """Return what the version says; the same ask of the same version is the same work again.

        Raises:
            InputError: the ask is at fault: its picture cannot be used, a value is wrong.
            UnavailableError: the house or a stranger is at fault; nothing is charged, and it may be tried again.
        """
        ...


class Looker(Protocol):
    """Makes of a picture that nobody trusts what training and review need; decodes it in a child process only."""

    def look(self, picture: bytes, part: tuple[float, float, float, float] | None) -> Looked:
        """Return features and a masked copy.

        Args:
            picture: the file.
            part: left, top, width, height as shares 0-1 of the picture; None for all of it.

        Raises:
            InputError: the picture cannot be used.
            UnavailableError: the decoder or the net is down.
        """
        ...
