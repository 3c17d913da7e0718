"""Reviewers' words become labels: the last word, the picture that was shown, whose it is, and nothing of others'."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.learn import service as learn
from pipewarden.learn.adapters.reviews import ReviewedPictures
from pipewarden.learn.facts import NO_WORKS, WORKS, Recipe, Share
from pipewarden.learn.rules import SAYS, leaks
from pipewarden.learn.service.reviews import DUPLICATE, NO_PICTURE
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.learn.facts import Manifest, Member

A, B = (100.0, 400.0, 120.0, 80.0), (900.0, 300.0, 90.0, 60.0)


def noise(count: int, stream: str) -> bytes:
    """A picture that looks like no other."""
    seed = np.random.default_rng([count, *stream.encode()])
    small = Image.fromarray(seed.integers(0, 255, (18, 32, 3)).astype(np.uint8))
    out = io.BytesIO()
    small.resize((1280, 720), Image.Resampling.NEAREST).save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    with ChildDecoder() as made:
        yield made


@pytest.fixture
def town(street: Any) -> Any:
    """The street, with real pictures."""
    street.draw = noise
    return street


def say(town: Any, alarm: UUID, code: ReviewCode) -> None:
    judge.decide(town.work, town.root(), alarm, code=code, words="", silence=None, policy=JudgePolicy())


def made(town: Any, decoder: ChildDecoder, **recipe: Any) -> tuple[Manifest, list[Member]]:
    blobs = BlobStore(town.folder)
    reviewed, _ = learn.reviewed(town.work)
    samples = list(ReviewedPictures(reviewed, decoder, blobs).samples())
    manifest = learn.make(town.work, blobs, "reviews", samples, Recipe(**recipe), actor="tester")
    return manifest, learn.members(blobs, manifest)


def test_every_code_is_read() -> None:
    assert set(SAYS) == set(ReviewCode)
    assert SAYS[ReviewCode.FILED] == WORKS, "filed works look like works"
    assert SAYS[ReviewCode.DUPLICATE] is None


def test_a_label_says_who_when_and_what_and_keeps_the_rights(town: Any, decoder: ChildDecoder) -> None:
    alarm = town.seen(2, *A)
    say(town, alarm, ReviewCode.PARKED)
    town.clock.advance(timedelta(hours=1))
    say(town, alarm, ReviewCode.DIGGING)
    _, (one,) = made(town, decoder)
    (label,) = one.sample.labels
    assert (label.cls, label.code, label.box) == (WORKS, "digging", A)
    assert label.by == f"operator:{town.root().id}"
    assert label.at == town.clock.now()
    sample = one.sample
    assert (sample.camera, sample.origin, sample.site) == ("cam-a", f"alarm:{alarm}", f"alarm:{alarm}")
    assert (sample.may_ship, sample.rendered, sample.audit) == (False, False, False)
    assert "tenant's own" in sample.licence
    assert sample.labelled == frozenset(), "nothing is said of the rest of the picture"
    assert (sample.width, sample.height) == (1280, 720)


def test_made_again_it_is_the_same_and_a_new_word_makes_the_next(town: Any, decoder: ChildDecoder) -> None:
    alarms = [town.seen(2, *A, stream=f"cam-{n}") for n in range(4)]
    for one in alarms[:3]:
        say(town, one, ReviewCode.WEATHER)
    first, before = made(town, decoder)
    assert made(town, decoder)[0] == first
    say(town, alarms[3], ReviewCode.DIGGING)
    second, after = made(town, decoder)
    assert (second.number, second.parent, len(after)) == (2, first.sha256, 4)
    shares = {one.sample.picture: one.share for one in after}
    assert {one.sample.picture: shares[one.sample.picture] for one in before} == {
        one.sample.picture: one.share for one in before
    }


def test_the_picture_is_the_one_that_was_shown_and_not_a_better_one_from_later(
    town: Any, decoder: ChildDecoder
) -> None:
    shown = town.frame(A, scores=[0.9])
    town.frame(A, scores=[0.5])
    town.judge()
    alarm = town.alarm_of(shown)
    picture = dedupe.alarm(town.work, alarm).evidence
    say(town, alarm, ReviewCode.DIGGING)
    town.seen(1, *A, scores=[0.99])
    assert dedupe.alarm(town.work, alarm).evidence != picture
    (one,), _ = learn.reviewed(town.work)
    assert one.picture == picture
    assert made(town, decoder)[1][0].sample.picture == picture


def test_what_a_merge_brought_later_was_not_shown(town: Any) -> None:
    a, b = town.seen(2, *A, stream="cam-a"), town.seen(2, *A, stream="cam-b", scores=[0.95])
    picture = dedupe.alarm(town.work, a).evidence
    say(town, a, ReviewCode.DIGGING)
    town.clock.advance(timedelta(minutes=1))
    dedupe.merge(town.work, a, b, "one yard")
    town.judge(a, b)
    assert dedupe.alarm(town.work, a).evidence != picture
    (one,), _ = learn.reviewed(town.work)
    assert (one.alarm_id, one.picture) == (a, picture)


def test_two_machines_in_one_picture_are_one_picture_with_two_labels(
    town: Any, decoder: ChildDecoder, looks: Any
) -> None:
    for _ in range(2):
        frame = town.frame(A, B, looks=[looks(1), looks(2)])
    town.judge()
    one, other = (alarm.id for alarm in town.alarms() if any(m.observation_id == frame for m in alarm.members))
    say(town, one, ReviewCode.DIGGING)
    say(town, other, ReviewCode.PARKED)
    _, members = made(town, decoder)
    assert len({one.group for one in members}) == 1
    labels = [label for one in members for label in one.sample.labels]
    assert Counter(label.cls for label in labels) == {WORKS: 1, NO_WORKS: 1}
    assert {one.sample.site for one in members} == {f"alarm:{min(one, other)}"}


def test_a_duplicate_and_a_report_without_a_picture_are_left_out_and_said(town: Any) -> None:
    twice, told = town.seen(2, *A), town.alarm_of(town.report(at=(116.9, 39.6)))
    town.judge()
    say(town, twice, ReviewCode.DUPLICATE)
    say(town, told, ReviewCode.DIGGING)
    found, left_out = learn.reviewed(town.work)
    assert found == []
    assert sorted(left_out) == sorted([(f"alarm:{twice}", DUPLICATE), (f"alarm:{told}", NO_PICTURE)])


def test_a_picture_that_is_gone_is_left_out_and_said(town: Any, decoder: ChildDecoder) -> None:
    kept, lost = town.seen(2, *A, stream="cam-a"), town.seen(2, *A, stream="cam-b")
    for one in (kept, lost):
        say(town, one, ReviewCode.WEATHER)
    blobs = BlobStore(town.folder)
    blobs.path(dedupe.alarm(town.work, lost).evidence).unlink()
    source = ReviewedPictures(learn.reviewed(town.work)[0], decoder, blobs)
    assert [one.origin for one in source.samples()] == [f"alarm:{kept}"]
    assert [origin for origin, _ in source.refused] == [f"alarm:{lost}"]


def test_no_picture_of_another_tenant_is_ever_in(town: Any, decoder: ChildDecoder) -> None:
    say(town, town.seen(2, *A), ReviewCode.DIGGING)
    stranger = people.ensure_tenant(town.work.session, town.work.clock, town.work.ids, "stranger")
    theirs = replace(town.work, tenant_id=stranger.id)
    assert learn.reviewed(theirs) == ([], [])
    with pytest.raises(InputError, match="none were given"):
        learn.make(theirs, BlobStore(town.folder), "reviews", [], Recipe(), actor="a")
    neighbour = replace(town, work=theirs, cameras={}, draw=lambda count, stream: noise(count + 500, stream))
    say(neighbour, neighbour.seen(2, *A), ReviewCode.PARKED)
    ours, others = made(town, decoder)[1], made(neighbour, decoder)[1]
    assert len(ours) == len(others) == 1
    assert ours[0].sample.picture != others[0].sample.picture


def test_cameras_and_places_stay_whole_over_many_makes(town: Any, decoder: ChildDecoder) -> None:
    for round_ in range(3):
        for n in range(9):
            alarm = town.seen(2, *(A if round_ % 2 else B), stream=f"cam-{n}")
            say(town, alarm, ReviewCode.DIGGING if n % 2 else ReviewCode.PARKED)
        _, members = made(town, decoder, near=0, val=0.3, test=0.3)
        assert leaks(members) == []
    assert len({one.share for one in members}) > 1


def audited(town: Any, monkeypatch: pytest.MonkeyPatch, stream: str, box: tuple[float, ...] = A) -> UUID:
    """An alarm that a rule silenced, that was drawn, and that a person has looked at."""
    camera = town.cameras.get(stream) or town.camera(stream, calibrated=True)
    since = town.clock.now()
    for _ in range(3):
        town.frame(box, scores=[0.2], stream=stream)
    judge.learn_empty_scene(town.work, town.root(), camera, since=since, until=town.clock.now(), reason="Sunday")
    monkeypatch.setattr(Work, "chance", lambda _work: 0.0)
    alarm: UUID = town.seen(2, *box, stream=stream)
    assert town.case(alarm).audit
    say(town, alarm, ReviewCode.DIGGING)
    return alarm


def test_an_audit_tests_and_never_trains(town: Any, decoder: ChildDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    town.zone = Zone.CONTROL
    town.camera("cam-train", calibrated=True)
    say(town, town.seen(2, *B, stream="cam-train"), ReviewCode.PARKED)
    drawn = audited(town, monkeypatch, "cam-a")
    first, members = made(town, decoder, val=0.0, test=0.0)
    shares = {one.sample.camera: one.share for one in members}
    assert shares == {"cam-train": Share.TRAIN, "cam-a": Share.TEST}
    assert [one.sample.audit for one in members if one.sample.origin == f"alarm:{drawn}"] == [True]
    assert first.quality.dropped == {}
    later = audited(town, monkeypatch, "cam-train")
    say(town, town.seen(2, *B, stream="cam-b"), ReviewCode.DIGGING)
    second, members = made(town, decoder, val=0.0, test=0.0)
    assert f"alarm:{later}" not in {one.sample.origin for one in members}
    assert {one.sample.camera: one.share for one in members} == shares | {"cam-b": Share.TRAIN}
    assert second.quality.dropped == {"was drawn for an audit, and its group does not test": 1}


def test_rendered_pictures_only_train(town: Any, decoder: ChildDecoder) -> None:
    for n in range(12):
        town.camera(f"cam-{n}", rendered=n % 2 == 0)
        say(town, town.seen(2, *A, stream=f"cam-{n}"), ReviewCode.DIGGING)
    manifest, members = made(town, decoder, val=0.4, test=0.4)
    rendered = [one for one in members if one.sample.rendered]
    assert len(rendered) == 6
    assert {one.share for one in rendered} == {Share.TRAIN}
    assert {one.share for one in members if not one.sample.rendered} != {Share.TRAIN}
    assert manifest.quality.rendered["train"] == 6
