"""The commissioning test of a camera: does the screen find a machine near, in the middle and far away in this view?

*Pasted* (合成贴图) machines stand in the camera's own picture as large as they would be; *staged* ones really stood
there, as a person says. Both are recorded with the model and shown beside the camera, and counted in no accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.locate import store
from pipewarden.locate.facts import Band, BandResult, Commissioning, CommissionKind
from pipewarden.locate.rules import fits, is_there, paste, spots
from pipewarden.locate.service.placing import solved
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import CutOut
    from pipewarden.locate.rules import Spot
    from pipewarden.perceive.facts import Box
    from pipewarden.perceive.service import Eye
    from pipewarden.sense.facts import Camera, Observation

DRAWS = 20
MOST_DRAWS = 200
_TRIES = 20  # for one draw: a spot may lie under what the screen raises anyway, or too near the edge
_MOST_STAGED = 500


def commission(
    work: Work, eye: Eye, blobs: BlobStore, camera: Camera, cut_outs: Sequence[CutOut], *, draws: int, actor: str
) -> Commissioning:
    """Paste machines into the camera's reference view, or its newest picture, ask the screen, and record its recall.

    Args:
        work: of the camera's tenant.
        eye: the screen as it looks at pictures of this camera.
        blobs: holds the picture.
        camera: calibrated, not moving.
        cut_outs: rendered machines.
        draws: machines pasted in each band, one at a time.
        actor: who asked for it.

    Raises:
        InputError: the camera is not calibrated, moves, or has no picture that can still be read.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise InputError(field="draws", problem=f"is {draws}", fix=f"Give 1 to {MOST_DRAWS}.")
    placed = solved(camera)
    shown, pixels = _picture(work, eye, blobs, camera)
    size = (pixels.shape[1], pixels.shape[0])
    if (problem := fits(placed, size)) is not None:
        raise InputError(field="calibration", problem=problem, fix="Calibrate the stream that is looked at.")
    already = perceive.raised_in(eye, shown, pixels)
    chance = np.random.default_rng(work.ids.new().int)
    results = []
    for band, places in spots(placed, size).items():
        pasted = [one for _ in range(draws) if (one := _draw(pixels, cut_outs, places, already, chance)) is not None]
        found = sum(is_there(box, perceive.raised_in(eye, shown, picture)) for picture, box in pasted)
        away = [one.away_m for one in places] or [0.0]
        results.append(BandResult(band, min(away), max(away), len(pasted), found))
    how = _How(CommissionKind.PASTED, eye.detector.ref.label, shown.id, actor)
    return _recorded(work, camera, how, results)


def staged(work: Work, camera: Camera, band: Band, since: datetime, until: datetime, *, actor: str) -> Commissioning:
    """Record in how many of a camera's pictures the screen raised a machine while one stood there, as a person says.

    Args:
        work: of the camera's tenant.
        camera: whose pictures.
        band: how far away it stood.
        since: from when on it stood there.
        until: until when.
        actor: who says so.

    Raises:
        InputError: the span is none in the past, or holds more than 500 pictures or none that was looked at.
    """
    if not since < until <= work.now():
        raise InputError(field="until", problem="is not after since, or not past yet", fix="Name a span in the past.")
    frames = sense.frames(work, camera.key, since, until, limit=_MOST_STAGED + 1)
    if len(frames) > _MOST_STAGED:
        raise InputError(field="until", problem=f"is past {_MOST_STAGED} pictures", fix="Name a shorter time.")
    screened = perceive.screened(work, [one.id for one in frames])
    seen = [one for one in screened.values() if one.problem is None]
    if not seen:
        raise InputError(field="since", problem="no picture was taken then", fix="Name a time when the camera looked.")
    raised = [one for one in seen if any(finding.raises for finding in one.findings)]
    # a screen that missed the machine is named too: that is the result that matters most
    models = {one.model for one in seen if one.model is not None}
    result = BandResult(band, None, None, len(seen), len(raised))
    label = ", ".join(sorted(models)) or "unknown"
    return _recorded(work, camera, _How(CommissionKind.STAGED, label, None, actor), [result])


def commissionings(work: Work, camera_id: UUID, *, limit: int) -> list[Commissioning]:
    """Return the camera's commissioning tests, newest first."""
    return store.commissionings(work, camera_id, limit=limit)


def _picture(work: Work, eye: Eye, blobs: BlobStore, camera: Camera) -> tuple[Observation, NDArray[np.uint8]]:
    """Return the reference view, or where its picture was let go the newest one, as the screen looks at it."""
    ids = [one.observation_id for one in perceive.reference_versions(work, camera.id)[:1]]
    newest = sense.newest_frame(work, camera.id)
    for one in [*sense.observations(work, ids).values(), *([] if newest is None else [newest])]:
        try:
            return one, perceive.pixels_of(eye, blobs, one)
        except InputError:
            continue
    raise InputError(field="camera", problem="has no picture that can be read", fix="Let it take one, then try again.")


def _draw(
    pixels: NDArray[np.uint8],
    cut_outs: Sequence[CutOut],
    places: Sequence[Spot],
    already: Sequence[Box],
    chance: np.random.Generator,
) -> tuple[NDArray[np.uint8], Box] | None:
    """Return the picture with one machine at a place where the screen raises none by itself; None without such."""
    for _ in range(_TRIES if places else 0):
        cut, spot = cut_outs[int(chance.integers(len(cut_outs)))], places[int(chance.integers(len(places)))]
        made = paste(pixels, cut, spot, mirrored=bool(chance.integers(2)))
        if made is not None and not is_there(made[1], already):
            return made
    return None


@dataclass(frozen=True, slots=True)
class _How:
    """How a test was made; see ``Commissioning``."""

    kind: CommissionKind
    model: str
    observation_id: UUID | None
    actor: str


def _recorded(work: Work, camera: Camera, how: _How, results: Sequence[BandResult]) -> Commissioning:
    made = Commissioning(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=camera.id,
        at=work.now(),
        kind=how.kind,
        model=how.model,
        observation_id=how.observation_id,
        bands=tuple(results),
        actor=how.actor,
    )
    store.add_commissioning(work, made)
    return made
