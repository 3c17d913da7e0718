"""Gold out of work that is done: by the client's word, and by itself where people were sure and of one mind.

Only items whose truth nobody was told become gold: where somebody was wrong, they were told why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import CommissionState
from pipewarden.market.facts.labels import AnswerState, ItemState, Standing
from pipewarden.market.rules.labels_refilling import chosen, short_of
from pipewarden.market.rules.labels_saying import check
from pipewarden.market.rules.labels_standing import standing
from pipewarden.market.service import commissions, engaging, labelling
from pipewarden.market.service.rights import name, require_here
from pipewarden.market.store import commissions as whole_store
from pipewarden.market.store import labels
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.labels import Item, Said
    from pipewarden.people.facts import Actor

_SEED = 1 << 63
_MOST = 500  # items looked at in one round
_AGREED = 2  # people, at least: one who is right alone may be wrong
_REASON = "多人一致的答案 / several people said so"
_LIVE = {CommissionState.PUBLISHED, CommissionState.MATCHING, CommissionState.RUNNING}


def make_gold(work: Work, actor: Actor, item_id: UUID, said: Said | None, reason: str) -> Item:
    """Let an item measure people: a settled one by what it settled on, one that nobody had by the client's own word.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such item here.
        RefusedError: it is gold, somebody was told its truth, or somebody works on it.
        InputError: there is no truth, or it does not fit what is asked.
    """
    require_here(work, actor, commissions.MANAGE, "item")
    found = people.visible(labels.item(work, item_id, held=True), "item")
    if found.gold is not None:
        raise RefusedError(field="item", problem="is gold", fix="Its truth stays as it is.")
    if labels.count(work, labels.at_item(found.id), labels.in_states(AnswerState.WRONG, AnswerState.RETURNED)):
        raise RefusedError(field="item", problem="was told to who got it wrong", fix="Take another one.")
    if found.state is not ItemState.SETTLED and found.asked:
        raise RefusedError(field="item", problem="is being answered", fix="Wait until it is settled.")
    truth = said or found.settled
    if truth is None or (found.settled is not None and said not in {None, found.settled}):
        fix = "Give the truth of an open item; of a settled one it is what was settled."
        raise InputError(field="said", problem="is no truth of this item", fix=fix)
    check(truth, found.kind, perceive.hazards().ids)
    _turn(work, found, truth, reason, by=name(actor))
    people.record(work, actor, "label.gold", ("item", found.id), {})
    return people.visible(labels.item(work, found.id), "item")


def refill(work: Work, commission_id: UUID) -> int:
    """Make gold of settled items where somebody who works for a commission would run out of it; return how many.

    Taken are items on which at least two people agreed, nobody was wrong, and who answered stands good.
    """
    commission = whole_store.one(work, whole_store.mine(work), commission_id)
    if commission is None or commission.state not in _LIVE:
        return 0
    rules, parts = labelling.policy(work), engaging.engaged(work, commission_id)
    left = {one.person_id: one.volume - labelling.used(work, one.id) for one in parts}
    gold = labels.gold_had(work, commission_id, worn=rules.gold_worn)
    fresh = {who: sum(who not in had for had in gold.values()) for who in left}
    short = short_of(left, fresh, rules)
    if not short:
        return 0
    settled = labels.agreed(work, commission_id, least=_AGREED, limit=_MOST)
    marks = labels.gold_of(work, {who for had in settled.values() for who in had})
    good = {who for who, right in marks.items() if standing(right, rules.trial) is Standing.GOOD}
    fit = {item_id: had for item_id, had in settled.items() if had <= good}
    picked = chosen(short, fit, np.random.default_rng(int(work.chance() * _SEED)))
    for item_id in picked:
        found = labels.item(work, item_id, held=True)
        if found is not None and found.settled is not None and found.gold is None:
            _turn(work, found, found.settled, _REASON, by=None)
    return len(picked)


def _turn(work: Work, found: Item, truth: Said, reason: str, *, by: str | None) -> None:
    after = replace(
        found,
        gold=truth,
        reason=reason or found.reason,
        state=ItemState.SETTLED,
        settled=truth,
        settled_at=found.settled_at or work.now(),
    )
    labels.change_item(work, after)
    labels.tell(work, found.id, "made gold", actor=by)
