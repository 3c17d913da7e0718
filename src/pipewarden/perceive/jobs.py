"""What perceive does when observations appear upstream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipewarden.perceive import service
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.inference.service import Detector, LookNet, TypeHead
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work
    from pipewarden.perceive.ports import Corridor, PictureDecoder


def make_drain(
    detector: Detector,
    look: LookNet,
    types: TypeHead,
    decoder: PictureDecoder,
    blobs: BlobStore,
    *,
    stopwatch: Callable[[], float] = time.perf_counter,
    corridor: Corridor = service.nowhere,
) -> Drain:
    """Return the drain of ``sense.observed``: every observation is screened once and SCREENED is emitted for it."""
    eye = service.Eye(
        detector=detector, look=look, types=types, decoder=decoder, stopwatch=stopwatch, corridor=corridor
    )

    def drain(work: Work, facts: list[FactRef]) -> None:
        ids = list(dict.fromkeys(fact.fact_id for fact in facts))
        observations = sense.observations(work, ids)
        if missing := [str(one) for one in ids if one not in observations]:
            raise RuntimeError(f"observed but not in the database: {', '.join(missing)}")
        service.screen(work, eye, blobs, [observations[one] for one in ids])

    return drain
