"""An expert's turn at labelling: drawn by the server, blind, gold among it; answered, handed back, or returned.

Whoever draws sees a picture that was drawn anew, masked, and nothing of anybody else's answer. A wrong answer to a gold
item comes back to the same person with the reason, once; that item then measures nobody any more (safety.md T8, M5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.commissions import EngagementState
from pipewarden.market.facts.labels import TOPIC, Answer, AnswerState, ItemState, LabelKind, Standing
from pipewarden.market.rules import labels_drawing, labels_settling
from pipewarden.market.rules.collusion import hands
from pipewarden.market.rules.labels_policy import policy_at
from pipewarden.market.rules.labels_saying import check
from pipewarden.market.rules.labels_standing import standing
from pipewarden.market.service import experts, experts_joining
from pipewarden.market.service.experts_joining import WORK
from pipewarden.market.service.rights import name
from pipewarden.market.store import commissions, labels
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store.expert_tables import EXPERTS
from pipewarden.market.store.label_policy import shipped_labelling
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Engagement
    from pipewarden.market.facts.labels import Item, LabelPolicy, Said
    from pipewarden.people.facts import Actor

FOLDER = "labelling"  # below the blobs: masked pictures alone, no original is ever there
_S = AnswerState
_LIVE = (_S.DRAWN, _S.RETURNED, _S.GIVEN, _S.RIGHT)
_CANDIDATES = 200
_TURNS = 5
_MOST = 1000
_SEED = 1 << 63


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person works on: their turn and its item, without what they must not know."""

    answer: Answer
    item: Item


def policy(work: Work) -> LabelPolicy:
    """Return the policy in force."""
    return policy_at(shipped_labelling(), work.now())


def stands(work: Work, person_id: UUID) -> Standing:
    """Return how somebody stands, by every gold item that they answered."""
    return standing(labels.gold_of(work, [person_id])[person_id], policy(work).trial)


def look_at(work: Work, actor: Actor, person_id: UUID, reason: str) -> Standing:
    """Say that one looked at somebody's answers to gold: the count begins anew, and who was stopped is on trial again.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such expert in reach.
        RefusedError: it is oneself.
    """
    people.scope_filter(actor, experts_joining.MANAGE, EXPERTS)
    found = people.visible(expert_store.held(work, person_id), "expert")
    people.require_row(actor, experts_joining.MANAGE, ScopedRow(tenant_id=found.tenant_id), "expert")
    if actor.id == person_id:
        raise RefusedError(field="expert", problem="is yourself", fix="Let somebody else look at your answers.")
    before = stands(work, person_id)
    experts_joining.tell(work, found, name(actor), labels.LOOKED, {"reason": reason, "before": before.value})
    people.record(work, actor, "label.looked", ("expert", person_id), {"reason": reason, "before": before.value})
    return stands(work, person_id)


def next_turn(work: Work, actor: Actor, engagement_id: UUID) -> Turn | None:
    """Return what is to be done next for a part of one's own; None where nothing is left.

    What came back comes first, then what was drawn and not answered; else an item is drawn.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is no such part of theirs.
        RefusedError: the part does not run, its volume or the day's is used up, or the person was stopped.
    """
    part = mine(work, actor, engagement_id)
    there = work.of(part.tenant_id)
    release(there, part.commission_id)
    open_ = labels.answers(there, labels.of_engagement(part.id), labels.in_states(_S.RETURNED, _S.DRAWN), limit=2)
    if open_:
        first = min(open_, key=lambda one: one.state is not _S.RETURNED)
        return _turn(there, first)
    rules, how = policy(there), _allowed(there, part)
    due = labels_drawing.gold_due(
        labels.count(there, labels.of_person(actor.id)),
        labels.count(there, labels.of_person(actor.id), labels.measuring()),
        how,
        rules,
        there.chance(),
    )
    dice = np.random.default_rng(int(there.chance() * _SEED))
    for _ in range(_TURNS):
        found = labels.candidates(there, part.commission_id, actor.id, worn=rules.gold_worn, limit=_CANDIDATES)
        people_there = {who for one in found for who in (*one.asked, *one.authors)} | {actor.id}
        chosen = labels_drawing.draw(
            found,
            actor.id,
            gold=due,
            overlap=rules.overlap_most,
            worn=rules.gold_worn,
            hands=one_hand(there, people_there),
            dice=dice,
        )
        if chosen is None:
            return None
        if labels.take(there, chosen.item_id, gold=chosen.gold):
            return _drawn(there, actor, part, chosen)
    return None


