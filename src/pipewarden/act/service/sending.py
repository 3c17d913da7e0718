"""One delivery out of the outbox and back: taken under a lease, sent without a transaction, settled by the answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import OperationalError

from pipewarden.act import store
from pipewarden.act.facts import CLOUDEVENTS, CallState, DeliveryState, Outcome, Outgoing, Receipt
from pipewarden.act.rules import retry, sign
from pipewarden.act.rules.plan import NUDGE
from pipewarden.act.rules.words import filled
from pipewarden.act.service.hooks import hook_failed, hook_served
from pipewarden.act.store import DeliveryRow
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import ROBOTS, ContactKind, Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.act.facts import Delivery
    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Address

log = structlog.get_logger(__name__)
_ROBOTS = frozenset(one.value for one in ROBOTS)
_OFF = timedelta(minutes=5)
_UNKNOWN_TWICE = "it was sent twice and nobody knows whether it arrived"


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that one hand has taken.

    Attributes:
        delivery: with this attempt counted.
        outgoing: what the channel is to send; None where ``known`` says already how it ends.
        needless: nobody needs it any more.
    """

    delivery: Delivery
    lease: UUID
    outgoing: Outgoing | None
    known: Receipt | None = None
    needless: bool = False


def take(work: Work, post: Post, tenants: Sequence[UUID]) -> Taken | None:
    """Take the most urgent delivery of these tenants that is due; None when there is none.

    Its address is read here and held in memory alone. A lease that ran out belonged to a hand that died: what it had
    may have arrived, so a message goes out once more, marked, and never a third time.
    """
    lease = work.ids.new()
    claimed = store.outbox.claim(work, tenants, lease=lease, within=retry.LEASE)
    if claimed is None:
        return None
    one, lost = claimed
    here = replace(work, tenant_id=one.tenant_id)
    if lost:
        store.outbox.note(here, one.id, Receipt(Outcome.LOST, "whoever sent it died"))
    counted = replace(one, attempts=one.attempts + 1, repeated=one.repeated or lost)
    try:
        with work.session.begin_nested():
            return _prepared(here, post, counted, lease, again=one.repeated and lost, lost=lost)
    except OperationalError:
        raise
    except Exception as error:  # one that cannot be put together must not hold up every other
        log.exception("delivery could not be put together", delivery=str(one.id))
        return Taken(
            counted, lease, None, Receipt(Outcome.REFUSED, f"could not be put together ({type(error).__name__})")
        )


def _prepared(work: Work, post: Post, one: Delivery, lease: UUID, *, again: bool, lost: bool) -> Taken:
    """Return a delivery with what is to be sent, or with how it ends without that."""
    if _needless(work, post, one):
        return Taken(one, lease, None, needless=True)
    address = _address(work, one)
    known = _hindrance(work, post, one, address, again=again)
    if lost and (known is None or known.outcome is Outcome.BUSY):  # it goes out once more, now or when there is room
        store.outbox.mark_repeated(work, one.id)
    if known is not None or address is None:
        return Taken(one, lease, None, known=known)
    store.outbox.note(work, one.id, Receipt(Outcome.BEGUN))
    return Taken(one, lease, _outgoing(work, post, one, address))


def _needless(work: Work, post: Post, one: Delivery) -> bool:
    """Return whether every call that a delivery carries has been acknowledged, here or anywhere else."""
    if one.person_id is None:
        return False
    carried = store.calls.carried(work, one.subject_id)
    open_ids = {call_id for call_id, _, state in carried if state is not CallState.ACKNOWLEDGED}
    theirs = {call_id for call_id, own, _ in carried if not own} & open_ids
    done = post.casework.acknowledged(work, theirs) if theirs else set()
    return bool(carried) and not open_ids - done


def _address(work: Work, one: Delivery) -> Address | None:
    if one.channel == CLOUDEVENTS:
        return store.hooks.address(work, one.target_id)
    return people.address_of(work, one.target_id)


