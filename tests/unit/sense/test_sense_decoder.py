"""The decoder child on good pictures, on attacks, and at its limits; each fault is proved to have happened."""

from __future__ import annotations

import io
import os
import resource
import signal
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pi_heif
import pytest
from PIL import Image, ImageOps

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters import decoder as door
from pipewarden.sense.adapters.decoder import ChildDecoder, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

BOX = (640, 384)


def far(left: np.ndarray, right: np.ndarray) -> float:
    """Mean distance of two pictures in grey levels."""
    return float(np.abs(left.astype(int) - right.astype(int)).mean())


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def rss_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pixels_are_those_of_pillow(decoder: ChildDecoder, make_picture: Callable[..., bytes], kind: str) -> None:
    picture = make_picture(kind, 320, 200)
    got = decoder.decode(picture, wanted=BOX)
    expected = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))[:, :, ::-1]
    assert got.pixels.dtype == np.uint8
    assert got.pixels.shape == (200, 320, 3)
    assert far(got.pixels, expected) < 1.5
    assert (got.width, got.height, got.scale_x, got.scale_y) == (320, 200, 1.0, 1.0)
    assert got.pixels.flags.owndata or got.pixels.base is not None
    assert got.pixels.flags.writeable


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("size", "step"), [((1920, 1080), 2), ((1921, 1083), 2), ((3000, 4000), 8), ((641, 360), 1)])
def test_large_pictures_come_reduced(
    decoder: ChildDecoder, make_picture: Callable[..., bytes], kind: str, size: tuple[int, int], step: int
) -> None:
    got = decoder.decode(make_picture(kind, *size), wanted=BOX)
    columns, rows = -(-size[0] // step), -(-size[1] // step)
    assert got.pixels.shape == (rows, columns, 3)
    assert (got.width, got.height) == size
    assert got.scale_x == pytest.approx(columns / size[0])
    assert got.scale_y == pytest.approx(rows / size[1])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_come_upright(
    decoder: ChildDecoder, make_picture: Callable[..., bytes], kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = make_picture(kind, 96, 64, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(picture))).convert("RGB")
    got = decoder.decode(picture, wanted=BOX)
    assert (got.width, got.height) == upright.size
    assert far(got.pixels, np.asarray(upright)[:, :, ::-1]) < 2


def test_grey_palette_alpha_and_16_bit_come_as_bgr(decoder: ChildDecoder) -> None:
    for mode in ("L", "P", "RGBA", "LA", "I;16"):
        out = io.BytesIO()
        Image.new(mode, (50, 40), 0).save(out, "PNG")
        assert decoder.decode(out.getvalue(), wanted=BOX).pixels.shape == (40, 50, 3)


@pytest.mark.shared
def test_real_camera_frames_come_as_opencv_reads_them(decoder: ChildDecoder, shared_data: Path) -> None:
    files = sorted((shared_data / "sequences").glob("*/000[0-4].jpg"))
    assert len(files) == 15
    for file in files:
        picture = file.read_bytes()
        got = decoder.decode(picture, wanted=(4000, 4000), name=file.name)
        assert far(got.pixels, cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)) == 0


def test_every_bad_picture_is_refused_and_the_next_one_passes(
    decoder: ChildDecoder, jpeg: bytes, bad_pictures: dict[str, tuple[bytes, str]]
) -> None:
    pids = decoder.pids()
    for name, (picture, word) in bad_pictures.items():
        with pytest.raises(InputError) as caught:
            decoder.decode(picture, wanted=BOX, name=name)
        assert caught.value.field == name
        assert word in caught.value.problem
    assert decoder.decode(jpeg, wanted=BOX).width == 640
    assert decoder.pids() == pids