def answer(work: Work, actor: Actor, answer_id: UUID, said: Said) -> Answer:
    """Answer what one drew. A wrong answer to gold comes back, with the reason; the second one stands.

    Where the item settled meanwhile it is judged at once. The item is held: who settles it waits, or is seen.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is no such turn of theirs.
        RefusedError: it was answered, its time is over, or its part no longer runs.
        InputError: a part of the answer is missing, or none.
    """
    before, there = _own(work, actor, answer_id)
    part = commissions.engagement(work, commissions.of_person(actor.id), before.engagement_id)
    _runs(people.visible(part, "engagement"))
    item = people.visible(labels.item(there, before.item_id, held=True), "item")
    check(said, item.kind, perceive.hazards().ids)
    now, tries = there.now(), before.tries + 1
    given = replace(before, state=_S.GIVEN, said=said, given_at=now, tries=tries, reason="")
    if item.gold is not None and before.measures:
        given = _measured(there, item, given)
    elif item.settled is not None:
        given = _late(there, item, item.settled, given)
    labels.change_answer(there, given)
    labels.tell(there, item.id, "answered", actor=name(actor), answer_id=given.id, tries=tries)
    return replace(given, state=_told(given))


def hand_back(work: Work, actor: Actor, answer_id: UUID) -> None:
    """Hand an item back unanswered (skip): somebody else is asked, and it never comes again.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is no such turn of theirs.
        RefusedError: it was answered, or its time is over.
    """
    before, there = _own(work, actor, answer_id)
    labels.change_answer(there, replace(before, state=_S.LAPSED))
    labels.free(there, [before.item_id])
    labels.tell(there, before.item_id, "handed back", actor=name(actor), answer_id=before.id)


def turns(
    work: Work, actor: Actor, *, engagement_id: UUID | None = None, limit: int, before: UUID | None = None
) -> list[Turn]:
    """Return the actor's own turns, of one part or of all, the newest first, whatever tenant's.

    Raises:
        ForbiddenError: the actor is no expert.
    """
    people.require(actor, WORK)
    part = [] if engagement_id is None else [labels.of_engagement(engagement_id)]
    found = labels.answers(work, labels.of_person(actor.id), *part, labels.before(before), limit=limit)
    return [_turn(work.of(one.tenant_id), one) for one in found]


def picture(work: Work, actor: Actor, answer_id: UUID, blobs: BlobStore) -> bytes:
    """Return the masked picture of a turn of one's own, as JPEG; while it is to be answered, and after.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, there is no such turn of theirs, or no picture.
    """
    people.require(actor, WORK)
    found = people.visible(labels.answer(work, labels.of_person(actor.id), answer_id), "answer")
    item = people.visible(labels.item(work.of(found.tenant_id), found.item_id), "item")
    return apart(blobs).get(people.visible(item.picture, "picture"))


def release(work: Work, commission_id: UUID) -> int:
    """Give back what was drawn and not answered in time; return how many."""
    scope = (labels.of_commission(commission_id), labels.in_states(_S.DRAWN, _S.RETURNED), labels.overdue(work.now()))
    late = labels.answers(work, *scope, limit=_MOST, held=True)
    for one in late:
        over = _S.LAPSED if one.state is _S.DRAWN else _S.WRONG
        labels.change_answer(work, replace(one, state=over))
        labels.tell(work, one.item_id, "lapsed", actor=None, answer_id=one.id)
    labels.free(work, [one.item_id for one in late if one.state is _S.DRAWN])
    return len(late)


def used(work: Work, engagement_id: UUID) -> int:
    """Return how much of a part's volume is drawn, answered or paid; what was wrong and unpaid is free again."""
    return labels.count(work, labels.of_engagement(engagement_id), labels.in_states(*_LIVE) | labels.charged())


def mine(work: Work, actor: Actor, engagement_id: UUID) -> Engagement:
    """Return a part of the actor's own.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is no such part of theirs.
    """
    people.require(actor, WORK)
    return people.visible(commissions.engagement(work, commissions.of_person(actor.id), engagement_id), "engagement")


