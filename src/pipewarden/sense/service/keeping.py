"""Which pictures and tracks sense keeps for how long: the keepers of three classes of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, Kept
from pipewarden.sense import store
from pipewarden.sense.store import keeping

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Told
    from pipewarden.sense.ports import InUse


@dataclass(frozen=True, slots=True)
class PictureKeeper:
    """Pictures of observations, of cameras or sent. Implements ``people.ports.Keeper``.

    Attributes:
        cited: names those that prove something elsewhere: a site's alarm.
    """

    cls: DataClass
    blobs: BlobStore
    cited: InUse

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return pictures that came last before a moment."""
        looks = self.cls is DataClass.LOOKS
        found = keeping.old_pictures(work.session, work.tenant_id, looks=looks, before=before, after=after, limit=limit)
        return [self._kept(one) for one in found]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Return those that prove something elsewhere."""
        return self.cited(work, {one.id for one in items})

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Delete files whose names nobody holds just now; one that another tenant has too stays with that tenant."""
        names = sorted(one.id for one in items)
        free = [one for one in names if store.hold_picture(work.session, one, alone=True)]
        shared = keeping.others_have(work.session, work.tenant_id, free) if free else set()
        for one in free:
            if one not in shared:
                self.blobs.path(one).unlink(missing_ok=True)
        return set(free)

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return what a person sent; what cameras took is nobody's own."""
        if self.cls is DataClass.LOOKS:
            return []
        found = keeping.old_pictures(work.session, work.tenant_id, looks=False, owner_id=person_id, limit=limit)
        return [self._kept(one) for one in found]

    def of_observations(self, work: Work, observation_ids: Collection[UUID]) -> list[Kept]:
        """Return the pictures that came with these observations alone: what others sent as well is not theirs."""
        names = keeping.only_in(work.session, work.tenant_id, observation_ids)
        if not names:
            return []
        found = keeping.old_pictures(work.session, work.tenant_id, looks=False, pictures=names, limit=len(names))
        return [self._kept(one) for one in found]

    def _kept(self, one: keeping.OldPicture) -> Kept:
        names = {f"picture:{one.picture}", *(f"camera:{each}" for each in one.cameras)}
        names |= {f"person:{each}" for each in one.owners}
        return Kept(self.cls, one.picture, one.picture, one.since, frozenset(names))


class TrackKeeper:
    """Positions of trips: sensitive data by PIPL art. 28. Implements ``people.ports.Keeper``."""

    cls = DataClass.TRACKS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return positions from before a moment."""
        past = None if after is None else (after[0], UUID(after[1]))
        found = keeping.old_fixes(work.session, work.tenant_id, before=before, after=past, limit=limit)
        return [_track(*one) for one in found]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what was found on a trip keeps its own place."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Delete the rows."""
        keeping.drop_fixes(work.session, [UUID(one.id) for one in items])
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return where a person went."""
        return [
            _track(*one) for one in keeping.old_fixes(work.session, work.tenant_id, owner_id=person_id, limit=limit)
        ]


def _track(observation_id: UUID, at: datetime, camera_id: UUID, owner_id: UUID) -> Kept:
    name = str(observation_id)
    subjects = frozenset({f"camera:{camera_id}", f"person:{owner_id}"})
    return Kept(DataClass.TRACKS, name, people.digest_of(name), at, subjects)


def told_by(work: Work, person_id: UUID, limit: int) -> list[Told]:
    """Return what a person sent to the tenant worked for, newest first: for themselves alone."""
    return keeping.told_by(work.session, work.tenant_id, person_id, limit)


def forget_words_of(work: Work, observation_ids: Collection[UUID]) -> None:
    """Take the words out of what was told with these observations; place and kind stay: something was there."""
    keeping.forget_words_of(work.session, work.tenant_id, observation_ids)


def forget_words(work: Work, person_id: UUID) -> int:
    """Take the words out of what a person sent and return of how many; place and kind stay: something was there."""
    return keeping.forget_words(work.session, work.tenant_id, person_id)
