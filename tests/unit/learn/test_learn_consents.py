"""Pictures that persons sent train nothing without their yes: left out when a data set is made and when it goes out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.learn import service as learn
from pipewarden.learn.adapters.folders import OutFolder
from pipewarden.learn.facts import Recipe, Sample
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.learn.conftest import MakeSample

    from pipewarden.kit.work import Work

WHY = "was sent by a person who has not agreed to training"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    (tmp_path / "blobs").mkdir()
    return BlobStore(tmp_path / "blobs")


def somebody(work: Work) -> Actor:
    return replace(people.operator(work.tenant_id), kind=ActorKind.PERSON, id=work.ids.new())


@pytest.fixture
def came(work: Work, blobs: BlobStore, sample: MakeSample) -> Callable[..., Sample]:
    """A picture that came by a stream, as a labelled sample."""

    def make(number: int, stream: str, kind: ObservationKind = ObservationKind.SINGLE, **more: bool) -> Sample:
        content = f"picture {number}".encode()
        new = NewObservation(stream, f"{number} {stream}", kind, content, "p.jpg", **more)
        return sample(number, picture=sense.observe(work, blobs, new).picture, camera=f"cam-{number}")

    return make


def pictures(blobs: BlobStore, work: Work, label: str) -> set[str]:
    return {one.sample.picture for one in learn.members(blobs, learn.manifest(work, label))}


def test_what_a_person_sent_is_left_out_and_counted_until_they_agree(
    work: Work, blobs: BlobStore, came: Callable[..., Sample]
) -> None:
    me = somebody(work)
    mine, camera = came(1, f"person:{me.id}"), came(2, "cam-east")
    device = came(3, f"device:{work.ids.new()}")
    made = learn.make(work, blobs, "streets", [mine, camera, device], Recipe(), actor="a")
    assert pictures(blobs, work, "streets-1") == {camera.picture, device.picture}
    assert made.quality.dropped[WHY] == 1
    assert learn.manifest(work, "streets").quality.dropped[WHY] == 1, "it stands in the data set's row"
    people.say_consent(work, me, Purpose.LOCATION, 1, given=True)
    assert learn.withheld(work, [mine.picture]) == {mine.picture}, "another purpose is no consent to training"
    people.say_consent(work, me, Purpose.TRAINING, 1, given=True)
    second = learn.make(work, blobs, "streets", [mine, camera, device], Recipe(), actor="a")
    assert pictures(blobs, work, "streets-2") == {mine.picture, camera.picture, device.picture}
    assert WHY not in second.quality.dropped


def test_a_picture_that_several_sent_needs_every_one_s_consent(
    work: Work, blobs: BlobStore, came: Callable[..., Sample]
) -> None:
    me, you = somebody(work), somebody(work)
    one = came(1, f"person:{me.id}")
    content = blobs.get(one.picture)
    again = NewObservation(f"person:{you.id}", "x", ObservationKind.SINGLE, content, "p.jpg")
    assert sense.observe(work, blobs, again).picture == one.picture
    people.say_consent(work, me, Purpose.TRAINING, 1, given=True)
    assert learn.withheld(work, [one.picture]) == {one.picture}
    people.say_consent(work, you, Purpose.TRAINING, 1, given=True)
    assert learn.withheld(work, [one.picture]) == set()


def test_a_report_of_somebody_without_an_account_trains_nothing_and_a_rendered_one_may(
    work: Work, came: Callable[..., Sample]
) -> None:
    hotline = came(1, f"device:{work.ids.new()}", ObservationKind.REPORT)
    drawn = came(2, f"person:{work.ids.new()}", ObservationKind.REPORT, rendered=True)
    assert learn.withheld(work, [hotline.picture, drawn.picture]) == {hotline.picture}
    assert learn.withheld(work, []) == set()


def test_a_picture_of_gas_at_home_is_its_sender_s(
    work: Work, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, sample: MakeSample
) -> None:
    me = somebody(work)
    kept = sample(1, picture=blobs.put(b"a kitchen"))
    monkeypatch.setattr(perceive, "indoor_owners", lambda _work, asked: {one: {me.id} for one in asked})
    assert learn.withheld(work, [kept.picture]) == {kept.picture}
    people.say_consent(work, me, Purpose.TRAINING, 1, given=True)
    assert learn.withheld(work, [kept.picture]) == set()


def test_a_consent_withdrawn_after_the_data_set_was_made_holds_the_picture_back_at_the_door(
    work: Work, blobs: BlobStore, came: Callable[..., Sample], tmp_path: Path
) -> None:
    me = somebody(work)
    people.say_consent(work, me, Purpose.TRAINING, 1, given=True)
    mine, camera = came(1, f"person:{me.id}"), came(2, "cam-east")
    made = learn.make(work, blobs, "streets", [mine, camera], Recipe(), actor="a")
    counts = learn.export(work, blobs, made, OutFolder(tmp_path / "before"))
    assert sum(counts.values()) == 2
    assert "no_consent" not in counts
    people.say_consent(work, me, Purpose.TRAINING, 1, given=False)
    counts = learn.export(work, blobs, made, OutFolder(tmp_path / "after"))
    assert counts.pop("no_consent") == 1
    assert sum(counts.values()) == 1
    assert [one.name for one in (tmp_path / "after" / "images").iterdir()] == [f"{camera.picture}.jpg"]
    for document in (tmp_path / "after").glob("instances_*.json"):
        assert mine.picture not in json.dumps(json.loads(document.read_text()))
    assert pictures(blobs, work, made.label) == {mine.picture, camera.picture}, "the data set itself never changes"


def test_a_data_set_of_nothing_but_what_must_not_train_is_none(
    work: Work, blobs: BlobStore, came: Callable[..., Sample]
) -> None:
    with pytest.raises(InputError, match="1 was sent by a person"):
        learn.make(work, blobs, "streets", [came(1, f"person:{work.ids.new()}")], Recipe(), actor="a")


def test_other_tenants_senders_say_nothing_here(work: Work, came: Callable[..., Sample]) -> None:
    one = came(1, f"person:{work.ids.new()}")
    assert learn.withheld(replace(work, tenant_id=work.ids.new()), [one.picture]) == set()
