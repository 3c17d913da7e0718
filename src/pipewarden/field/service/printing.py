"""Looking at reported pictures: each is compared with the tenant's earlier ones, and a copy is linked to its original.

A copy is a report like any other: it raises what it raises. It is marked, because nobody is paid twice for one picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.field.rules import likeness
from pipewarden.field.store import prints
from pipewarden.field.store import reports as store
from pipewarden.field.store.report_tables import ReportRow
from pipewarden.kit.errors import InputError
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.field.facts.reports import Report
    from pipewarden.field.rules.likeness import Print
    from pipewarden.inference.service import LookNet
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.perceive.service import PictureDecoder
    from pipewarden.sense.facts import Observation

_BACK = timedelta(days=365)
_MOST_KNOWN = 5000
_CLOSER = 40  # candidates whose points are compared, 8 ms each
_WANTED = (640, 480)


@dataclass(frozen=True, slots=True)
class Seer:
    """What it takes to look: who decodes, and the look net where there is one."""

    decoder: PictureDecoder
    blobs: BlobStore
    look: LookNet | None = None


def compare(work: Work, seer: Seer, observation_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Look at those observations that are pictures of reports, once; return by report what it is a copy of.

    A picture that cannot be decoded has no print and is a copy of nothing.

    Raises:
        UnavailableError: the decoder or the net is down; nothing was written.
    """
    by_id = {each: one for one in store.of_observations(work, observation_ids) for each in one.observations}
    done = prints.known(work, by_id)
    seen = sense.observations(work, [one for one in by_id if one in set(observation_ids) and one not in done])
    found: dict[UUID, UUID] = {}
    for observation in sorted((one for one in seen.values() if one.picture), key=lambda one: one.id):
        original = _look(work, seer, by_id[observation.id], observation)
        if original is not None:
            found[by_id[observation.id].id] = original
    return found


def _look(work: Work, seer: Seer, report: Report, observation: Observation) -> UUID | None:
    try:
        picture = seer.blobs.get(observation.picture)
        pixels = seer.decoder.decode(picture, name=observation.picture_name, wanted=_WANTED).pixels
    except InputError:  # gone, or no picture after all
        return None
    query = _prints(seer, pixels)
    store.lock(work, f"prints:{work.tenant_id}")
    original = _original(work, report, query)
    prints.add(work, observation.id, report.id, report.received_at, query[0])
    if original is not None and original != report.id:
        store.change(work, report.id, copy_of=original)
    return original


def _prints(seer: Seer, pixels: NDArray[np.uint8]) -> list[Print]:
    """Return how a picture looks, plain and in a mirror."""
    both = [pixels, likeness.mirrored(pixels)]
    made = [likeness.print_of(one) for one in both]
    if seer.look is None:
        return made
    views = seer.look.features([likeness.square(one, seer.look.side) for one in both])
    length = np.maximum(np.linalg.norm(views, axis=1, keepdims=True), 1e-12)
    return [replace(one, features=tuple(row)) for one, row in zip(made, (views / length).tolist(), strict=True)]


def _original(work: Work, report: Report, query: Sequence[Print]) -> UUID | None:
    """Return the first report that showed this picture; None where none did."""
    known = prints.heads(work, report.received_at - _BACK, but=report.id, limit=_MOST_KNOWN)
    near = likeness.candidates(query, [one for _, _, one in known], _CLOSER)
    for place in sorted(near):  # oldest first: the original is the first that is found
        observation_id, report_id, _ = known[place]
        whole = prints.whole(work, observation_id)
        if whole is not None and likeness.same_picture(query, whole):
            (found,) = store.reports(work, ReportRow.id == report_id, limit=1)
            return found.copy_of or found.id
    return None