def one_hand(work: Work, person_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return by person the first of those whose money goes to the same account: they count as one."""
    accounts: dict[str, list[str]] = {}
    for who, account in sorted(labels.payees_of(work, person_ids).items()):
        accounts.setdefault(account, []).append(str(who))
    return {UUID(who): UUID(first) for who, first in hands(accounts.values()).items()}


def apart(blobs: BlobStore) -> BlobStore:
    """Return where masked pictures of items lie."""
    return type(blobs)(blobs.root / FOLDER)


def _runs(part: Engagement) -> None:
    if part.state is not EngagementState.BEGUN:
        raise RefusedError(field="engagement", problem=f"is {part.state}", fix="Only a part that runs takes work.")


def _allowed(work: Work, part: Engagement) -> Standing:
    """Return how the person of a part stands.

    Raises:
        RefusedError: they may draw nothing now.
    """
    _runs(part)
    how, rules = stands(work, part.person_id), policy(work)
    if how is Standing.STOPPED:
        fix = "Ask the platform to look at your answers to items whose truth is known."
        raise RefusedError(field="person", problem="was too often wrong where the truth is known", fix=fix)
    if used(work, part.id) >= part.volume:
        raise RefusedError(field="engagement", problem="has all the answers it is for", fix="Agree on more first.")
    since = work.now() - timedelta(days=1)
    if labels.count(work, labels.of_person(part.person_id), labels.given_since(since)) >= rules.day_most:
        problem = f"gave {rules.day_most} answers within 24 hours"
        raise RefusedError(field="person", problem=problem, fix="Go on tomorrow.")
    return how


def _drawn(work: Work, actor: Actor, part: Engagement, chosen: labels_drawing.Candidate) -> Turn:
    now = work.now()
    made = Answer(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        commission_id=part.commission_id,
        item_id=chosen.item_id,
        engagement_id=part.id,
        person_id=actor.id,
        measures=chosen.gold,
        drawn_at=now,
        until=now + policy(work).draw_within,
    )
    if not labels.add_answer(work, made):
        raise RefusedError(field="engagement", problem="was asked twice at once", fix="Ask again.")
    labels.tell(work, chosen.item_id, "drawn", actor=name(actor), answer_id=made.id)
    return _turn(work, made)


def _own(work: Work, actor: Actor, answer_id: UUID) -> tuple[Answer, Work]:
    people.require(actor, WORK)
    found = people.visible(labels.answer(work, labels.of_person(actor.id), answer_id), "answer")
    if found.state not in {_S.DRAWN, _S.RETURNED}:
        raise RefusedError(field="answer", problem=f"is {found.state}", fix="Draw the next one.")
    if found.until <= work.now():
        raise RefusedError(field="answer", problem="came too late", fix="Draw the next one.")
    return found, work.of(found.tenant_id)


def _measured(work: Work, item: Item, given: Answer) -> Answer:
    """Return an answer to gold as it stands: right, back at the person, or wrong for good."""
    rules, truth, said = policy(work), item.gold, given.said
    if truth is None or said is None:
        raise RuntimeError("only an answer to gold is measured")
    right = labels_settling.agrees(said, truth, rules)
    if given.tries == 1:
        given = replace(given, right_first=right)
        for topic in (TOPIC, *truth.hazards):
            experts.prove(work, given.person_id, topic, right=int(right), wrong=int(not right))
    if right and given.tries == 1:
        return given  # as any other answer: who was right is told nothing
    labels.change_item(work, replace(item, told=True))
    told = "；".join(part for part in (labels_settling.why_not(said, truth, rules), item.reason) if part)
    if right or given.tries > 1:
        return replace(given, state=_S.WRONG, reason=told)
    return replace(given, state=_S.RETURNED, until=work.now() + rules.return_within, reason=told)


def _late(work: Work, item: Item, settled: Said, given: Answer) -> Answer:
    """Return an answer to a settled item, judged; if the item became gold since, who is wrong is told its truth."""
    found = labels_settling.judged(given, settled, policy(work))
    if item.gold is not None and found.state is _S.WRONG:
        labels.change_item(work, replace(item, told=True))
    return found


def _turn(work: Work, one: Answer) -> Turn:
    """Return a turn with what its person may know: the item's truth, its others and its wear are not among it."""
    item = people.visible(labels.item(work, one.item_id), "item")
    state = _told(one)
    over = state in {_S.RIGHT, _S.WRONG}
    blind = replace(
        item,
        gold=None,
        reason="",
        shown=0,
        told=False,
        asked=0,
        wanted=1,
        authors=(),
        source="",
        state=ItemState.SETTLED if over else ItemState.OPEN,
        settled=item.settled if over else None,
        settled_at=None,
    )
    return Turn(replace(one, state=state, measures=False, right_first=None), blind)


def _told(one: Answer) -> AnswerState:
    """Return how a turn stands for its person: that it was right is told when it is charged.

    Gold is settled by nobody: told as soon as an item settles, what still stood as given would be gold.
    """
    return _S.GIVEN if one.state is _S.RIGHT and one.charged_at is None else one.state


def shows_no_picture(kind: LabelKind) -> bool:
    """Return whether an item of a kind may come without a picture."""
    return kind is LabelKind.DISPUTE
