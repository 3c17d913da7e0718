"""Video files: sampled by their own time, bounded, upright; what is none is refused, and the reader may die."""

from __future__ import annotations

import io
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.sense.adapters import video
from pipewarden.sense.adapters.source import Bounds
from pipewarden.sense.adapters.sources import open_source
from pipewarden.sense.facts import ObservationKind
from pipewarden.sense.rules import check_header

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pipewarden.sense.adapters.source import Source
    from pipewarden.sense.facts import Frame

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
GST = "/usr/lib/x86_64-linux-gnu/girepository-1.0/GstRtspServer-1.0.typelib"


def opened(target: Path | str, **bounds: Any) -> Source:
    limits = {"open_s": 3.0, "read_s": 3.0, **bounds}
    return open_source(str(target), clock=SetClock(NOON), bounds=Bounds(**limits))


def shade(picture: bytes) -> float:
    """Mean red of a picture: the test video grows brighter by 4 levels a frame."""
    return float(np.asarray(Image.open(io.BytesIO(picture)))[:, :, 0].mean())


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.avi", "mjpeg"), ("a.mkv", "mpeg4")])
def test_a_video_is_sampled_by_its_own_time(
    tmp_path: Path, name: str, codec: str, make_film: Callable[..., Path]
) -> None:
    source = opened(make_film(tmp_path / name, codec))
    frames = list(source)
    assert source.kind is ObservationKind.FRAME
    assert [round(frame.offset_s, 1) for frame in frames] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [frame.source_id for frame in frames][:2] == ["0000000000ms", "0000001000ms"]
    assert {frame.at for frame in frames} == {None}
    for index, frame in enumerate(frames):
        assert check_header(frame.picture, "x").width == 320
        assert shade(frame.picture) == pytest.approx(index * 40, abs=6)
    assert source.notes == []


def test_a_video_is_bounded(tmp_path: Path, make_film: Callable[..., Path]) -> None:
    path = make_film(tmp_path / "a.mp4")
    assert len(list(opened(path, every_s=0.5, frames=3))) == 3
    assert [frame.offset_s for frame in opened(path, every_s=0.5, duration_s=1.0)] == [0.0, 0.5, 1.0]
    assert len(list(opened(path, every_s=0.0))) == 50
    assert len(list(opened(path, every_s=60.0))) == 1


def test_the_same_video_gives_the_same_frames(tmp_path: Path, make_film: Callable[..., Path]) -> None:
    path = make_film(tmp_path / "a.mp4")
    assert list(opened(path)) == list(opened(path))


def test_a_turned_phone_video_comes_upright(tmp_path: Path, make_film: Callable[..., Path]) -> None:
    """The matrix of ISO/IEC 14496-12 8.3.2 is set to a quarter turn clockwise, as phones held upright write it."""
    path = make_film(tmp_path / "a.mp4", frames=2)
    data = bytearray(path.read_bytes())
    one, none = (1 << 16).to_bytes(4, "big"), bytes(4)
    plain = one + none * 3 + one + none * 3 + (1 << 30).to_bytes(4, "big")
    turned = none + one + none + (-(1 << 16)).to_bytes(4, "big", signed=True) + none * 4 + (1 << 30).to_bytes(4, "big")
    at = data.index(plain, data.index(b"tkhd"))
    data[at : at + 36] = turned
    path.write_bytes(bytes(data))
    header = check_header(next(iter(opened(path))).picture, "x")
    assert (header.width, header.height) == (240, 320)


def test_what_is_no_video_is_refused(tmp_path: Path, jpeg: bytes) -> None:
    for name, content in (("text.mp4", b"not a video\n" * 50), ("empty.mp4", b""), ("picture.mkv", jpeg)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            list(opened(path))
        assert caught.value.field == str(path)
        assert caught.value.fix


def test_a_playlist_dressed_as_a_video_opens_no_other_file(tmp_path: Path, make_film: Callable[..., Path]) -> None:
    secret = make_film(tmp_path / "secret.mp4")
    for text in (
        f"#EXTM3U\n#EXTINF:5,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile {secret.name}\n",
    ):
        path = tmp_path / "list.mp4"
        path.write_text(text)
        with pytest.raises(InputError, match="cannot be read as a video"):
            list(opened(path))


def test_a_video_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(InputError, match="no picture track"):
        list(opened(path))


def until_broken(frames: Iterable[Frame]) -> tuple[list[Frame], PipewardenError | None]:
    """What a source gives, and the error that ends it."""
    got: list[Frame] = []
    try:
        got.extend(iter(frames))
    except PipewardenError as error:
        return got, error
    return got, None


def noise_film(path: Path, seconds: int = 6, *, sound_s: int = 0, **options: str) -> Path:
    """A film of 10 noisy frames a second, a key frame every second, so that half of its bytes is half of its time."""
    noise = np.random.default_rng(7)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("mjpeg" if path.suffix == ".avi" else "mpeg4", rate=10, options={"g": "10"})
        stream.width, stream.height = 160, 120
        stream.pix_fmt = "yuvj420p" if path.suffix == ".avi" else "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound_s else None
        for _ in range(seconds * 10):
            pixels = noise.integers(0, 255, (120, 160, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000 * sound_s), np.int16), format="s16", layout="mono")
            frame.rate, frame.pts = 8000, 0
            container.mux(sound.encode(frame))
    return path


