"""What the outbound guard's errors say of a message, the same for every channel."""

from __future__ import annotations

from pipewarden.act.facts import Outcome, Receipt
from pipewarden.kit.addresses import ClosedError
from pipewarden.kit.outbound import UnansweredError

UNSENT = (ClosedError, UnansweredError)


def unsent(error: ClosedError | UnansweredError) -> Receipt:
    """Return the receipt of a message for which the guard found no way, or no answer."""
    if isinstance(error, ClosedError):
        return Receipt(Outcome.REFUSED, f"the way out is closed: {error.problem}")
    return Receipt(Outcome.FAILED, error.problem)
