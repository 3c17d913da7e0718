"""The header check: right sizes for what is good, a clear refusal for what is bad, no crash on anything."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import PictureFormat, PictureHeader
from pipewarden.sense.rules import check_header, reduction, upright_size
from pipewarden.sense.rules.exif import orientation_of

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (17, 31), (640, 360)])
def test_size_and_format_are_read(make_picture: Callable[..., bytes], kind: str, size: tuple[int, int]) -> None:
    header = check_header(make_picture(kind, *size), "a picture")
    assert (header.width, header.height) == size
    assert header.format.value.upper() == kind
    assert header.orientation == 1


def test_the_other_webp_kinds_are_read(make_picture: Callable[..., bytes]) -> None:
    lossless = make_picture("WEBP", 333, 222, lossless=True)
    assert lossless[12:16] == b"VP8L"
    assert check_header(lossless, "x") == PictureHeader(PictureFormat.WEBP, 333, 222)
    exif = Image.Exif()
    exif[0x0112] = 8
    extended = make_picture("WEBP", 333, 222, exif=exif)
    assert extended[12:16] == b"VP8X"
    assert check_header(extended, "x") == PictureHeader(PictureFormat.WEBP, 333, 222, orientation=8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read(make_picture: Callable[..., bytes], kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif[0x0112] = orientation
    header = check_header(make_picture(kind, 40, 30, exif=exif), "x")
    assert header.orientation == orientation
    assert upright_size(header) == ((30, 40) if orientation >= 5 else (40, 30))


def test_a_progressive_jpeg_is_read(make_picture: Callable[..., bytes]) -> None:
    header = check_header(make_picture("JPEG", 800, 600, progressive=True), "x")
    assert (header.width, header.height) == (800, 600)


def test_every_bad_picture_is_refused_with_its_name_and_a_fix(bad_pictures: dict[str, tuple[bytes, str]]) -> None:
    assert len(bad_pictures) == 19
    for name, (picture, word) in bad_pictures.items():
        with pytest.raises(InputError) as caught:
            check_header(picture, name)
        assert caught.value.field == name
        assert word in caught.value.problem, (name, caught.value.problem)
        assert caught.value.fix


def test_the_bomb_is_as_small_as_it_claims(bad_pictures: dict[str, tuple[bytes, str]]) -> None:
    bomb, _ = bad_pictures["png bomb"]
    assert len(bomb) < 200_000


def test_forty_megapixels_pass_and_one_row_more_does_not(jpeg: bytes) -> None:
    def of(width: int, height: int) -> bytes:
        made = bytearray(jpeg)
        at = made.index(b"\xff\xc0") + 5
        made[at : at + 4] = struct.pack(">HH", height, width)
        return bytes(made)

    assert check_header(of(8000, 5000), "x").width == 8000
    with pytest.raises(InputError, match="megapixels"):
        check_header(of(8000, 5001), "x")


def test_bytes_after_the_end_are_no_reason_to_refuse(jpeg: bytes) -> None:
    assert check_header(jpeg + b"<script>alert(1)</script>", "polyglot").width == 640


def test_a_thumbnail_does_not_stand_in_for_the_missing_end(make_picture: Callable[..., bytes]) -> None:
    thumb = make_picture("JPEG", 32, 24)
    whole = make_picture("JPEG", 640, 360)
    app1 = b"\xff\xe1" + struct.pack(">H", len(thumb) + 8) + b"Exif\0\0" + thumb
    carrying = whole[:2] + app1 + whole[2:]
    assert check_header(carrying, "x").width == 640
    with pytest.raises(InputError, match="cut off"):
        check_header(carrying[:-2], "x")


def judge(picture: bytes) -> PictureHeader | InputError:
    try:
        return check_header(picture, "x")
    except InputError as error:
        return error


@given(st.binary(max_size=400))
def test_any_bytes_are_judged_without_a_crash(noise: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBPVP8X", b"\0\0\0\x18ftypheic"):
        judged = judge(start + noise)
        if isinstance(judged, InputError):
            assert judged.field == "x"
        else:
            assert judged.width * judged.height <= 40_000_000


@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_flipped_byte_is_judged_without_a_crash(at: int, value: int) -> None:
    picture = bytearray(_SMALL)
    picture[at % len(picture)] = value
    judged = judge(bytes(picture))
    assert isinstance(judged, PictureHeader) or judged.problem


_SMALL = (
    b"\xff\xd8\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
)


def test_the_small_jpeg_is_good() -> None:
    assert check_header(_SMALL, "x") == PictureHeader(PictureFormat.JPEG, 32, 16, orientation=6)


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_exif_gives_an_orientation(noise: bytes, start: bytes) -> None:
    assert 1 <= orientation_of(start + noise) <= 8


@given(st.integers(1, 8000), st.integers(1, 5000), st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 8))
def test_the_reduced_picture_still_fills_the_box(width: int, height: int, box_w: int, box_h: int, turn: int) -> None:
    header = PictureHeader(PictureFormat.JPEG, width, height, orientation=turn)
    step = reduction(header, (box_w, box_h))
    upright = upright_size(header)
    assert step in {1, 2, 4, 8}
    fits = min(box_w / upright[0], box_h / upright[1])
    if step > 1:
        assert upright[0] / step >= upright[0] * fits * (1 - 1e-9)
        assert upright[1] / step >= upright[1] * fits * (1 - 1e-9)
    if step < 8:
        assert step * 2 > 1 / fits * (1 - 1e-9)


def test_a_full_hd_frame_is_halved_for_the_screen() -> None:
    assert reduction(PictureHeader(PictureFormat.JPEG, 1920, 1080), (640, 384)) == 2
    assert reduction(PictureHeader(PictureFormat.JPEG, 640, 360), (640, 384)) == 1
    assert reduction(PictureHeader(PictureFormat.JPEG, 8000, 5000), (640, 384)) == 8
