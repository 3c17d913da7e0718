"""What a scan keeps, tells and refuses, whatever its sources do."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.main import scan
from pipewarden.main.demo.town import fresh
from pipewarden.main.files import Source, open_sources
from pipewarden.main.river import River
from pipewarden.main.scan import Feed, NetworkFile, ScanResult
from pipewarden.main.stopping import Stop
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Frame, ObservationKind
from pipewarden.sim import service as sim

START = datetime(2026, 11, 20, 2, tzinfo=UTC)
NUMBERS = count()


@pytest.fixture
def own(river: River) -> River:
    """The river acting for a new tenant, so that tests do not see each other's alarms."""
    return replace(river, home=fresh(river.home))


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    """Rendered frames of the first demo camera: the first is empty, the others show an excavator."""
    return [path.read_bytes() for path in sorted(sim.demo_cameras()[0].folder.glob("*.jpg"))]


def frames(pictures: list[bytes], *, step: float = 60) -> Iterator[Frame]:
    for n, picture in enumerate(pictures):
        yield Frame(picture, f"{n}.jpg", n * step, START + timedelta(seconds=n * step), f"{n}")


def feed(given: Iterator[Frame], kind: ObservationKind = ObservationKind.FRAME) -> Feed:
    stream = f"stream-{next(NUMBERS)}"
    return Feed(Source(kind, stream, given), None, stream)


def told(calls: list[int]) -> Callable[[int, int | None], None]:
    return lambda done, _total: calls.append(done)


def run(own: River, *feeds: Feed) -> ScanResult:
    return scan.run(own, feeds, told([]))


def test_a_sequence_makes_one_alarm_and_counts_what_it_saw(own: River, pictures: list[bytes]) -> None:
    calls: list[int] = []
    result = scan.run(own, [feed(frames(pictures))], told(calls))
    assert result.frames == len(pictures) == calls[-1]
    assert sum(result.by_stream.values()) == result.frames
    assert result.findings >= 4
    (alarm,) = result.alarms
    assert alarm.ground is None
    assert alarm.frames >= 2
    assert alarm.first_seen == START + timedelta(seconds=60)
    assert result.problems == []


def test_two_streams_without_ground_do_not_confirm_each_other(own: River, pictures: list[bytes]) -> None:
    result = run(own, feed(frames(pictures[1:2])), feed(frames(pictures[1:2])))
    assert result.frames == 2
    assert result.alarms == []


def test_single_pictures_give_findings_only(own: River, pictures: list[bytes]) -> None:
    result = run(own, feed(frames(pictures[1:4]), ObservationKind.SINGLE))
    assert result.alarms == []
    assert {one.image for one in result.singles} == {"0.jpg", "1.jpg", "2.jpg"}
    assert any(one.finding.cls == "machine" and one.finding.raises for one in result.singles)
    thresholds = own.models.detector.thresholds
    assert all(one.finding.score >= thresholds[one.finding.cls] for one in result.singles)


def broken(given: Iterator[Frame], error: BaseException) -> Iterator[Frame]:
    yield from given
    raise error


GONE = UnavailableError(field="rtsp://cam", problem="went away", fix="Look at the camera.")


def test_a_source_that_breaks_off_keeps_what_it_gave(own: River, pictures: list[bytes]) -> None:
    result = run(own, feed(broken(frames(pictures), GONE)))
    assert result.frames == len(pictures)
    assert result.problems == [GONE]
    assert len(result.alarms) == 1


def test_a_broken_source_does_not_stop_the_others(own: River, pictures: list[bytes]) -> None:
    result = run(own, feed(broken(iter(()), GONE)), feed(frames(pictures)))
    assert result.problems == [GONE]
    assert len(result.alarms) == 1


def test_nothing_at_all_raises_the_first_break(own: River) -> None:
    with pytest.raises(UnavailableError) as caught:
        run(own, feed(broken(iter(()), GONE)))
    assert caught.value is GONE


def test_ctrl_c_on_a_live_source_reports_what_was_seen(own: River, pictures: list[bytes]) -> None:
    result = run(own, feed(broken(frames(pictures), KeyboardInterrupt())))
    assert len(result.alarms) == 1
    assert [error.problem for error in result.problems] == ["was stopped"]


def test_a_picture_that_cannot_be_read_is_told_and_the_rest_goes_on(own: River, pictures: list[bytes]) -> None:
    given = [pictures[1], b"\xff\xd8not a picture", pictures[2], pictures[3]]
    result = run(own, feed(frames(given)))
    (problem,) = result.problems
    assert problem.field == "1.jpg"
    assert "could not be looked at" in problem.problem
    assert result.frames == 3  # only what was really looked at
    assert result.by_stream.total() == 4
    assert len(result.alarms) == 1


def test_a_stop_while_draining_keeps_what_was_seen(own: River, pictures: list[bytes]) -> None:
    stop = Stop()
    endless = (Frame(pictures[1 + n % 3], f"{n}.jpg", n * 60.0, None, f"{n}") for n in count())

    def interrupt(done: int, _total: int | None) -> None:
        if done >= scan._CHUNK:
            stop.on_signal(signal.SIGINT, None)

    result = scan.run(own, [feed(endless), feed(frames(pictures))], interrupt, stop)
    assert result.frames == scan._CHUNK
    assert len(result.alarms) == 1
    assert [error.problem for error in result.problems] == ["was stopped"]


