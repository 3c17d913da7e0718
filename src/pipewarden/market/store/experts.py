"""Every query on experts, their skills, what happened to their standing, and links of invitation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.experts import Expert, ExpertEvent, Grade, Link, Skill
from pipewarden.market.facts.labels import TOPIC, AnswerState
from pipewarden.market.rules.labels_standing import told_until
from pipewarden.market.store.expert_tables import ExpertEventRow, ExpertRow, LinkRow, SkillRow
from pipewarden.market.store.label_tables import LabelAnswerRow, LabelItemRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_SETS = ("tags", "conflicts")
_CHANGES = tuple(name for name in Expert.__slots__ if name not in {"person_id", "tenant_id", "since", "link_id"})


def add(work: Work, one: Expert) -> bool:
    """Write an expert; return whether the person was none yet."""
    made = insert(ExpertRow).values(**_values(one)).on_conflict_do_nothing().returning(ExpertRow.person_id)
    return work.session.scalar(made) is not None


def change(work: Work, one: Expert) -> None:
    """Write an expert as they are now."""
    values = _values(one)
    kept = {name: values[name] for name in _CHANGES}
    work.session.execute(update(ExpertRow).where(ExpertRow.person_id == one.person_id).values(**kept))


def one(work: Work, person_id: UUID) -> Expert | None:
    """Return an expert, of whatever tenant: experts work for all."""
    found = by_ids(work, [person_id])
    return found.get(person_id)


def held(work: Work, person_id: UUID) -> Expert | None:
    """Return an expert, locked."""
    asked = select(ExpertRow).where(ExpertRow.person_id == person_id).with_for_update()
    row = work.session.scalar(asked.execution_options(populate_existing=True))
    return None if row is None else _expert(row)


def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Expert]:
    """Return experts by person."""
    asked = select(ExpertRow).where(ExpertRow.person_id.in_(set(ids))).execution_options(populate_existing=True)
    return {row.person_id: _expert(row) for row in work.session.scalars(asked)} if ids else {}


def available(work: Work, *, limit: int) -> list[Expert]:
    """Return experts who take work, those of the best grade and of the most clients' ratings first."""
    order = (ExpertRow.grade, ExpertRow.ratings.desc(), ExpertRow.person_id)
    rows = work.session.scalars(
        select(ExpertRow)
        .where(ExpertRow.available)
        .order_by(*order)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_expert(row) for row in rows]


def tenant(work: Work, person_id: UUID, tenant_id: UUID) -> None:
    """Write where an expert registered."""
    work.session.execute(update(ExpertRow).where(ExpertRow.person_id == person_id).values(tenant_id=tenant_id))


