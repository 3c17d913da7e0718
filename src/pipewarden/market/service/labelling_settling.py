"""Rounds of labelling: late turns go back, answers that agree settle, settled work is charged, doubt asks one more.

A round is told nothing and remembers nothing: it takes what stands in the tables, so that a second one changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.market.facts.labels import AnswerState, ItemState, LabelKind, Said, Standing
from pipewarden.market.facts.metering import Meter
from pipewarden.market.rules import labels_settling
from pipewarden.market.rules.labels_standing import standing
from pipewarden.market.service import engaging, labelling, labelling_gold
from pipewarden.market.store import labels
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.labels import Item

_S = AnswerState
_DONE = (_S.GIVEN, _S.RIGHT, _S.WRONG)
_BATCH = 500
_CONTEXT = 20_000  # answers of a commission that weigh its people, the newest


def settle(work: Work, commission_id: UUID) -> int:
    """Settle what a commission's people agree on; return how many items moved.

    Where they do not agree one more person is asked, up to the policy's most; then a reviewer decides.
    """
    ready = labels.ready(work, commission_id, limit=_BATCH)
    if not ready:
        return 0
    rules = labelling.policy(work)
    items, given = known(work, commission_id, ready)
    gold = {key: one.gold for key, one in items.items() if one.gold is not None}
    found = labels_settling.weigh(given, gold, perceive.hazards().ids, rules)
    for item_id in ready:
        item, reckoned = labels.item(work, item_id, held=True), found.items[str(item_id)]
        if item is None or item.state is not ItemState.OPEN:
            continue  # its client was faster
        if reckoned.sure >= rules.sure:
            settle_on(work, item, reckoned.said, by=None, sure=round(reckoned.sure, 6))
        elif item.wanted < rules.overlap_most:
            labels.change_item(work, replace(item, wanted=item.wanted + 1))
            labels.tell(work, item.id, "one more asked", actor=None, sure=round(reckoned.sure, 6))
        else:
            labels.change_item(work, replace(item, state=ItemState.REVIEW))
            labels.tell(work, item.id, "review wanted", actor=None, sure=round(reckoned.sure, 6))
    return len(ready)


def settle_on(work: Work, item: Item, said: Said, *, by: str | None, sure: float = 1.0) -> None:
    """Write down what an item settled on, and for each answer whether it agrees, with the reason where not.

    Of one that was paid before, too: it stays paid.
    """
    rules, now = labelling.policy(work), work.now()
    labels.change_item(work, replace(item, state=ItemState.SETTLED, settled=said, settled_at=now))
    labels.tell(work, item.id, "settled", actor=by, sure=sure)
    for one in labels.answers(work, labels.at_item(item.id), labels.in_states(*_DONE), limit=_BATCH, held=True):
        labels.change_answer(work, labels_settling.judged(one, said, rules))


def charge_due(work: Work) -> int:
    """Charge answers whose hold is over and whose person stands good; return how many were charged.

    Right ones; and given ones whose item nobody has settled by then, for nobody waits for ever (safety.md T8: 72 h).
    A part whose money was settled pays nothing more: what was never proved by then is not paid.
    """
    return _charge(work, labels.of_tenant(work))


def charge_parts(work: Work, *engagement_ids: UUID) -> int:
    """Charge what is due of parts; return how much was charged. Whoever calls holds none of their budgets."""
    done = 0
    while found := _charge(work, labels.of_engagement(*engagement_ids)):
        done += found
    return done


def _charge(work: Work, scope: ColumnElement[bool]) -> int:
    """Charge what is due, part by part: neither who is on trial nor a part without money keeps others waiting.

    Every answer is locked before the first budget is, and read as it stands then: what a reviewer or another round
    found wrong meanwhile is not paid.
    """
    rules, now = labelling.policy(work), work.now()
    due = (labels.in_states(_S.GIVEN, _S.RIGHT), labels.unpaid(now - rules.hold), labels.payable())
    parts = labels.parts_of(work, scope, *due)
    gold = labels.gold_of(work, set(parts.values()))
    good = sorted(one for one, who in parts.items() if standing(gold[who], rules.trial) is Standing.GOOD)
    waiting = {one: labels.answers(work, labels.of_engagement(one), *due, limit=_BATCH, held=True) for one in good}
    charged = 0
    for part in [one for one in good if waiting[one]]:
        said = engaging.charge(work, part, [str(one.item_id) for one in waiting[part]])
        for one, meter in zip(waiting[part], said, strict=True):
            if isinstance(meter, Meter):
                state = _S.RIGHT if one.measures else one.state  # gold that stayed "given" would be told by it
                labels.change_answer(work, replace(one, state=state, charged_at=now))
                charged += 1
    return charged


def round_of(work: Work) -> int:
    """Go once through a tenant's work: late turns back, agreement settled, work charged; return how much moved."""
    moved = 0
    for commission_id in labels.commissions_working(work):
        moved += labelling.release(work, commission_id) + settle(work, commission_id)
        moved += labelling_gold.refill(work, commission_id)
    return moved + charge_due(work)


def tenants_working(work: Work) -> list[UUID]:
    """Return the tenants whose labelling has something for a round to do."""
    return labels.tenants_working(work, work.now() - labelling.policy(work).hold)


def kind_of_tool(tool: str) -> LabelKind:
    """Return what the items of a commission ask, by the tool that it names."""
    return {"pricing": LabelKind.PRICE, "plan_review": LabelKind.DISPUTE}.get(tool, LabelKind.HAZARDS)


def known(work: Work, commission_id: UUID, ready: Sequence[UUID]) -> tuple[dict[str, Item], dict[str, dict[str, Said]]]:
    """Return items, and what people answered to each: those that are ready, and the newest others as context."""
    scopes = [labels.at_items(ready)] if ready else []
    scopes.append(labels.of_commission(commission_id))
    given: dict[str, dict[str, Said]] = defaultdict(dict)
    for scope in scopes:
        for one in labels.answers(work, scope, labels.in_states(*_DONE), limit=_CONTEXT):
            if one.said is not None:
                given[str(one.item_id)][str(one.person_id)] = one.said
    return {str(one.id): one for one in labels.items_by_id(work, [UUID(key) for key in given])}, dict(given)
