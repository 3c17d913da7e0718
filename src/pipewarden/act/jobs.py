"""What act does when somebody must be told, when a site changed, and when time passes.

A delivery is taken in a short transaction that puts a lease on it; the sending, which may take seconds, holds no
transaction and no connection; what the channel said is written in another one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import OperationalError

from pipewarden.act import service, store
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.act.rules.retry import PATIENCE_S
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.service import Post, Taken
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST = 500  # deliveries of one hand in one sweep
_STINT = timedelta(seconds=20)  # of one hand in one sweep, and its last attempt
_MOST_DIGESTS = 1000
_MOST_TRIES = 20


def make_deliver(post: Post) -> Drain:
    """Return the drain of ``casework.called``: the outbox is filled in the transaction that takes the call up."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.deliver(work, post, [fact.fact_id for fact in facts])

    return drain


def make_announce(post: Post) -> Drain:
    """Return the drain of ``casework.changed``: who subscribed gets the event."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.announce(work, post, [fact.fact_id for fact in facts])

    return drain


def make_announce_filings(post: Post) -> Drain:
    """Return the drain of ``casework.filing_changed``: who subscribed gets the event."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.announce_filings(work, post, [fact.fact_id for fact in facts])

    return drain


def make_blind(post: Post) -> Drain:
    """Return the drain of ``locate.camera_blind``: who watches is told which cameras see nothing any more."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.tell_blind(work, post, [fact.fact_id for fact in facts])

    return drain


def make_appeals(post: Post) -> Drain:
    """Return the drain of ``casework.appealed``: both sides hear of an appeal and of its decision."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.tell_appeals(work, post, [fact.fact_id for fact in facts])

    return drain


def send_waiting(begin: Begin, post: Post, *, hands: int = 4) -> int:
    """Send what is due, whosever it is, the most urgent first, and return how many attempts were made."""
    tenants = _tenants(begin)
    with ThreadPoolExecutor(hands, thread_name_prefix="act") as pool:
        return sum(hand.result() for hand in [pool.submit(_one_hand, begin, post, tenants) for _ in range(hands)])


def _tenants(begin: Begin) -> list[UUID]:
    with begin(PLATFORM) as work:
        return [one.id for one in people.tenants(work, people.operator())]


def _one_hand(begin: Begin, post: Post, tenants: Sequence[UUID]) -> int:
    """Send one after the other, from each tenant in turn; after a while the next sweep does, and digests may between.

    Every tenant is asked each time: who has nothing now may have an alarm before the hand is done with a flood.
    """
    turns = list(tenants)
    until: datetime | None = None
    for count in range(_MOST):
        with begin(PLATFORM) as work:
            until = until or work.now() + _STINT
            taken = service.take(work, post, turns) if work.now() < until else None
        if taken is None:
            return count
        turns.remove(taken.delivery.tenant_id)
        turns.append(taken.delivery.tenant_id)
        _settle(begin, post, taken, taken.known or _sent(post, taken))
    return _MOST


def _settle(begin: Begin, post: Post, taken: Taken, receipt: Receipt) -> None:
    """Write down what came back; what cannot be written comes round when its lease is over, and not for ever."""
    try:
        with begin(taken.delivery.tenant_id) as work:
            service.settle(work, post, taken, receipt)
    except OperationalError:
        raise
    except Exception:
        log.exception("delivery could not be settled", delivery=str(taken.delivery.id), attempt=taken.delivery.attempts)
        if taken.delivery.attempts >= _MOST_TRIES:
            with begin(taken.delivery.tenant_id) as work:
                service.give_up(work, taken)


def _sent(post: Post, taken: Taken) -> Receipt:
    if taken.outgoing is None:
        return Receipt(Outcome.REFUSED, "nobody needs it any more")
    try:
        return post.channels[taken.outgoing.channel].send(taken.outgoing, within_s=PATIENCE_S)
    except Exception as error:  # noqa: BLE001  a channel that breaks its word must not stop the others
        kind = type(error).__name__  # its words may hold an address
        log.error("channel broke", channel=taken.outgoing.channel, error=kind)  # noqa: TRY400  as above
        return Receipt(Outcome.FAILED, f"the channel broke ({kind})")


def send_digests(begin: Begin, post: Post) -> int:
    """Gather the notes whose time has come, of every tenant, and return how many."""
    with begin(PLATFORM) as work:
        due = store.calls.persons_with_digest(work, _MOST_DIGESTS)
    count = 0
    for tenant_id, person_id in due:
        try:
            with begin(tenant_id) as work:
                count += service.send_digest(work, post, person_id)
        except OperationalError:
            raise
        except Exception:  # the notes of one person must not hold up everybody's
            log.exception("digest could not be sent", person_id=str(person_id))
    return count


def check_everybody(begin: Begin, post: Post) -> int:
    """Ask in every tenant whether everybody on duty can be reached, and return how many cannot."""
    count = 0
    for tenant_id in _tenants(begin):
        try:
            with begin(tenant_id) as work:
                count += len(service.check_reach(work, post).missing)
        except OperationalError:
            raise
        except Exception:  # one tenant's roster must not leave everybody else's unasked for a night
            log.exception("nobody knows who can be reached", tenant=str(tenant_id))
    return count