def _hindrance(work: Work, post: Post, one: Delivery, address: Address | None, *, again: bool) -> Receipt | None:
    """Return how an attempt ends without being made; None where it is to be made."""
    if again and one.channel != CLOUDEVENTS:
        return Receipt(Outcome.REFUSED, _UNKNOWN_TWICE)
    if post.off(work)(one.channel):
        # a system has no other channel: what happened waits for it
        outcome = Outcome.BUSY if one.channel == CLOUDEVENTS else Outcome.REFUSED
        return Receipt(outcome, "the channel is switched off", again_after=_OFF)
    if address is None:
        return Receipt(Outcome.REFUSED, "the contact point is gone")
    if one.channel not in _ROBOTS:
        return None
    now = work.now()
    stamps, closed_until = store.outbox.bucket(work, one.target_id)
    free = retry.free_at(stamps, closed_until, now)
    if free is not None:
        return Receipt(
            Outcome.BUSY, "the robot has been spoken to 20 times in a minute, or is shut", again_after=free - now
        )
    store.outbox.set_bucket(work, one.target_id, stamps=retry.stamped(stamps, now))
    return None


def _outgoing(work: Work, post: Post, one: Delivery, address: Address) -> Outgoing:
    link = ""
    if one.person_id is not None and post.public_url and one.part == one.parts:
        link = f"{post.public_url}/v1/ack/{sign.ack_token(post.secret, one.id, one.person_id)}"
    return Outgoing(
        id=one.id,
        channel=one.channel,
        title=one.title,
        body=_with_link(work, one, link),
        address=address.address,
        secret=address.secret,
        at=work.now(),
        tenant=None if (tenant := people.tenant_acted_for(work)) is None else tenant.key,
    )


def _with_link(work: Work, one: Delivery, link: str) -> str:
    if one.channel == CLOUDEVENTS:
        return one.body
    if one.channel == ContactKind.WEBHOOK:
        document = json.loads(one.body)
        document["data"] |= ({"acknowledge": link} if link else {}) | ({"repeat": True} if one.repeated else {})
        return json.dumps(document, ensure_ascii=False)
    frame = store.words.shipped_words()[_language(work, one)].frame
    marks = [frame["repeat"]] if one.repeated else []
    if one.parts > 1:
        marks.append(filled(frame["part"], {"part": one.part, "parts": one.parts}))
    lines = ["".join(marks), one.body, filled(frame["acknowledge"], {"url": link}) if link else ""]
    return "\n".join(line for line in lines if line)


def _language(work: Work, one: Delivery) -> Language:
    """Return what whoever gets it reads, a person or a group."""
    theirs = (
        people.robots_of(work)
        if one.person_id is None
        else people.contacts_of(work, [one.person_id]).get(one.person_id, [])
    )
    return next((each.language for each in theirs if each.id == one.target_id), Language.ZH)


def give_up(work: Work, taken: Taken) -> None:
    """End a delivery that could not be settled over and over; the chain of its call climbs by its own clock."""
    store.outbox.change(
        work, taken.delivery.id, state=DeliveryState.FAILED.value, problem="what became of it could not be written down"
    )


def settle(work: Work, post: Post, taken: Taken, receipt: Receipt) -> None:
    """Write down what became of an attempt, and let the next channel or the next person have its turn."""
    one = taken.delivery
    if one.channel == CLOUDEVENTS:  # who pauses it turns deliveries that others settle: one after the other
        store.outbox.lock_subject(work, one.target_id)
    store.outbox.lock_subject(work, one.subject_id)
    if not store.outbox.leased_by(work, one.id, taken.lease):
        late = f"said too late: another hand has it ({receipt.problem})" if receipt.problem else "said too late"
        store.outbox.note(work, one.id, replace(receipt, problem=late))
        return
    if taken.needless:
        _dropped(work, post, one)
        return
    store.outbox.note(work, one.id, receipt)
    if receipt.outcome is Outcome.ACCEPTED:
        store.outbox.change(work, one.id, state=DeliveryState.ACCEPTED.value, sent_at=work.now(), problem="")
        _accepted(work, one)
        return
    again = retry.again_at(one, receipt, work.now(), spare=_spare(work, one))
    if again is not None:
        unsent = receipt.outcome is Outcome.BUSY and taken.outgoing is None
        made = one.attempts - 1 if unsent else one.attempts
        store.outbox.change(work, one.id, due_at=again, problem=receipt.problem, attempts=made)
        if unsent:
            store.outbox.put_off(work, one.target_id, again)
    else:
        state = DeliveryState.LOGGED if receipt.outcome is Outcome.LOGGED else DeliveryState.FAILED
        store.outbox.change(work, one.id, state=state.value, problem=receipt.problem)
        _failed(work, post, one, receipt)
    if one.channel == CLOUDEVENTS and taken.outgoing is not None:
        hook_failed(work, post, one.target_id, receipt)
    if receipt.outcome is Outcome.BUSY and taken.outgoing is not None and one.channel in _ROBOTS:
        # last: a hand that takes another delivery may hold the rate and wait for nothing but this transaction's end
        store.outbox.shut(work, one.target_id, work.now() + retry.wait_of(receipt, retry.LEASE))


