"""What people reported, answered and did standing by: for how long, and how it goes; that it was, and when, stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.field.store import keeping as store
from pipewarden.field.store import keeping_work as worked
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, Kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class ReportKeeper:
    """Implements ``people.ports.Keeper``.

    Attributes:
        blobs: where pictures lie whose report waits for a person.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.REPORTS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return reports received before a moment that still say something."""
        return [_kept(one) for one in store.old(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Return those that a person has yet to look at."""
        return {str(one.id) for one in store.by_id(work, [UUID(one.id) for one in items]) if one.waits}

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows, then delete files that no other report names."""
        ids = [UUID(one.id) for one in items]
        pictures = {picture for one in store.by_id(work, ids) for picture in one.pictures}
        store.blank(work, ids)
        for one in sorted(pictures):
            if not store.named(work, one):
                self.blobs.path(one).unlink(missing_ok=True)
        return {one.id for one in items}

    def of_report(self, work: Work, report_id: UUID) -> list[Kept]:
        """Return what there is of one report."""
        return [_kept(one) for one in store.by_id(work, [report_id])]

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return what a person reported in their name."""
        return [_kept(one) for one in store.old(work, person_id=person_id, limit=limit)]


def _kept(one: store.OldReport) -> Kept:
    names = {f"report:{one.id}", *(f"picture:{each}" for each in one.pictures)}
    if one.person_id is not None:
        names.add(f"person:{one.person_id}")
    return Kept(DataClass.REPORTS, str(one.id), people.digest_of(str(one.id)), one.at, frozenset(names))


@dataclass(frozen=True, slots=True)
class AnswerKeeper:
    """Answers to please-check tasks: words, picture and place of a person. Implements ``people.ports.Keeper``.

    Attributes:
        blobs: where pictures of answers lie.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.REPORTS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return answers made before a moment that still say something."""
        return [_work(self.cls, "answer", one) for one in worked.answers(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what was seen there stands on the site."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows, then delete files that no other answer names."""
        for one in sorted(worked.blank_answers(work, [UUID(one.id) for one in items])):
            self.blobs.path(one).unlink(missing_ok=True)
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return what a person answered."""
        return [_work(self.cls, "answer", one) for one in worked.answers(work, person_id=person_id, limit=limit)]


@dataclass(frozen=True, slots=True)
class CheckKeeper:
    """Where somebody stood by: a position is sensitive (PIPL art. 28). Implements ``people.ports.Keeper``.

    The check itself is the record of the works; its picture is evidence of its site, and goes with that.
    """

    cls: DataClass = DataClass.TRACKS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return checks made before a moment that still say where somebody stood."""
        return [_work(self.cls, "check", one) for one in worked.checks(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: whether the place proved anything is kept without it."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Take the place out of the rows."""
        worked.blank_checks(work, [UUID(one.id) for one in items])
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return where a person stood by."""
        return [_work(self.cls, "check", one) for one in worked.checks(work, person_id=person_id, limit=limit)]


def _work(cls: DataClass, kind: str, one: worked.OldWork) -> Kept:
    names = {f"{kind}:{one.id}", one.about, f"person:{one.person_id}"}
    if one.picture:
        names.add(f"picture:{one.picture}")
    return Kept(cls, str(one.id), people.digest_of(f"{kind}:{one.id}"), one.at, frozenset(names))


def answered_by(work: Work, person_id: UUID, limit: int) -> list[dict[str, object]]:
    """Return a person's answers to tasks in the tenant worked for: for themselves alone."""
    return [
        {
            "task_id": str(one.task_id),
            "at": one.at.isoformat(),
            "seen": one.seen,
            "words": one.words,
            "lon": one.lon,
            "lat": one.lat,
            "picture": bool(one.picture),
        }
        for one in worked.said_by(work, person_id, limit)[0]
    ]


def stood_by(work: Work, person_id: UUID, limit: int) -> list[dict[str, object]]:
    """Return a person's checks of standing by in the tenant worked for: for themselves alone."""
    return [
        {
            "site_id": str(one.site_id),
            "at": one.at.isoformat(),
            "words": one.words,
            "lon": one.lon,
            "lat": one.lat,
            "picture": bool(one.picture),
        }
        for one in worked.said_by(work, person_id, limit)[1]
    ]
