"""What other systems handed on of what people said: gone when its days are over, as the report itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.exchange.store import open311_keeping as store
from pipewarden.field import service as field
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.people.facts.privacy import DataClass, Kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.work import Work

_WAITS = "waiting"


@dataclass(frozen=True, slots=True)
class RequestKeeper:
    """Words and addresses of Open311 requests. Implements ``people.ports.Keeper``.

    How people are reached lies in the report alone, which has a keeper of its own.
    """

    cls: DataClass = DataClass.REPORTS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return requests made before a moment that still say something."""
        return [
            Kept(self.cls, str(one), people.digest_of(f"request:{one}"), at, frozenset({f"report:{one}"}))
            for one, at in store.old(work, before, after, limit)
        ]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Return those whose report a person has yet to look at."""
        return {one.id for one in items if _waits(work, UUID(one.id))}

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows; their pictures are the report's."""
        store.blank(work, [UUID(one.id) for one in items])
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:  # noqa: ARG002  the port's names
        """Return nothing: whoever told another system is no person of ours, and their own words are their report's."""
        return []


def _waits(work: Work, report_id: UUID) -> bool:
    try:
        return field.report(work, report_id).state.value == _WAITS
    except NotFoundError:  # another operator has placed it since
        return False
