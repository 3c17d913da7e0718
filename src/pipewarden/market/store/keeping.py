"""What the market still has of old pictures, deliveries and examples: every query of retention, and of forgetting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import any_, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB

from pipewarden.market.facts.foundry import Life
from pipewarden.market.store.commission_tables import CommissionRow, DeliveryRow
from pipewarden.market.store.foundry_tables import ExampleRow, VersionRow
from pipewarden.market.store.label_tables import LabelAnswerRow, LabelItemRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.work import Work

GONE = "gone:"  # and the row's id: the name of a delivery whose file went
_UNUSED = (Life.DRAFT.value, Life.REFUSED.value, Life.ROLLED_BACK.value)


@dataclass(frozen=True, slots=True)
class Old:
    """One thing whose days may be over: since when they count, the hash of its content, whose it is."""

    id: UUID
    digest: str
    at: datetime
    about: tuple[UUID, ...]
    of: UUID


_Past = tuple[Any, str]  # since, id


def pictures(
    work: Work,
    *,
    before: datetime | None = None,
    after: _Past | None = None,
    author: UUID | None = None,
    limit: int,
) -> list[Old]:
    """Return masked pictures of items of the tenant that are there, by (end of the commission, id).

    Args:
        work: the unit of work.
        before: the commission ended at this moment or earlier; None for those that run, too.
        after: past this one.
        author: only those that show this person's own work.
        limit: pictures at most.
    """
    at = func.coalesce(CommissionRow.ended_at, LabelItemRow.made_at)
    asked = (
        select(LabelItemRow.id, LabelItemRow.picture, at, LabelItemRow.authors, LabelItemRow.commission_id)
        .join(CommissionRow, CommissionRow.id == LabelItemRow.commission_id)
        .where(LabelItemRow.tenant_id == work.tenant_id, LabelItemRow.picture.is_not(None))
    )
    if author is not None:
        asked = asked.where(literal(author) == any_(LabelItemRow.authors))
    if before is not None:
        asked = asked.where(CommissionRow.ended_at <= before)
    return _past(work, asked.limit(limit), at, LabelItemRow.id, after)


def blank_pictures(work: Work, ids: Collection[UUID]) -> None:
    """Take the pictures out of items; what was answered and settled stays."""
    mine = (LabelItemRow.tenant_id == work.tenant_id, LabelItemRow.id.in_(ids))
    work.session.execute(update(LabelItemRow).where(*mine).values(picture=None))


def pictures_named(work: Work, digests: Collection[str]) -> set[str]:
    """Return those of the pictures that any item, of any tenant, still names."""
    asked = select(LabelItemRow.picture).where(LabelItemRow.picture.in_(digests)).distinct()
    return {one for one in work.session.scalars(asked) if one is not None}


def deliveries(work: Work, *, before: datetime, after: _Past | None, limit: int) -> list[Old]:
    """Return deliveries of ended commissions of the tenant whose ZIP is there, by (end of the commission, id)."""
    at = CommissionRow.ended_at
    asked = (
        select(DeliveryRow.id, DeliveryRow.sha256, at, DeliveryRow.person_id, DeliveryRow.commission_id)
        .join(CommissionRow, CommissionRow.id == DeliveryRow.commission_id)
        .where(DeliveryRow.tenant_id == work.tenant_id, ~DeliveryRow.sha256.startswith(GONE), at <= before)
    )
    return _past(work, asked.limit(limit), at, DeliveryRow.id, after)


def blank_deliveries(work: Work, ids: Collection[UUID]) -> None:
    """Take the files out of deliveries; names, judgement and pay stay."""
    mine = (DeliveryRow.tenant_id == work.tenant_id, DeliveryRow.id.in_(ids))
    work.session.execute(update(DeliveryRow).where(*mine).values(sha256=func.concat(GONE, DeliveryRow.id)))


def deliveries_named(work: Work, digests: Collection[str]) -> set[str]:
    """Return those of the files that any delivery, of any tenant, still names."""
    return set(work.session.scalars(select(DeliveryRow.sha256).where(DeliveryRow.sha256.in_(digests)).distinct()))


def examples(work: Work, *, before: datetime, after: _Past | None, limit: int) -> list[Old]:
    """Return labelled pictures of the tenant's capabilities, by (made, id)."""
    at = ExampleRow.made_at
    asked = select(ExampleRow.id, ExampleRow.sha256, at, ExampleRow.line_id, ExampleRow.line_id)
    mine = asked.where(ExampleRow.tenant_id == work.tenant_id, at <= before)
    return _past(work, mine.limit(limit), at, ExampleRow.id, after)


def lines_in_use(work: Work, line_ids: Collection[UUID]) -> set[UUID]:
    """Return capabilities with a version that was measured and is not taken back: figures stand on its pictures."""
    asked = select(VersionRow.line_id).where(VersionRow.line_id.in_(line_ids), VersionRow.state.not_in(_UNUSED))
    return set(work.session.scalars(asked.distinct()))


def example_lines(work: Work, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return by labelled picture the capability that it is of."""
    asked = select(ExampleRow.id, ExampleRow.line_id).where(ExampleRow.id.in_(ids))
    return {row[0]: row[1] for row in work.session.execute(asked)}


def drop_examples(work: Work, ids: Collection[UUID]) -> None:
    """Delete labelled pictures with their features."""
    mine = (ExampleRow.tenant_id == work.tenant_id, ExampleRow.id.in_(ids))
    work.session.execute(delete(ExampleRow).where(*mine))


def comments(work: Work, person_id: UUID, most: int) -> list[tuple[datetime, str]]:
    """Return what a person wrote beside their answers, of whatever tenant, the newest first, and when."""
    comment = LabelAnswerRow.said["comment"].astext
    mine = (LabelAnswerRow.person_id == person_id, comment != "")
    asked = select(LabelAnswerRow.given_at, comment).where(*mine).order_by(LabelAnswerRow.id.desc()).limit(most)
    return [(at, words) for at, words in work.session.execute(asked)]


def forget_labeller(work: Work, person_id: UUID) -> int:
    """Take away what a person wrote beside answers and deliveries, and that items show their work; return how many."""
    comment = LabelAnswerRow.said["comment"].astext
    answers = (
        update(LabelAnswerRow)
        .where(LabelAnswerRow.person_id == person_id, comment != "")
        .values(said=func.jsonb_set(LabelAnswerRow.said, ["comment"], literal("", JSONB)))
        .returning(LabelAnswerRow.id)
    )
    words = (
        update(DeliveryRow)
        .where(DeliveryRow.person_id == person_id, DeliveryRow.words != "")
        .values(words="")
        .returning(DeliveryRow.id)
    )
    shown = (
        update(LabelItemRow)
        .where(LabelItemRow.tenant_id == work.tenant_id, literal(person_id) == any_(LabelItemRow.authors))
        .values(authors=func.array_remove(LabelItemRow.authors, person_id))
        .returning(LabelItemRow.id)
    )
    return sum(len(work.session.scalars(one).all()) for one in (answers, words, shown))


def _past(work: Work, asked: Any, at: Any, row_id: Any, after: _Past | None) -> list[Old]:
    """Return what a query finds past ``after``, in order; who it is about may be one id, or a list."""
    if after is not None:
        asked = asked.where(tuple_(at, row_id) > (after[0], UUID(after[1])))
    return [
        Old(one, digest or "", moment, tuple(about) if isinstance(about, list) else (about,), of)
        for one, digest, moment, about, of in work.session.execute(asked.order_by(at, row_id))
    ]
