"""Which pictures of the house's own looks stay: all that show something, of the quiet ones a sample.

A picture goes only after the screen found nothing on it, after a time of grace, and after proof that nothing points at
it; the observation and its screened fact stay. What somebody sent is never thinned.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.standstill import may_delete
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, Kept
from pipewarden.sense import service as sense
from pipewarden.sense import store
from pipewarden.sense.facts import Keeping
from pipewarden.sense.rules import Cadence, keeping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.sense.ports import InUse

GRACE_S = 3600.0


def settle_screened(work: Work, quiet: Mapping[UUID, bool], *, cadence: Cadence | None = None) -> dict[UUID, Keeping]:
    """Decide what becomes of the pictures of screened observations and return it; done twice it changes nothing.

    Args:
        work: the unit of work.
        quiet: by observation, whether the screen could read it and found nothing at all. Observations that no look of
            the house took are left alone.
        cadence: the numbers.
    """
    looks = store.looks_of(work.session, work.tenant_id, quiet)
    if not looks:
        return {}
    seen = store.samples(work.session, {look.camera_id for look in looks})
    fates: dict[UUID, Keeping] = {}
    for look in looks:
        sampled_at, since = seen.get(look.camera_id, (None, 0))
        fate = keeping(
            quiet=quiet[look.observation_id],
            close=look.close,
            at=look.at,
            sampled_at=sampled_at,
            since_sample=since,
            cadence=cadence or Cadence(),
        )
        if fate is Keeping.SAMPLED:
            seen[look.camera_id] = (look.at, 0)
        elif fate is Keeping.QUIET:
            seen[look.camera_id] = (sampled_at or look.at, since + 1)
        fates[look.observation_id] = fate
    store.mark_looks(work.session, fates, work.now())
    return fates


def drop_quiet(work: Work, blobs: BlobStore, in_use: InUse, *, grace_s: float = GRACE_S, most: int = 200) -> int:
    """Delete pictures of quiet looks that nothing points at and return how many looks lost theirs.

    Each picture's name is held alone before the proof, so that nobody can begin to point at it between proof and
    deletion. One that is needed after all is kept for good. A crash after the deletion leaves the row for the next run.
    While a backup reads the pictures none is deleted.
    """
    before = work.now() - timedelta(seconds=grace_s)
    looks = store.droppable(work.session, work.tenant_id, before=before, most=most)
    held = {
        picture
        for picture in sorted({picture for _, picture in looks})
        if store.hold_picture(work.session, picture, alone=True)
    }
    if not held or not may_delete(work.session):
        return 0
    needed = store.shared_pictures(work.session, held) | in_use(work, held) | _on_hold(work, looks)
    gone = [one for one, picture in looks if picture in held - needed]
    for picture in sorted(held - needed):
        blobs.path(picture).unlink(missing_ok=True)
    _prove(work, sorted(held - needed))
    store.mark_looks(
        work.session,
        dict.fromkeys(gone, Keeping.DROPPED)
        | {one: Keeping.FOUND for one, picture in looks if picture in needed & held},
        work.now(),
    )
    return len(gone)


def _on_hold(work: Work, looks: Sequence[tuple[UUID, str]]) -> set[str]:
    """Return the pictures that a legal hold keeps, by their own name or by their camera's."""
    taken = sense.observations(work, [one for one, _ in looks])
    return {
        picture
        for one, picture in looks
        if people.held(work, DataClass.LOOKS, {f"picture:{picture}", f"camera:{taken[one].camera_id}"})
    }


def _prove(work: Work, pictures: Sequence[str]) -> None:
    now, nobody = work.now(), frozenset[str]()
    gone = [Kept(DataClass.LOOKS, one, one, now, nobody) for one in pictures]
    people.prove_deleted(work, DataClass.LOOKS, gone, "quiet: a sample that showed nothing")
