"""What perceive does when observations appear upstream: words by the dozen, pictures a few at a time."""

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
    from pipewarden.sense.facts import Observation

MOST_PICTURES = 8  # of one transaction: half a second to a second of the network, then the next stage has its turn


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
    """Return the drain of ``sense.observed``: every observation is screened once and SCREENED is emitted for it.

    It takes all the words it is given, and ``MOST_PICTURES``.
    """
    eye = service.Eye(
        detector=detector, look=look, types=types, decoder=decoder, stopwatch=stopwatch, corridor=corridor
    )

    def drain(work: Work, facts: list[FactRef]) -> int:
        ids = list(dict.fromkeys(fact.fact_id for fact in facts))
        observations = sense.observations(work, ids)
        if missing := [str(one) for one in ids if one not in observations]:
            raise RuntimeError(f"observed but not in the database: {', '.join(missing)}")
        several = _affordable([observations[one] for one in ids])
        service.screen(work, eye, blobs, several)
        taken = {one.id for one in several}
        return next((number for number, fact in enumerate(facts) if fact.fact_id not in taken), len(facts))

    return drain


def _affordable(observations: list[Observation]) -> list[Observation]:
    """Return the first observations, up to the picture that would be one too many."""
    pictures = 0
    for number, one in enumerate(observations):
        pictures += bool(one.picture)
        if pictures > MOST_PICTURES:
            return observations[:number]
    return observations
