"""Send the tenant a synthetic alarm, note when it comes through, and say how long ago one did.

The house tests itself with the pictures of a camera that stands nowhere. They take every step that a real picture
takes, in the same queues; what they become is marked as a test, is in nobody's scope, costs nothing, and a test and a
real machine never become one alarm (docs/adr/0021).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import store
from pipewarden.judge.facts import Chain, Stage, Synthetic
from pipewarden.judge.rules import EVERY, KEPT, LOUD, ON_ITS_WAY, slot_of
from pipewarden.locate import service as locate
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import NewCamera

_APART = timedelta(minutes=1)  # longer than a machine is given to drive on, or the judge would wait


def send_synthetic(work: Work, blobs: BlobStore, camera: NewCamera, pictures: Sequence[bytes]) -> bool:
    """Send the tenant its test of this quarter of an hour, unless it was sent, and return whether it was sent now.

    Args:
        work: of the tenant whose chain is tested.
        blobs: gets the pictures.
        camera: the test camera, see ``Camera.test``; registered on the way.
        pictures: rendered, of one machine that stands still; enough of them to make an alarm.

    Raises:
        InputError: a camera that watches pipes has the test camera's key.
    """
    if not camera.test:
        raise RuntimeError("a picture that is no test must not be sent as one")
    now = work.now()
    slot = slot_of(now, work.tenant_id)
    stream = f"{camera.key}/{slot:%Y-%m-%dT%H:%M:%S}"
    if not store.synthetics.begin(work, slot, stream):
        return False
    eye = sense.register_camera(work, camera)
    several = [
        NewObservation(
            stream=stream,
            source_id=str(number),
            kind=ObservationKind.FRAME,
            picture=picture,
            picture_name=f"{camera.key} {number}",
            at=now - _APART * (len(pictures) - number),
            camera_id=eye.id,
        )
        for number, picture in enumerate(pictures, start=1)
    ]
    ids = tuple(sense.observe(work, blobs, one).id for one in several)
    store.synthetics.sent(work, Synthetic(slot, stream, ids, now, None, None))
    if (came := store.synthetics.newest(work, arrived=True)) is not None:  # the last sign of life is never forgotten
        store.synthetics.forget(work, before=min(now - KEPT, came.slot))
    return True


def chain(work: Work) -> Chain | None:
    """Return how the chain of the tenant worked for does; None for the platform, which has none."""
    tenant = people.tenant_acted_for(work)
    if tenant is None:
        return None
    now, came = work.now(), store.synthetics.newest(work, arrived=True)
    since = tenant.created_at if came is None else came.sent_at
    newest = store.synthetics.newest(work)
    return Chain(
        since=since,
        age_s=max((now - since).total_seconds(), 0.0),
        loud=now - since > LOUD,
        came=came,
        sent_at=None if newest is None else newest.sent_at,
        stage=_stage(work, came, newest, now),
    )


def _stage(work: Work, came: Synthetic | None, newest: Synthetic | None, now: datetime) -> Stage | None:
    """Return where the chain is broken, as far as the newest test that is overdue tells."""
    if newest is None or now - newest.sent_at > EVERY + 2 * ON_ITS_WAY:
        return Stage.SEND
    since = None if came is None else came.slot
    late = store.synthetics.newest(work, arrived=False, after=since, before=now - ON_ITS_WAY)
    if late is None:
        return None
    screened = perceive.screened(work, late.observation_ids)
    if len(screened) < len(late.observation_ids):
        return Stage.SCREEN
    if not all(any(finding.raises for finding in one.findings) for one in screened.values()):
        return Stage.UNSEEN
    if len(locate.placements(work, late.observation_ids)) < len(late.observation_ids):
        return Stage.PLACE
    return Stage.JUDGE if dedupe.of_stream(work, late.stream) else Stage.GROUP
