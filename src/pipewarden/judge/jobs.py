"""What the judge does when an alarm changed upstream, when a question waits, and when time passes.

A question is taken in a short transaction that puts a lease on it; the asking, which may take half a minute, holds no
transaction and no connection; the opinion is a fact of another one. A second judge that hangs is left behind: its alarm
stands in a person's queue at its time, whatever the thread does.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipewarden.judge import service, store
from pipewarden.judge.facts import JudgeCase, Opinion, OpinionKind
from pipewarden.kit.errors import PipewardenError
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.judge.ports import SecondJudge
    from pipewarden.judge.service import Bench
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work
    from pipewarden.sense.facts import NewCamera

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST = 200  # questions of one hand in one sweep
_MOST_LEFT = 8  # threads that a hanging judge may cost; then it is not asked any more


def make_drain(bench: Bench) -> Drain:
    """Return the drain of ``dedupe.alarm_changed``: every change is considered, twice changes nothing."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.consider(work, bench, [fact.fact_id for fact in facts])

    return drain


def sweep(begin: Begin, bench: Bench) -> int:
    """Consider what the clock wants looked at and end what is late, of every tenant; return how many alarms."""
    with begin(PLATFORM) as work:
        tenants = store.cases.tenants_due(work)
    count = 0
    for tenant_id in tenants:
        with begin(tenant_id) as work:
            count += service.look_again(work, bench) + service.give_up(work, bench)
    return count


def ask_waiting(begin: Begin, bench: Bench, *, hands: int = 2) -> int:
    """Put every question that waits, whosever it is, to the second judge and return how many came to an end."""
    if bench.second is None or bench.second.patience_s == 0:
        return 0
    with ThreadPoolExecutor(hands, thread_name_prefix="judge") as pool:
        return sum(hand.result() for hand in [pool.submit(_one_hand, begin, bench) for _ in range(hands)])


def send_synthetics(
    begin: Begin, tenants: Sequence[UUID], blobs: BlobStore, camera: NewCamera, pictures: Sequence[bytes]
) -> int:
    """Send every tenant its test of this quarter of an hour and return how many; one that cannot holds up no other."""
    count = 0
    for tenant_id in tenants:
        try:
            with begin(tenant_id) as work:
                count += service.send_synthetic(work, blobs, camera, pictures)
        except (PipewardenError, SQLAlchemyError, OSError):  # its age grows, and people see that
            log.exception("synthetic alarm could not be sent", tenant_id=str(tenant_id))
    return count


def _one_hand(begin: Begin, bench: Bench) -> int:
    second = bench.second
    if second is None:
        return 0
    lease_s = second.patience_s + bench.policy.grace.total_seconds()
    for count in range(_MOST):
        with begin(PLATFORM) as work:
            taken = store.asks.claim(work, lease=work.ids.new(), lease_s=lease_s)
        if taken is None:
            return count
        opinion = _opinion_on(begin, second, taken)
        if opinion is not None:
            with begin(taken.tenant_id) as work:
                service.hear(work, bench, taken.ask_id, taken.alarm_id, opinion)
    return _MOST


def _opinion_on(begin: Begin, second: SecondJudge, taken: store.asks.Waiting) -> Opinion | None:
    """Put a question; None when nobody needs its answer any more. One that cannot be put holds up no other."""
    try:
        with begin(taken.tenant_id) as work:
            case = service.put(work, taken.ask_id, taken.alarm_id)
    except service.PASSING:
        raise
    except Exception as error:  # whatever breaks here, a person looks
        log.exception("question could not be put", alarm_id=str(taken.alarm_id))
        return _failed(second, f"could not be put ({type(error).__name__})")
    return None if case is None else within(second, case)


def within(second: SecondJudge, case: JudgeCase) -> Opinion:
    """Return the second judge's opinion, or its failure to have one within its patience; never raises."""
    left = [one for one in threading.enumerate() if one.name == _thread_name(second)]
    if len(left) >= _MOST_LEFT:
        return _failed(second, f"does not come back from {len(left)} questions")
    said: queue.SimpleQueue[Opinion] = queue.SimpleQueue()

    def run() -> None:
        said.put(service.opinion_of(second, case))

    threading.Thread(target=run, name=_thread_name(second), daemon=True).start()
    try:
        return said.get(timeout=second.patience_s)
    except queue.Empty:
        return _failed(second, f"no answer within {second.patience_s:g} s")


def _thread_name(second: SecondJudge) -> str:
    return f"second-judge-{second.name}"


def _failed(second: SecondJudge, problem: str) -> Opinion:
    return Opinion(OpinionKind.FAILED, judge=second.name, problem=problem)