def page(work: Work, grade: Grade | None, *, limit: int, after: UUID | None) -> list[Expert]:
    """Return experts, the first who registered first."""
    more = [] if grade is None else [ExpertRow.grade == grade.value]
    later = [] if after is None else [ExpertRow.person_id > after]
    asked = select(ExpertRow).where(*more, *later).order_by(ExpertRow.person_id).limit(limit)
    return [_expert(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def prove(work: Work, skill: Skill) -> None:
    """Add to what an expert proved of a topic."""
    values = {name: getattr(skill, name) for name in Skill.__slots__} | {"tenant_id": work.tenant_id}
    made = insert(SkillRow).values(**values)
    added = {"right": SkillRow.right + skill.right, "wrong": SkillRow.wrong + skill.wrong}
    work.session.execute(made.on_conflict_do_update(index_elements=["person_id", "topic"], set_=added))


def skills(work: Work, person_ids: Collection[UUID]) -> dict[UUID, list[Skill]]:
    """Return what persons proved, by topic in order; each asked has an entry.

    Gold that was right counts from the next day on: a count that grows at once says that the item was gold.
    """
    asked = select(SkillRow).where(SkillRow.person_id.in_(set(person_ids))).order_by(SkillRow.topic)
    found: dict[UUID, list[Skill]] = {one: [] for one in person_ids}
    hidden = _untold(work, person_ids) if found else Counter()
    for row in work.session.scalars(asked.execution_options(populate_existing=True)) if found else ():
        right = row.right - hidden[row.person_id, row.topic]
        if right or row.wrong:
            found[row.person_id].append(Skill(row.person_id, row.topic, right, row.wrong))
    return found


def _untold(work: Work, person_ids: Collection[UUID]) -> Counter[tuple[UUID, str]]:
    """Return how much of what persons were right about, by person and topic, nobody is told yet."""
    answer, item = LabelAnswerRow, LabelItemRow
    mine = (answer.person_id.in_(set(person_ids)), answer.state == AnswerState.GIVEN.value)
    today = (answer.right_first.is_(True), answer.given_at >= told_until(work.now()))
    asked = select(answer.person_id, item.gold["hazards"]).join(item, item.id == answer.item_id).where(*mine, *today)
    found: Counter[tuple[UUID, str]] = Counter()
    for person_id, hazards in work.session.execute(asked):
        found.update((person_id, topic) for topic in (TOPIC, *hazards))
    return found


def tell(work: Work, event: ExpertEvent) -> None:
    """Write what happened."""
    work.session.execute(
        insert(ExpertEventRow).values(**{name: getattr(event, name) for name in ExpertEvent.__slots__})
    )


def events(work: Work, person_id: UUID) -> list[ExpertEvent]:
    """Return what happened to an expert's standing, oldest first."""
    asked = select(ExpertEventRow).where(ExpertEventRow.person_id == person_id).order_by(ExpertEventRow.id)
    return [_event(row) for row in work.session.scalars(asked)]


def events_by_ids(work: Work, ids: Collection[UUID]) -> list[ExpertEvent]:
    """Return events by id, oldest first."""
    asked = select(ExpertEventRow).where(ExpertEventRow.id.in_(set(ids))).order_by(ExpertEventRow.id)
    return [_event(row) for row in work.session.scalars(asked)]


def add_link(work: Work, link: Link) -> None:
    """Write a link of invitation."""
    values = {name: getattr(link, name) for name in Link.__slots__} | {"tags": sorted(link.tags)}
    work.session.execute(insert(LinkRow).values(**values))


def link_by_digest(work: Work, digest: bytes, *, lock: bool = False) -> Link | None:
    """Return the link of a word."""
    asked = select(LinkRow).where(LinkRow.digest == digest)
    row = work.session.scalar((asked.with_for_update() if lock else asked).execution_options(populate_existing=True))
    return None if row is None else _link(row)


def links(work: Work, scope: ColumnElement[bool], *, limit: int, before: UUID | None) -> list[Link]:
    """Return links within ``scope``, the newest first."""
    older = [] if before is None else [LinkRow.id < before]
    asked = select(LinkRow).where(scope, *older).order_by(LinkRow.id.desc()).limit(limit)
    return [_link(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def use_link(work: Work, link_id: UUID) -> None:
    """Count one registration by a link."""
    work.session.execute(update(LinkRow).where(LinkRow.id == link_id).values(used=LinkRow.used + 1))


def end_link(work: Work, scope: ColumnElement[bool], link_id: UUID, at: datetime) -> Link | None:
    """End a link within ``scope``; return it."""
    asked = select(LinkRow).where(scope, LinkRow.id == link_id).with_for_update()
    row = work.session.scalar(asked.execution_options(populate_existing=True))
    if row is not None and row.ended_at is None:
        row.ended_at = at
        work.session.flush()
    return None if row is None else _link(row)


def _values(one: Expert) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(one, name) for name in Expert.__slots__}
    return values | {"grade": one.grade.value} | {name: sorted(getattr(one, name)) for name in _SETS}


def _expert(row: ExpertRow) -> Expert:
    values = {name: getattr(row, name) for name in Expert.__slots__}
    return Expert(**values | {"grade": Grade(row.grade)} | {name: frozenset(getattr(row, name)) for name in _SETS})


def _event(row: ExpertEventRow) -> ExpertEvent:
    return ExpertEvent(**{name: getattr(row, name) for name in ExpertEvent.__slots__})


def _link(row: LinkRow) -> Link:
    return Link(**{name: getattr(row, name) for name in Link.__slots__} | {"tags": frozenset(row.tags)})