def _dropped(work: Work, post: Post, one: Delivery) -> None:
    """Drop what was acknowledged elsewhere; a like call that came to be carried by it meanwhile is brought."""
    if not _needless(work, post, one):
        store.outbox.change(work, one.id, due_at=work.now())
        return
    store.outbox.change(work, one.id, state=DeliveryState.DROPPED.value, problem="acknowledged")
    store.calls.settle(work, one.subject_id, CallState.ACKNOWLEDGED)


def _of_subject(work: Work, one: Delivery) -> list[Delivery]:
    """Return what is to reach the person: copies for groups are nobody's."""
    return store.outbox.of(work, DeliveryRow.subject_id == one.subject_id, DeliveryRow.person_id.is_not(None))


def _spare(work: Work, one: Delivery) -> bool:
    if one.person_id is None:
        return False
    return any(each.state is DeliveryState.SPARE for each in _of_subject(work, one) if each.target_id != one.target_id)


def _accepted(work: Work, one: Delivery) -> None:
    if one.channel == CLOUDEVENTS:
        hook_served(work, one.target_id)
    if one.person_id is None:
        return
    all_of_it = _of_subject(work, one)
    if any(each.state is not DeliveryState.ACCEPTED for each in all_of_it if each.target_id == one.target_id):
        return
    store.calls.settle(work, one.subject_id, CallState.REACHED)
    later = [each for each in all_of_it if each.position > one.position and each.state is not DeliveryState.SPARE]
    if one.urgency is Urgency.ALARM and not later:  # what rang beside it has let the next one have its turn
        _next(work, all_of_it, after_nudge=True)


def _failed(work: Work, post: Post, one: Delivery, receipt: Receipt) -> None:
    """Drop the other parts, and let the next channel begin; when there is none, casework hears of it."""
    rest = store.outbox.of(work, DeliveryRow.subject_id == one.subject_id, DeliveryRow.target_id == one.target_id)
    pending = {DeliveryState.WAITING, DeliveryState.SPARE}
    store.outbox.move(work, [each.id for each in rest if each.state in pending], DeliveryState.DROPPED)
    if one.person_id is None:
        return
    others = [each for each in _of_subject(work, one) if each.target_id != one.target_id]
    took = _took(others)
    if any(each.state is DeliveryState.WAITING for each in others) or (took and one.urgency is not Urgency.ALARM):
        return
    if _next(work, others, after_nudge=False) or took:
        return
    for call_id, own in store.calls.settle(work, one.subject_id, CallState.UNREACHABLE):
        if not own and one.urgency is not Urgency.NOTE:
            post.casework.unreachable(
                work, call_id, f"every channel failed, the last was {one.channel}: {receipt.problem}"
            )


def _took(deliveries: list[Delivery]) -> bool:
    """Return whether some contact point has the whole of it; half a message is none."""
    whole: dict[UUID, bool] = {}
    for each in deliveries:
        whole[each.target_id] = whole.get(each.target_id, True) and each.state is DeliveryState.ACCEPTED
    return any(whole.values())


def _next(work: Work, deliveries: list[Delivery], *, after_nudge: bool) -> bool:
    """Let the next channel in turn begin, and return whether there was one."""
    spare = [each for each in deliveries if each.state is DeliveryState.SPARE]
    turn = min((each.position for each in spare), default=None)
    due = work.now() + NUDGE if after_nudge else work.now()
    ids = [each.id for each in spare if each.position == turn]
    store.outbox.move(work, ids, DeliveryState.WAITING, due_at=due)
    return bool(ids)
