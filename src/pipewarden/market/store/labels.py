"""Every query on items, answers and their events."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import exists, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.labels import Answer, AnswerState, Guess, Item, ItemEvent, ItemState, LabelKind, Said
from pipewarden.market.rules.labels_drawing import Candidate
from pipewarden.market.store.commission_tables import EngagementRow
from pipewarden.market.store.expert_tables import ExpertEventRow
from pipewarden.market.store.label_tables import LabelAnswerRow, LabelEventRow, LabelItemRow
from pipewarden.market.store.payout_tables import PayeeRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_SAID = TypeAdapter(Said)
_GUESS = TypeAdapter(Guess)
LOOKED = "looked"  # what is written down of an expert when somebody looked at their answers to gold
_I, _A = LabelItemRow, LabelAnswerRow
_HELD = (AnswerState.DRAWN.value, AnswerState.RETURNED.value)
_WAITING = (AnswerState.GIVEN.value, *_HELD)
_OTHER = (AnswerState.WRONG.value, *_WAITING)
_DONE = (AnswerState.GIVEN.value, AnswerState.RIGHT.value, AnswerState.WRONG.value)


def add_items(work: Work, items: Sequence[Item]) -> int:
    """Write items; one whose source the commission has already is left out. Return how many are new."""
    if not items:
        return 0
    made = insert(_I).values([_item_values(one) for one in items]).on_conflict_do_nothing().returning(_I.id)
    return len(work.session.scalars(made).all())


def change_item(work: Work, one: Item) -> None:
    """Write an item as it is now; who calls holds it."""
    work.session.execute(update(_I).where(_I.id == one.id).values(**_item_values(one)))


def item(work: Work, item_id: UUID, *, held: bool = False) -> Item | None:
    """Return an item of the tenant worked for, locked where it is to be changed."""
    asked = select(_I).where(_I.tenant_id == work.tenant_id, _I.id == item_id)
    row = work.session.scalar((asked.with_for_update() if held else asked).execution_options(populate_existing=True))
    return None if row is None else _item(row)


def items(
    work: Work,
    commission_id: UUID,
    *,
    state: ItemState | None = None,
    gold: bool | None = None,
    limit: int,
    after: UUID | None = None,
) -> list[Item]:
    """Return items of a commission of the tenant, the first first."""
    more = ([] if state is None else [_I.state == state.value]) + ([] if after is None else [_I.id > after])
    more += [] if gold is None else [_I.gold.is_not(None) if gold else _I.gold.is_(None)]
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id)
    rows = work.session.scalars(
        select(_I).where(*mine, *more).order_by(_I.id).limit(limit).execution_options(populate_existing=True)
    )
    return [_item(row) for row in rows]


def item_of_source(work: Work, commission_id: UUID, source: str) -> Item | None:
    """Return the item of a commission of the tenant that came from a source."""
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id, _I.source == source)
    row = work.session.scalar(select(_I).where(*mine).execution_options(populate_existing=True))
    return None if row is None else _item(row)


def items_by_id(work: Work, ids: Collection[UUID]) -> list[Item]:
    """Return items of the tenant by id."""
    mine = (_I.tenant_id == work.tenant_id, _I.id.in_(ids))
    rows = work.session.scalars(select(_I).where(*mine).execution_options(populate_existing=True))
    return [_item(row) for row in rows] if ids else []


def every_item(work: Work, commission_id: UUID, *, batch: int = 500) -> Iterator[Item]:
    """Yield a commission's items, a batch in memory at a time."""
    after: UUID | None = None
    while found := items(work, commission_id, limit=batch, after=after):
        yield from found
        after = found[-1].id
        work.session.expunge_all()


def counts(work: Work, commission_id: UUID) -> dict[str, int]:
    """Return how many items of a commission of the tenant stand in each state; ``gold`` counts beside them."""
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id)
    plain = (*mine, _I.gold.is_(None))
    states = work.session.execute(select(_I.state, func.count()).where(*plain).group_by(_I.state))
    gold = work.session.scalar(select(func.count()).where(*mine, _I.gold.is_not(None))) or 0
    return {row.state: int(row[1]) for row in states} | {"gold": gold}