CUT = [("a.mkv", {}), ("a.avi", {}), ("a.mp4", {"movflags": "faststart"})]


@pytest.mark.parametrize(("name", "options"), CUT)
def test_half_a_video_gives_what_it_has_and_then_raises(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    path = noise_film(tmp_path / name, **options)
    assert until_broken(opened(path, every_s=0.5))[1] is None
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, error = until_broken(opened(path, every_s=0.5))
    assert 3 <= len(frames) <= 8
    assert isinstance(error, InputError)
    assert error.field == str(path)
    assert re.fullmatch(r"ends [23]\.\d s before its stated length of 6\.\d s", error.problem)
    assert len(until_broken(opened(path, every_s=0.5, frames=2))[0]) == 2
    assert until_broken(opened(path, every_s=0.5, frames=2))[1] is None, "its own bound is a normal end"
    assert until_broken(opened(path, every_s=0.5, duration_s=1.0))[1] is None


@pytest.mark.parametrize(("length_s", "missing_s", "told"), [(10, 1.9, False), (10, 2.1, True), (100, 4.9, False)])
def test_how_much_may_be_missing(length_s: float, missing_s: float, *, told: bool) -> None:
    assert (video._Ending(whole=9, length_s=length_s, missing_s=missing_s).problem() is not None) == told
    assert video._Ending(bounded=True, whole=9, length_s=length_s, missing_s=missing_s).problem() is None


def test_a_film_without_a_stated_length_is_only_noted(tmp_path: Path) -> None:
    for path in (noise_film(tmp_path / "a.mkv", live="1"), noise_film(tmp_path / "a.ts")):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        source = opened(path)
        assert len(list(source)) >= 2
        assert "states no length" in source.notes[-1]


def test_sound_that_outlasts_the_pictures_is_no_loss(tmp_path: Path) -> None:
    path = noise_film(tmp_path / "a.mkv", 6, sound_s=10)
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(10e6, rel=0.02)
    assert until_broken(opened(path))[1] is None


def test_damage_in_the_middle_is_noted_and_much_of_it_raises(tmp_path: Path) -> None:
    path = noise_film(tmp_path / "a.mp4", 12, movflags="faststart")
    whole = path.read_bytes()
    ends: list[str | None] = []
    for start, part in ((0.5, 0.02), (0.5, 0.3), (0.97, 0.03)):
        source = opened(zeroed(path, whole, start, part), every_s=0.0)
        frames, error = until_broken(source)
        assert len(frames) > 60
        assert source.notes[0].endswith(f"{120 - len(frames)} damaged frames of {path} were left out")
        ends.append(None if error is None else re.sub(r"\d+", "N", error.problem))
    assert ends == [None, "has N damaged frames beside N whole ones", "ends in damaged frames after N whole ones"]
    few = video._Ending(whole=100, damaged=4, length_s=10, missing_s=0)
    assert few.problem() is None
    torn = video._Ending(torn=True, whole=100, damaged=1, length_s=10, missing_s=0.1)
    assert torn.problem() == "ends in damaged frames after 100 whole ones"
    assert video._Ending(whole=100, damaged=6).problem() == "has 6 damaged frames beside 100 whole ones"


def zeroed(path: Path, whole: bytes, start: float, part: float) -> Path:
    at, count = int(len(whole) * start), int(len(whole) * part)
    path.write_bytes(whole[:at] + bytes(count) + whole[at + count :])
    return path


def test_files_are_not_live(tmp_path: Path, make_film: Callable[..., Path]) -> None:
    assert not opened(make_film(tmp_path / "a.mp4")).live


def test_the_reading_process_may_die(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_film: Callable[..., Path]
) -> None:
    path = make_film(tmp_path / "a.mp4")
    started: list[subprocess.Popen[bytes]] = []
    start = video._Connection._start

    def noted(self: video._Connection, target: str) -> subprocess.Popen[bytes]:
        started.append(start(self, target))
        return started[-1]

    monkeypatch.setattr(video._Connection, "_start", noted)
    source = opened(path, every_s=0.0)
    frames = iter(source)
    next(frames)
    started[0].kill()
    rest, error = until_broken(frames)
    assert started[0].returncode == -9
    assert len(rest) < 49
    assert isinstance(error, UnavailableError)
    assert error.problem == f"broke off after {1 + len(rest)} frames (the reading process ended)"


def test_the_memory_limit_of_a_video_bites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_film: Callable[..., Path]
) -> None:
    small, large = make_film(tmp_path / "s.avi", "mjpeg"), make_film(tmp_path / "l.avi", "mjpeg", 1, (6000, 5000))
    assert len(list(opened(large))) == 1
    monkeypatch.setattr(video, "_MEMORY", 440 << 20)
    with pytest.raises(InputError, match="more memory than is allowed"):
        list(opened(large))
    assert len(list(opened(small))) == 5


def test_leaving_early_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_film: Callable[..., Path]
) -> None:
    started: list[int] = []
    start = video._Connection._start

    def noted(self: video._Connection, target: str) -> subprocess.Popen[bytes]:
        process = start(self, target)
        started.append(process.pid)
        return process

    monkeypatch.setattr(video._Connection, "_start", noted)
    frames = iter(opened(make_film(tmp_path / "a.mp4"), every_s=0.0).frames)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