def half_and_end(jpeg: bytes) -> bytes:
    return jpeg[: len(jpeg) // 2] + b"\xff\xd9"


def with_holes(jpeg: bytes) -> bytes:
    broken = bytearray(jpeg)
    middle = len(broken) // 2
    broken[middle : middle + 300] = b"\x5a" * 300
    return bytes(broken)


@pytest.mark.parametrize("spoil", [half_and_end, with_holes])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_libjpeg_would_paint_grey_is_refused(
    decoder: ChildDecoder, spoil: Callable[[bytes], bytes], progressive: bool
) -> None:
    noise = Image.effect_noise((640, 360), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=85, progressive=progressive)
    spoiled = spoil(out.getvalue())
    repaired = cv2.imdecode(np.frombuffer(spoiled, np.uint8), cv2.IMREAD_COLOR)
    assert repaired is not None, "the fault must be one that OpenCV hides"
    with pytest.raises(InputError, match="damaged") as caught:
        decoder.decode(spoiled, wanted=BOX, name="cam-01")
    assert caught.value.field == "cam-01"


def test_a_few_bytes_of_padding_before_the_end_are_forgiven(decoder: ChildDecoder, jpeg: bytes) -> None:
    padded = jpeg[:-2] + bytes(12) + jpeg[-2:]
    assert far(decoder.decode(padded, wanted=BOX).pixels, decoder.decode(jpeg, wanted=BOX).pixels) == 0


def test_a_png_with_a_wrong_checksum_is_refused(decoder: ChildDecoder, make_picture: Callable[..., bytes]) -> None:
    broken = bytearray(make_picture("PNG"))
    broken[len(broken) // 2] ^= 0xFF
    with pytest.raises(InputError, match="damaged"):
        decoder.decode(bytes(broken), wanted=BOX)


def test_a_header_that_lies_about_the_size_is_refused(
    decoder: ChildDecoder, heic: bytes, make_picture: Callable[..., bytes]
) -> None:
    said, told = struct.pack(">II", 320, 192), struct.pack(">II", 64, 48)
    assert heic.count(said) == 1
    exif = Image.Exif()
    exif[0x0112] = 1
    webp = bytearray(make_picture("WEBP", 320, 192, exif=exif))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = b"\x3f\0\0\x2f\0\0"
    twice = bytearray(make_picture("JPEG", 320, 192))
    frame = twice.index(b"\xff\xc0")
    twice[frame:frame] = twice[frame : frame + 5] + struct.pack(">HH", 48, 64) + twice[frame + 9 : frame + 19]
    for liar in (heic.replace(said, told), bytes(webp), bytes(twice)):
        with pytest.raises(InputError, match="damaged"):
            decoder.decode(liar, wanted=BOX)
    assert decoder.restarts == 0


def test_a_polyglot_gives_its_pixels_and_nothing_else(decoder: ChildDecoder, jpeg: bytes) -> None:
    plain = decoder.decode(jpeg, wanted=BOX)
    polyglot = decoder.decode(jpeg + b"PK\x03\x04<script>alert(1)</script>", wanted=BOX)
    assert far(plain.pixels, polyglot.pixels) == 0


def test_heic_is_read(decoder: ChildDecoder, heic: bytes) -> None:
    reference = pi_heif.open_heif(heic)
    got = decoder.decode(heic, wanted=BOX)
    assert (got.width, got.height) == reference.size
    assert far(got.pixels, np.asarray(reference)[:, :, ::-1]) < 1


def test_the_memory_limit_is_set_and_bites(make_picture: Callable[..., bytes], large_png: bytes) -> None:
    with ChildDecoder(limits=Limits(memory_bytes=500 << 20)) as tight:
        assert tight.decode(make_picture("PNG"), wanted=BOX).width == 640
        limit = resource.prlimit(tight.pids()[0], resource.RLIMIT_AS)
        assert limit == (500 << 20, 500 << 20)
        with pytest.raises(InputError, match="more memory"):
            tight.decode(large_png, wanted=BOX, name="large")
        assert tight.decode(make_picture("PNG"), wanted=BOX).width == 640
    with ChildDecoder() as normal:
        assert normal.decode(large_png, wanted=BOX).width == 7000
        assert resource.prlimit(normal.pids()[0], resource.RLIMIT_AS) == (1 << 30, 1 << 30)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_forty_megapixels_fit_the_default_limit(
    decoder: ChildDecoder, make_picture: Callable[..., bytes], kind: str
) -> None:
    got = decoder.decode(make_picture(kind, 8000, 5000), wanted=(8000, 5000))
    assert got.pixels.shape == (5000, 8000, 3)


def test_the_child_can_open_neither_files_nor_sockets(decoder: ChildDecoder, jpeg: bytes) -> None:
    decoder.decode(jpeg, wanted=BOX)
    pid = decoder.pids()[0]
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    taken = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    assert soft == hard
    assert taken == set(range(soft)), "every number below the limit is in use"
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert command[1] == b"-I"


def test_a_child_killed_from_outside_costs_no_picture(jpeg: bytes) -> None:
    with ChildDecoder() as one:
        one.decode(jpeg, wanted=BOX)
        before = one.pids()
        os.kill(before[0], signal.SIGKILL)
        assert one.decode(jpeg, wanted=BOX).width == 640
        assert one.restarts == 1
        assert one.pids() != before


def test_a_child_killed_while_it_decodes_costs_no_picture(jpeg: bytes, large_png: bytes) -> None:
    with ChildDecoder() as one:
        one.decode(jpeg, wanted=BOX)
        victim = one.pids()[0]
        killer = threading.Timer(0.08, os.kill, (victim, signal.SIGKILL))
        killer.start()
        got = one.decode(large_png, wanted=BOX)
        killer.join()
        assert got.width == 7000
        assert one.restarts == 1, "the kill must have hit a working child"


def test_a_picture_that_takes_too_long_is_refused_and_its_child_replaced(jpeg: bytes) -> None:
    with ChildDecoder(limits=Limits(seconds=1.5)) as hasty:
        hasty.decode(jpeg, wanted=BOX)
        before = hasty.pids()
        os.kill(before[0], signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(InputError, match=r"more than 1\.5 s") as caught:
            hasty.decode(jpeg, wanted=BOX, name="slow")
        assert time.monotonic() - started >= 1.5
        assert caught.value.field == "slow"
        assert hasty.restarts == 1
        assert hasty.pids() != before
        with pytest.raises(ProcessLookupError):
            os.kill(before[0], 0)
        assert hasty.decode(jpeg, wanted=BOX).width == 640


def test_a_picture_that_kills_twice_is_refused(monkeypatch: pytest.MonkeyPatch, jpeg: bytes) -> None:
    with ChildDecoder() as one:
        one.decode(jpeg, wanted=BOX)
        ask = door._Child.ask

        def killed(self: door._Child, *rest: object) -> object:
            if self.pid is not None:
                os.kill(self.pid, signal.SIGSEGV)
            return ask(self, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(door._Child, "ask", killed)
        with pytest.raises(InputError, match="SIGSEGV, signal SIGSEGV"):
            one.decode(jpeg, wanted=BOX)
        monkeypatch.undo()
        assert one.decode(jpeg, wanted=BOX).width == 640


def test_a_decoder_that_cannot_start_says_so(jpeg: bytes) -> None:
    with (
        ChildDecoder(script="/nonexistent/decoder_child.py") as broken,
        pytest.raises(UnavailableError, match="decoding process"),
    ):
        broken.decode(jpeg, wanted=BOX)


def test_a_slow_start_is_not_the_pictures_fault(monkeypatch: pytest.MonkeyPatch, jpeg: bytes) -> None:
    monkeypatch.setattr(door, "_START_S", 0.3)
    with ChildDecoder() as one:
        os.kill(one.pids()[0], signal.SIGSTOP)
        with pytest.raises(UnavailableError, match=r"not ready after 0\.3 s") as caught:
            one.decode(jpeg, wanted=BOX, name="fine")
        assert caught.value.field == "decoder"
        assert "decode" not in caught.value.problem.replace("decoding", "")
        assert one.restarts == 1
        monkeypatch.undo()
        assert one.decode(jpeg, wanted=BOX).width == 640


def test_threads_share_a_pool(jpeg: bytes, make_picture: Callable[..., bytes]) -> None:
    other = make_picture("PNG", 300, 200)
    wrong: list[object] = []

    def work(picture: bytes, width: int) -> None:
        wrong.extend(got for _ in range(20) if (got := pool.decode(picture, wanted=BOX)).width != width)

    with ChildDecoder(children=2) as pool:
        threads = [threading.Thread(target=work, args=pair) for pair in ((jpeg, 640), (other, 300)) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pool.pids()) == 2
    assert wrong == []
    assert pool.pids() == []


def test_two_hundred_pictures_leave_nothing_behind(make_picture: Callable[..., bytes]) -> None:
    picture = make_picture("JPEG", 1920, 1080)
    with ChildDecoder() as one:
        for _ in range(20):
            one.decode(picture, wanted=BOX)
        pid, files = one.pids()[0], open_files()
        own, childs = rss_kb(os.getpid()), rss_kb(pid)
        for _ in range(200):
            one.decode(picture, wanted=BOX)
        assert one.pids() == [pid]
        assert open_files() == files
        assert rss_kb(os.getpid()) - own < 16_000
        assert rss_kb(pid) - childs < 16_000


def test_a_large_picture_does_not_stay_in_our_memory(make_picture: Callable[..., bytes]) -> None:
    large, small = make_picture("JPEG", 8000, 5000), make_picture("JPEG")
    with ChildDecoder() as one:
        one.decode(small, wanted=BOX)
        before = rss_kb(os.getpid())
        got = one.decode(large, wanted=(8000, 5000))
        assert got.pixels.nbytes == 120_000_000
        del got
        one.decode(small, wanted=BOX)
        assert rss_kb(os.getpid()) - before < 64_000


def test_it_must_be_entered_first(jpeg: bytes) -> None:
    with pytest.raises(RuntimeError, match="context manager"):
        ChildDecoder().decode(jpeg, wanted=BOX)


def test_the_protocol_has_one_size_on_both_sides() -> None:
    assert struct.calcsize(door.child.REQUEST.format) == door.child.REQUEST.size
    assert set(door._REFUSALS) | {"ok", "ready"} == set(door.child.STATUSES)