def candidates(work: Work, commission_id: UUID, person_id: UUID, *, worn: int, limit: int) -> list[Candidate]:
    """Return items that a person could be asked about: the least sure open ones, and gold that is not worn."""
    had = select(_A.item_id).where(_A.person_id == person_id)
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id, _I.id.not_in(had), _there())
    plain = (*mine, _I.gold.is_(None), _I.state == ItemState.OPEN.value, _I.asked < _I.wanted)
    known = (*mine, *_fresh(worn))
    rows = [
        *work.session.scalars(select(_I).where(*plain).order_by(_I.score.nulls_first(), _I.id).limit(limit)),
        *work.session.scalars(select(_I).where(*known).order_by(_I.shown, _I.id).limit(limit)),
    ]
    who = _who_has(work, [row.id for row in rows])
    return [
        Candidate(
            item_id=row.id,
            gold=row.gold is not None,
            score=row.score,
            asked=who.get(row.id, frozenset()),
            authors=frozenset(row.authors),
            shown=row.shown,
        )
        for row in rows
    ]


def _who_has(work: Work, ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    asked = select(_A.item_id, func.array_agg(_A.person_id)).where(_A.item_id.in_(ids)).group_by(_A.item_id)
    return {item_id: frozenset(people) for item_id, people in work.session.execute(asked)} if ids else {}


def _there() -> ColumnElement[bool]:
    """Return the condition for items that can be shown: a picture goes with who wants to be forgotten."""
    return or_(_I.picture.is_not(None), _I.kind == LabelKind.DISPUTE.value)


def _fresh(worn: int) -> tuple[ColumnElement[bool], ...]:
    return _I.gold.is_not(None), _I.told.is_(False), _I.shown < worn


def gold_had(work: Work, commission_id: UUID, *, worn: int) -> dict[UUID, frozenset[UUID]]:
    """Return by gold item of a commission of the tenant that still measures who had it."""
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id)
    asked = select(_I.id).where(*mine, _there(), *_fresh(worn))
    ids = list(work.session.scalars(asked))
    had = _who_has(work, ids)
    return {one: had.get(one, frozenset()) for one in ids}


def agreed(work: Work, commission_id: UUID, *, least: int, limit: int) -> dict[UUID, frozenset[UUID]]:
    """Return by settled item of a commission of the tenant who answered it, where all were right, the newest first."""
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id, _I.gold.is_(None), _there())
    right = select(func.count()).where(_A.item_id == _I.id, _A.state == AnswerState.RIGHT.value).scalar_subquery()
    other = select(func.count()).where(_A.item_id == _I.id, _A.state.in_(_OTHER)).scalar_subquery()
    settled = (_I.state == ItemState.SETTLED.value, right >= least, other == 0)
    ids = list(work.session.scalars(select(_I.id).where(*mine, *settled).order_by(_I.id.desc()).limit(limit)))
    return _who_has(work, ids)


def take(work: Work, item_id: UUID, *, gold: bool) -> bool:
    """Count one more person at an item; return whether there was room: two who ask at once are not both let in."""
    if gold:
        done = update(_I).where(_I.id == item_id, _I.told.is_(False)).values(shown=_I.shown + 1, asked=_I.asked + 1)
    else:
        room = (_I.asked < _I.wanted, _I.state == ItemState.OPEN.value)
        done = update(_I).where(_I.id == item_id, *room).values(asked=_I.asked + 1)
    return work.session.scalar(done.returning(_I.id)) is not None


def free(work: Work, item_ids: Collection[UUID]) -> None:
    """Count one person less at items that were handed back or never answered."""
    if item_ids:
        work.session.execute(update(_I).where(_I.id.in_(item_ids)).values(asked=_I.asked - 1))


def add_answer(work: Work, one: Answer) -> bool:
    """Write a turn; return whether the person had none at this item."""
    made = insert(_A).values(**_answer_values(one)).on_conflict_do_nothing().returning(_A.id)
    return work.session.scalar(made) is not None


def change_answer(work: Work, one: Answer) -> None:
    """Write a turn as it is now; who calls holds it."""
    work.session.execute(update(_A).where(_A.id == one.id).values(**_answer_values(one)))


def answer(work: Work, scope: ColumnElement[bool], answer_id: UUID) -> Answer | None:
    """Return a turn within ``scope``, locked."""
    asked = select(_A).where(scope, _A.id == answer_id).with_for_update()
    row = work.session.scalar(asked.execution_options(populate_existing=True))
    return None if row is None else _answer(row)


