"""The shipped models on real pictures, through the real decoder and the real tables."""

import itertools
import json
from pathlib import Path

import pytest

from pipewarden.inference.adapters import Models, open_models
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.work import FactRef, Work
from pipewarden.perceive.facts import FindingClass, Screened
from pipewarden.perceive.jobs import make_drain
from pipewarden.perceive.rules import distance
from pipewarden.perceive.service import screened
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.facts import NewObservation, ObservationKind

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def models() -> Models:
    if missing := {"screen", "look", "type"} - set(read_manifest(WEIGHTS)):
        pytest.skip(f"not shipped yet: {', '.join(sorted(missing))}")
    return open_models()


def _screen(
    work: Work, blobs: BlobStore, models: Models, decoder: ChildDecoder, pictures: list[Path]
) -> list[Screened]:
    drain = make_drain(models.detector, models.look, models.types, decoder, blobs)
    numbers = itertools.count()
    observations = [
        sense.observe(
            work,
            blobs,
            NewObservation(
                stream="real",
                source_id=f"{next(numbers)}",
                kind=ObservationKind.FRAME,
                picture=path.read_bytes(),
                picture_name=path.name,
            ),
        )
        for path in pictures
    ]
    facts = [FactRef("sense.observed", "real", work.tenant_id, one.id) for one in observations]
    while facts:
        facts = facts[drain(work, facts) :]
    answers = screened(work, [one.id for one in observations])
    return [answers[one.id] for one in observations]


def test_excavators_are_found_typed_and_remembered(
    work: Work, tmp_path: Path, models: Models, decoder: ChildDecoder, shared_data: Path
) -> None:
    document = json.loads((shared_data / "construction" / "instances_val.json").read_text())
    large = {
        note["image_id"]
        for note in document["annotations"]
        if note["category_id"] == 1 and note["bbox"][2] * note["bbox"][3] > 200 * 200
    }
    pictures = [
        shared_data / "construction" / "images" / record["file_name"]
        for record in document["images"]
        if record["id"] in large
    ][:10]
    answers = _screen(work, BlobStore(tmp_path), models, decoder, pictures)
    assert all(one.problem is None for one in answers)
    machines = [
        [finding for finding in one.findings if finding.cls is FindingClass.MACHINE and finding.raises]
        for one in answers
    ]
    assert sum(bool(found) for found in machines) >= 8
    kinds = [found[0].type for found in machines if found]
    assert kinds.count("excavator") >= 0.6 * len(kinds)
    for found in machines:
        for finding in found:
            assert finding.look is not None
            assert len(finding.look.features) == models.look.width
            assert finding.box.w > 0
            assert finding.box.h > 0


def test_the_same_place_looks_alike_from_frame_to_frame_and_other_places_do_not(
    work: Work, tmp_path: Path, models: Models, decoder: ChildDecoder, shared_data: Path
) -> None:
    folder = shared_data / "sequences" / "dashcam_workzone_chicago"
    pictures = sorted(folder.rglob("*.jpg"))[:30]
    assert len(pictures) == 30
    answers = _screen(work, BlobStore(tmp_path), models, decoder, pictures)
    looks = [one.findings[0].look for one in answers if one.findings and one.findings[0].look is not None]
    assert len(looks) >= 5
    near = [distance(a.dhash, b.dhash) for a, b in itertools.pairwise(looks)]
    assert min(near) < 90
    assert len({look.dhash for look in looks}) > 1
