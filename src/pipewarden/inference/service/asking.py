"""Asking a model about pictures: admitted by one short transaction, asked outside of any, settled by another.

The wait for a stranger's machine holds no lock and no connection. A worker that dies while it waits leaves its
reservation in force: what may have been charged is never spent twice.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from pipewarden.inference.facts import Answer, Failure, FailureKind, Lost, Reply, Told
from pipewarden.inference.rules import (
    Expected,
    Prepared,
    admit,
    after,
    ceiling,
    charged,
    conclude,
    day_of,
    flags,
    prepare,
    read,
    repair_messages,
    reservation,
)
from pipewarden.inference.store import shipped_words
from pipewarden.inference.store import vision as store
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date
    from uuid import UUID

    from pipewarden.inference.facts import Flag, Question, VisionModel
    from pipewarden.inference.ports import VisionEndpoint
    from pipewarden.inference.rules import Conclusion
    from pipewarden.inference.store.vision import VisionCallRow
    from pipewarden.kit.work import Work

    Begin = Callable[[], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
SWITCH = "model:vision"
_REMEMBERED = timedelta(days=7)
_LEAST_S = 0.5  # less is not worth asking again for


@dataclass(frozen=True, slots=True)
class Door:
    """What it takes to ask.

    Attributes:
        endpoint: opened once per process.
        stopwatch: seconds that only grow.
    """

    endpoint: VisionEndpoint
    stopwatch: Callable[[], float] = time.perf_counter


@dataclass(frozen=True, slots=True)
class _Permit:
    """A question that was admitted: its record, and what one exchange can cost at most."""

    call_id: UUID
    day: date
    once: int
    reserved: int


@dataclass(frozen=True, slots=True)
class _Held:
    """What came back, with the milliseconds it took."""

    exchanges: tuple[Reply | Lost, ...]
    ms: float


def ask(door: Door, begin: Begin, question: Question[Told]) -> Answer[Told] | Failure:
    """Ask a model about pictures and return its answer, or why there is none; never raises.

    Call it outside of any transaction: it waits up to the model's ``timeout_s``.

    Args:
        door: the endpoint.
        begin: opens a unit of work of the tenant, committed at its end.
        question: what to ask.
    """
    try:
        return _ask(door, begin, question)
    except Exception as error:  # whatever breaks here, a person looks; the river goes on
        log.exception("question with pictures failed", question=question.version)
        return Failure(FailureKind.INTERNAL, f"the house itself failed ({type(error).__name__})")


def _ask(door: Door, begin: Begin, question: Question[Told]) -> Answer[Told] | Failure:
    model = door.endpoint.about
    if model is None:
        return Failure(FailureKind.NOT_CONFIGURED, "no endpoint is set")
    prepared = prepare(question, model, shipped_words())
    if isinstance(prepared, Failure):
        return prepared
    with begin() as work:
        admitted = _admit(work, prepared, question.schema)
    if not isinstance(admitted, _Permit):
        return admitted
    held = _converse(door, prepared, question.schema)
    with begin() as work:
        return _settle(work, prepared, admitted, held, question.schema)


def _admit(work: Work, prepared: Prepared, schema: type[Told]) -> _Permit | Answer[Told] | Failure:
    model = prepared.model
    if (off := _switched_off(work, model)) is not None:
        return Failure(FailureKind.OFF, off)
    policy = store.policy(work)
    if policy is None or model.endpoint not in policy.endpoints:
        return Failure(FailureKind.NOT_ALLOWED, f"the tenant lets no picture go to {model.endpoint}")
    if (known := store.answered(work, prepared.sha256, work.now() - _REMEMBERED)) is not None:
        return _repeat(work, prepared, known, schema)
    gate = store.lock_gate(work, model, policy.per_minute)
    admission = admit(gate, work.now(), policy.per_minute, model.timeout_s)
    if admission.refused is not None:
        why = "the endpoint failed thrice" if admission.refused is FailureKind.BREAKER else "too many this minute"
        return Failure(admission.refused, why, again_s=admission.again_s)
    once = ceiling(model, prepared.text, len(prepared.jpegs))
    amount, day = reservation(once, model), day_of(work.now())
    if not store.reserve(work, day, amount, policy.budget):
        return Failure(FailureKind.BUDGET, f"the budget of {day} does not hold another question")
    store.write_gate(work, model, admission.gate)
    row = store.add_call(work, prepared, day, once, amount)
    return _Permit(row.id, day, once, amount)


def _switched_off(work: Work, model: VisionModel) -> str | None:
    board = people.Switchboard(work)
    slug = re.sub(r"[^a-z0-9_.-]+", "-", model.name.casefold())[:60]
    found = board.off(SWITCH) or board.off(f"model:{slug}")
    return None if found is None else f"{found.name} is switched off: {found.reason}"


def _repeat(work: Work, prepared: Prepared, known: VisionCallRow, schema: type[Told]) -> Answer[Told] | Failure:
    """Answer from the record, on record."""
    row = store.add_call(work, prepared, day_of(work.now()), 0, 0)
    row.outcome, row.cached_from, row.repaired, row.settled_at = store.CACHED, known.id, known.repaired, work.now()
    return _told(row, known, schema)


def _converse(door: Door, prepared: Prepared, schema: type[Told]) -> _Held:
    """Ask, and once more when the answer can be mended, within one time."""
    words, model = shipped_words(), prepared.model
    started = door.stopwatch()
    exchanges = [_send(door, prepared.body(), model.timeout_s)]
    first = read(exchanges[0], _expected(prepared), model, schema, words)
    left = model.timeout_s - (door.stopwatch() - started)
    if first.repairable and left >= _LEAST_S:
        mending = repair_messages(first.text, first.problem, words)
        exchanges.append(_send(door, prepared.body(mending), left))
    return _Held(tuple(exchanges), (door.stopwatch() - started) * 1000)


def _expected(prepared: Prepared) -> Expected:
    return Expected(prepared.image_id, prepared.frame, prepared.notes)


def _send(door: Door, body: bytes, within_s: float) -> Reply | Lost:
    try:
        return door.endpoint.send(body, within_s)
    except Exception as error:  # a port that breaks its promise costs one question
        log.exception("endpoint raised")
        return Lost(FailureKind.INTERNAL, f"the door itself failed ({type(error).__name__})", sent=True)


def _settle(work: Work, prepared: Prepared, permit: _Permit, held: _Held, schema: type[Told]) -> Answer[Told] | Failure:
    model = prepared.model
    found = conclude(held.exchanges, _expected(prepared), model, schema, shipped_words())
    gate = store.lock_gate(work, model, 0)
    store.write_gate(work, model, after(gate, work.now(), found.reading.kind))
    cost = charged(model, list(zip(held.exchanges, found.usages, strict=True)), permit.once)
    store.spend(work, permit.day, permit.reserved, cost)
    row = store.call_row(work, permit.call_id)
    if row is None:
        raise RuntimeError(f"question {permit.call_id} was admitted and is not on record")
    counted = [usage for usage in found.usages if usage is not None]
    row.exchanges = store.kept(held.exchanges)
    row.outcome = store.ANSWER if found.reading.kind is None else found.reading.kind
    row.problem = found.reading.problem or None
    row.repaired = found.repaired
    row.prompt_tokens = sum(one.prompt for one in counted) if counted else None
    row.completion_tokens = sum(one.completion for one in counted) if counted else None
    row.cost, row.ms, row.settled_at = cost, held.ms, work.now()
    work.session.flush()
    return _outcome(row, found, held.exchanges)


def replay(work: Work, call_id: UUID, schema: type[Told]) -> Answer[Told] | Failure:
    """Read a recorded question again, without the network, and return the answer or failure it amounts to.

    Flags are found anew with today's patterns.

    Raises:
        InputError: the tenant has no such question, or it was never answered nor failed (its worker died).
    """
    row = store.call_row(work, call_id)
    source = row if row is None or row.cached_from is None else store.call_row(work, row.cached_from)
    if row is None or source is None or not source.exchanges:
        raise InputError(field="call_id", problem=f"{call_id} has no exchange on record", fix="Look in the record.")
    return _told(row, source, schema)


def _told(row: VisionCallRow, source: VisionCallRow, schema: type[Told]) -> Answer[Told] | Failure:
    exchanges = store.recorded(source)
    found = conclude(exchanges, store.expected_of(source), store.model_of(source), schema, shipped_words())
    return _outcome(row, found, exchanges)


def _outcome(row: VisionCallRow, found: Conclusion[Told], exchanges: Sequence[Reply | Lost]) -> Answer[Told] | Failure:
    if found.reading.value is not None:
        return Answer(
            call_id=row.id,
            value=found.reading.value,
            model=row.model,
            flags=found.flags,
            repaired=found.repaired,
            cached=row.cached_from is not None,
            cost=row.cost,
            ms=row.ms or 0.0,
        )
    last = exchanges[-1]
    return Failure(
        kind=found.reading.kind or FailureKind.INTERNAL,
        problem=found.reading.problem,
        call_id=row.id,
        again_s=last.again_s if isinstance(last, Reply) else None,
        flags=found.flags,
        cost=row.cost,
        ms=row.ms or 0.0,
    )


def instructions_in(texts: Mapping[str, str]) -> tuple[Flag, ...]:
    """Return which texts from outside read like an instruction to a model, whether or not a model is asked."""
    return flags(texts, shipped_words())
