"""The commissioning test with the shipped screen: machines pasted into a rendered (渲染) street of the demo."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from pipewarden.kit.errors import InputError
from pipewarden.locate import service as locate
from pipewarden.locate.facts import Band, CommissionKind
from pipewarden.locate.service import commissioning
from pipewarden.main import scan
from pipewarden.main.demo import town
from pipewarden.main.files import open_sources
from pipewarden.main.synthetic import cut_outs
from pipewarden.perceive.store import FindingRow
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from pipewarden.main.river import River
    from pipewarden.sense.facts import Camera


@pytest.fixture(scope="module")
def shown(river: River) -> tuple[River, Camera, Camera]:
    """A town of its own in which a quiet street and one with an excavator were looked at."""
    made = replace(river, home=town.fresh(river.home))
    cameras = town.hang_cameras(made.home)
    for key in ("cam-07", "cam-06"):
        demo = next(one for one in sim.demo_cameras() if one.key == key)
        (source,) = open_sources([str(demo.folder)], every_s=0.0)
        scan.run(made, [scan.Feed(source, cameras[key], key)], lambda _done, _all: None)
    return made, cameras["cam-07"], cameras["cam-06"]


def test_machines_pasted_near_are_found_and_it_is_written_down(shown: tuple[River, Camera, Camera]) -> None:
    river, camera, _ = shown
    alarms = len(list(scan.all_alarms(river.home)))
    with river.home.work() as work:
        made = locate.commission(work, river.eye, river.home.blobs, camera, cut_outs(), draws=6, actor="operator")
    near, middle, far = made.bands
    assert [one.band for one in made.bands] == list(Band)
    assert [one.shown for one in made.bands] == [6, 6, 6]
    assert near.found >= 5
    assert near.to_m is not None
    assert far.from_m is not None
    assert near.to_m <= far.from_m
    assert middle.found <= 6
    assert (made.kind, made.model) == (CommissionKind.PASTED, river.models.detector.ref.label)
    with river.home.work() as work:
        assert locate.commissionings(work, camera.id, limit=5)[0] == made
        assert sense.newest_frame(work, camera.id) is not None
    assert len(list(scan.all_alarms(river.home))) == alarms, "nothing of it goes down the river"


def test_a_machine_that_stood_there_is_counted_as_a_person_says(shown: tuple[River, Camera, Camera]) -> None:
    river, _, camera = shown
    with river.home.work() as work:
        frames = sense.frames(work, camera.key, work.now() - timedelta(days=3650), work.now(), limit=50)
        since, until = (frames[1].at or work.now()) - timedelta(seconds=1), frames[-1].at or work.now()
        made = locate.staged(work, camera, Band.NEAR, since, until, actor="operator")
    (one,) = made.bands
    assert (made.kind, one.band, one.shown, one.found) == (CommissionKind.STAGED, Band.NEAR, 4, 4)
    assert made.model == river.models.detector.ref.label


def test_a_machine_that_nobody_saw_names_the_screen_that_missed_it(shown: tuple[River, Camera, Camera]) -> None:
    river, camera, _ = shown
    with river.home.work() as work:
        frames = sense.frames(work, camera.key, work.now() - timedelta(days=3650), work.now(), limit=50)
        since, until = (frames[0].at or work.now()) - timedelta(seconds=1), work.now() - timedelta(seconds=1)
        several = [locate.staged(work, camera, Band.FAR, since, until, actor="operator")]
        with work.session.begin_nested() as nothing:
            gone = delete(FindingRow).where(FindingRow.observation_id.in_([one.id for one in frames]))
            work.session.execute(gone)
            several.append(locate.staged(work, camera, Band.FAR, since, until, actor="operator"))
            nothing.rollback()
    for made in several:
        assert [(one.shown, one.found) for one in made.bands] == [(len(frames), 0)]
        assert made.model == river.models.detector.ref.label


def test_a_span_of_too_many_pictures_is_refused_and_never_cut(
    shown: tuple[River, Camera, Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    river, _, camera = shown
    with river.home.work() as work:
        frames = sense.frames(work, camera.key, work.now() - timedelta(days=3650), work.now(), limit=50)
        monkeypatch.setattr(commissioning, "_MOST_STAGED", len(frames) - 1)
        since = (frames[0].at or work.now()) - timedelta(seconds=1)
        with pytest.raises(InputError, match="is past"):
            locate.staged(work, camera, Band.NEAR, since, work.now(), actor="operator")


def test_what_cannot_be_tested_is_refused(shown: tuple[River, Camera, Camera]) -> None:
    river, camera, _ = shown
    home = river.home
    with home.work() as work:
        bare = sense.register_camera(work, NewCamera(key="bare", name="bare"))
        blank = sense.register_camera(work, replace_key(camera, "blank"))
        with pytest.raises(InputError, match="no calibration"):
            locate.commission(work, river.eye, home.blobs, bare, cut_outs(), draws=1, actor="x")
        with pytest.raises(InputError, match="no picture"):
            locate.commission(work, river.eye, home.blobs, blank, cut_outs(), draws=1, actor="x")
        with pytest.raises(InputError, match="draws"):
            locate.commission(work, river.eye, home.blobs, camera, cut_outs(), draws=0, actor="x")
        now = work.now()
        with pytest.raises(InputError, match="no picture was taken"):
            locate.staged(work, camera, Band.FAR, now - timedelta(seconds=2), now - timedelta(seconds=1), actor="x")
        with pytest.raises(InputError, match="not past yet"):
            locate.staged(work, camera, Band.FAR, now, now + timedelta(hours=1), actor="x")


def replace_key(camera: Camera, key: str) -> NewCamera:
    return NewCamera(key, key, camera.lon, camera.lat, camera.image_size, camera.calibration)