def answers(work: Work, *scope: ColumnElement[bool], limit: int, held: bool = False) -> list[Answer]:
    """Return turns within ``scope``, the newest first; ``held`` locks them: whoever writes them as they were must."""
    asked = select(_A).where(*scope).order_by(_A.id.desc()).limit(limit).execution_options(populate_existing=True)
    return [_answer(row) for row in work.session.scalars(asked.with_for_update() if held else asked)]


def at_item(item_id: UUID) -> ColumnElement[bool]:
    """Return the condition for an item's turns."""
    return _A.item_id == item_id


def at_items(item_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition for the turns of several items."""
    return _A.item_id.in_(item_ids)


def of_person(person_id: UUID) -> ColumnElement[bool]:
    """Return the condition for somebody's own turns, of every tenant."""
    return _A.person_id == person_id


def of_tenant(work: Work) -> ColumnElement[bool]:
    """Return the condition for turns at items of the tenant worked for."""
    return _A.tenant_id == work.tenant_id


def of_engagement(*engagement_ids: UUID) -> ColumnElement[bool]:
    """Return the condition for the turns of parts of commissions."""
    return _A.engagement_id.in_(engagement_ids)


def of_commission(commission_id: UUID) -> ColumnElement[bool]:
    """Return the condition for a commission's turns."""
    return _A.commission_id == commission_id


def in_states(*states: AnswerState) -> ColumnElement[bool]:
    """Return the condition for turns in one of the states."""
    return _A.state.in_([one.value for one in states])


def given_since(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for turns that were answered since a moment."""
    return _A.given_at >= moment


def overdue(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for turns that were not answered in time."""
    return _A.until <= moment


def unpaid(before: datetime) -> ColumnElement[bool]:
    """Return the condition for turns that were answered before a moment and are not charged."""
    return _A.charged_at.is_(None) & (_A.given_at <= before)


def count(work: Work, *scope: ColumnElement[bool]) -> int:
    """Return how many turns there are within ``scope``."""
    return work.session.scalar(select(func.count()).select_from(_A).where(*scope)) or 0


def payable() -> ColumnElement[bool]:
    """Return the condition for turns of parts whose money is not settled yet: others can be paid no more."""
    return _A.engagement_id.in_(select(EngagementRow.id).where(EngagementRow.settled.is_(False)))


def measuring() -> ColumnElement[bool]:
    """Return the condition for turns whose item was gold when it was drawn."""
    return _A.measures.is_(True)


def charged() -> ColumnElement[bool]:
    """Return the condition for turns that were charged."""
    return _A.charged_at.is_not(None)


def before(answer_id: UUID | None) -> ColumnElement[bool]:
    """Return the condition for turns older than one; all where there is none."""
    return true() if answer_id is None else _A.id < answer_id


def parts_of(work: Work, *scope: ColumnElement[bool]) -> dict[UUID, UUID]:
    """Return by part whose it is, of those with turns within ``scope``."""
    rows = work.session.execute(select(_A.engagement_id, _A.person_id).where(*scope).distinct())
    return {row.engagement_id: row.person_id for row in rows}


def states(work: Work, *scope: ColumnElement[bool]) -> Counter[AnswerState]:
    """Return how many turns within ``scope`` stand in each state."""
    rows = work.session.execute(select(_A.state, func.count()).where(*scope).group_by(_A.state))
    return Counter({AnswerState(state): int(count) for state, count in rows})


def fresh_gold(work: Work, commission_id: UUID, worn: int) -> int:
    """Return how many gold items of a commission of the tenant still measure: told to nobody, and not worn."""
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id)
    asked = select(func.count()).where(*mine, _there(), *_fresh(worn))
    return work.session.scalar(asked) or 0


def gold_of(work: Work, person_ids: Collection[UUID], until: datetime | None = None) -> dict[UUID, list[bool]]:
    """Return by person whether each gold was right at the first try, in the order in which they were answered.

    Only since somebody last looked at the person's answers (``LOOKED``): from there the count begins anew.
    """
    earlier = [] if until is None else [_A.given_at < until]
    event = ExpertEventRow
    looked = exists().where(event.person_id == _A.person_id, event.kind == LOOKED, event.at >= _A.given_at)
    measured = (_A.person_id.in_(set(person_ids)), _A.right_first.is_not(None), *earlier, ~looked)
    asked = select(_A.person_id, _A.right_first).where(*measured).order_by(_A.drawn_at, _A.id)
    found: dict[UUID, list[bool]] = {one: [] for one in person_ids}
    for person_id, right in work.session.execute(asked):
        found[person_id].append(bool(right))
    return found


def ready(work: Work, commission_id: UUID, *, limit: int) -> list[UUID]:
    """Return open items of a commission that everybody who was asked has answered, the first first."""
    given = select(func.count()).where(_A.item_id == _I.id, _A.state.in_(_DONE)).scalar_subquery()
    mine = (_I.tenant_id == work.tenant_id, _I.commission_id == commission_id, _I.gold.is_(None))
    asked = select(_I.id).where(*mine, _I.state == ItemState.OPEN.value, given >= _I.wanted)
    return list(work.session.scalars(asked.order_by(_I.id).limit(limit)))


def tenants_working(work: Work, paid_before: datetime) -> list[UUID]:
    """Return the tenants with turns that wait: for others, for their time to be over, or for their pay."""
    paid = unpaid(paid_before) & in_states(AnswerState.RIGHT)
    waiting = payable() & or_(_A.state.in_(_WAITING), paid)
    return sorted(work.session.scalars(select(_A.tenant_id).where(waiting).distinct()))


def commissions_working(work: Work) -> list[UUID]:
    """Return the tenant's commissions with turns that wait for others, or for their time to be over."""
    waiting = (of_tenant(work), payable(), _A.state.in_(_WAITING))
    return sorted(work.session.scalars(select(_A.commission_id).where(*waiting).distinct()))


def payees_of(work: Work, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return by person the hash of whom their money goes to; who named nobody is not in it."""
    asked = select(PayeeRow.person_id, PayeeRow.openid_sha256).where(PayeeRow.person_id.in_(set(person_ids)))
    return {who: hashed.hex() for who, hashed in work.session.execute(asked.order_by(PayeeRow.id)) if hashed}


def tell(work: Work, one: UUID, kind: str, *, actor: str | None, answer_id: UUID | None = None, **body: object) -> None:
    """Write down what happened to an item or an answer."""
    values = {"id": work.ids.new(), "tenant_id": work.tenant_id, "item_id": one, "answer_id": answer_id}
    work.session.execute(insert(LabelEventRow).values(at=work.now(), actor=actor, kind=kind, body=body, **values))


def events(work: Work, item_id: UUID) -> list[ItemEvent]:
    """Return what happened to an item of the tenant, the first first."""
    mine = (LabelEventRow.tenant_id == work.tenant_id, LabelEventRow.item_id == item_id)
    rows = work.session.scalars(select(LabelEventRow).where(*mine).order_by(LabelEventRow.id))
    return [ItemEvent(row.at, row.kind, row.actor, row.answer_id, row.body) for row in rows]


def _json(said: Said | Guess | None) -> dict[str, Any] | None:
    if said is None:
        return None
    adapter: TypeAdapter[Any] = _SAID if isinstance(said, Said) else _GUESS
    told: dict[str, Any] = adapter.dump_python(said, mode="json")
    return told


def _item_values(one: Item) -> dict[str, object]:
    plain = {name: getattr(one, name) for name in Item.__slots__}
    return plain | {
        "kind": one.kind.value,
        "state": one.state.value,
        "authors": list(one.authors),
        "guess": _json(one.guess),
        "score": None if one.guess is None else one.guess.score,
        "gold": _json(one.gold),
        "settled": _json(one.settled),
    }


def _item(row: LabelItemRow) -> Item:
    values = {name: getattr(row, name) for name in Item.__slots__}
    return Item(
        **values
        | {
            "kind": LabelKind(row.kind),
            "state": ItemState(row.state),
            "authors": tuple(row.authors),
            "guess": None if row.guess is None else _GUESS.validate_python(row.guess),
            "gold": None if row.gold is None else _SAID.validate_python(row.gold),
            "settled": None if row.settled is None else _SAID.validate_python(row.settled),
        }
    )


def _answer_values(one: Answer) -> dict[str, object]:
    return {name: getattr(one, name) for name in Answer.__slots__} | {"state": one.state.value, "said": _json(one.said)}


def _answer(row: LabelAnswerRow) -> Answer:
    values = {name: getattr(row, name) for name in Answer.__slots__}
    said = None if row.said is None else _SAID.validate_python(row.said)
    return Answer(**values | {"state": AnswerState(row.state), "said": said})