def test_a_second_interrupt_ends_at_once() -> None:
    stop = Stop()
    stop.on_signal(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        stop.on_signal(signal.SIGINT, None)


def test_an_interrupt_breaks_into_waiting_only() -> None:
    stop = Stop()
    with pytest.raises(KeyboardInterrupt), stop.wait():
        stop.on_signal(signal.SIGINT, None)
    assert stop.asked
    assert not stop.waiting


def test_listening_gives_the_signal_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    stop = Stop()
    with stop.listen():
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.asked
    assert signal.getsignal(signal.SIGINT) is before


def test_a_camera_of_another_picture_size_is_told(own: River, pictures: list[bytes], tmp_path: Path) -> None:
    text_of = sim.demo_cameras()[0].camera_file.read_text(encoding="utf-8")
    path = tmp_path / "camera.yaml"
    path.write_text(text_of.replace("image_size: [960, 540]", "image_size: [1000, 1000]"), encoding="utf-8")
    camera = scan.load_camera(own.home, path)
    source = Source(ObservationKind.FRAME, "sized", frames(pictures))
    result = run(own, Feed(source, camera, "sized"))
    assert [problem.field for problem in result.problems] == ["image_size"]
    assert all(alarm.ground is None for alarm in result.alarms)


def test_a_name_used_for_two_pictures_is_refused(own: River, pictures: list[bytes]) -> None:
    twice = [Frame(picture, "a.jpg", 0.0, None, "a") for picture in pictures[:2]]
    with pytest.raises(InputError, match="another picture"):
        run(own, feed(iter(twice)))


def test_more_frames_than_a_chunk_are_drained_in_parts(own: River, pictures: list[bytes]) -> None:
    calls: list[int] = []
    many = [pictures[0]] * (2 * scan._CHUNK + 1)
    scan.run(own, [feed(frames(many))], told(calls))
    assert calls == [scan._CHUNK, 2 * scan._CHUNK, 2 * scan._CHUNK + 1]


def test_every_alarm_is_found_page_by_page(own: River, pictures: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    run(own, feed(frames(pictures)), feed(frames(pictures)), feed(frames(pictures)))
    whole = [alarm.id for alarm in scan.all_alarms(own.home)]
    assert len(whole) == 3
    for page in (1, 2, 3, 4):
        monkeypatch.setattr(scan, "_PAGE", page)
        assert [alarm.id for alarm in scan.all_alarms(own.home)] == whole


def test_evidence_is_a_picture_with_a_box(own: River, pictures: list[bytes], tmp_path: Path) -> None:
    (alarm,) = run(own, feed(frames(pictures))).alarms
    scan.open_folder(tmp_path / "new" / "folder")
    path = scan.write_evidence(own, alarm, tmp_path / "new" / "folder")
    assert path.read_bytes().startswith(b"\xff\xd8")
    assert own.home.blobs.get(alarm.evidence) in pictures
    assert path.read_bytes() not in pictures


def test_a_folder_that_cannot_be_written_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError) as caught:
        scan.open_folder(tmp_path / "file" / "x")
    assert caught.value.field == "--out"


def test_a_camera_that_cannot_be_solved_is_not_registered(own: River, tmp_path: Path) -> None:
    points = [{"pixel": [100 + 50 * n, 400], "lon": 116.7 + n * 1e-4, "lat": 39.5} for n in range(5)]
    path = tmp_path / "camera.yaml"
    path.write_text(json.dumps({"camera": "bad", "image_size": [960, 540], "calibration": {"control_points": points}}))
    with pytest.raises(InputError):
        scan.load_camera(own.home, path)
    with own.home.work() as work:
        assert sense.camera_by_key(work, "bad") is None


def test_a_camera_without_calibration_is_welcome(own: River, tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text("camera: plain\nname: 门口\n", encoding="utf-8")
    camera = scan.load_camera(own.home, path)
    assert (camera.key, camera.name, camera.calibration) == ("plain", "门口", None)


def test_a_refused_network_leaves_nothing(own: River, tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {}, "geometry": None},
        {"type": "Feature", "properties": {}, "geometry": None},
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": [[116.7, 39.5], [116.71, 39.5]]},
        },
    ]
    path = tmp_path / "pipes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(RefusedError):
        scan.load_network(own.home, NetworkFile(path, "EPSG:4326", "CN-BJ"))
    with own.home.work() as work:
        assert work.session.scalar(
            text("SELECT count(*) FROM network_versions WHERE tenant_id = :id"), {"id": work.tenant_id}
        ) == 0  # fmt: skip


def test_sources_are_opened_by_what_they_are(tmp_path: Path, pictures: list[bytes]) -> None:
    (tmp_path / "a.jpg").write_bytes(pictures[0])
    (single,) = open_sources([str(tmp_path / "a.jpg")], every_s=1.0)
    (folder,) = open_sources([str(tmp_path)], every_s=1.0, sequence_s=5.0)
    (shown,) = open_sources([str(sim.demo_cameras()[0].folder)], every_s=0.0)
    assert (single.kind, folder.kind) == (ObservationKind.SINGLE, ObservationKind.FRAME)
    assert shown.rendered
    assert not folder.rendered
    with pytest.raises(InputError):
        open_sources([str(tmp_path / "none.jpg")], every_s=1.0)


def test_what_was_rendered_is_still_said_to_be_at_the_alarm(own: River, pictures: list[bytes]) -> None:
    drawn, taken = feed(frames(pictures[1:])), feed(frames([picture + b"\0" for picture in pictures[1:]]))
    run(own, replace(drawn, source=replace(drawn.source, rendered=True)))
    run(own, taken)
    alarms = {one.streams[0]: one for one in scan.all_alarms(own.home)}
    with own.home.work() as work:
        shown = sense.rendered(work, [one.evidence for one in alarms.values()])
    assert shown == {alarms[drawn.stream].evidence}
