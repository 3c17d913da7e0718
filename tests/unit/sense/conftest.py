"""Pictures made on the spot, good and bad, so that no test depends on a file it did not make."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def street(width: int, height: int) -> Image.Image:
    """A picture whose four corners differ, so that every turn shows."""
    pixels = np.full((height, width, 3), 60, np.uint8)
    pixels[:, :, 0] = (np.arange(width) * 255 // width)[None, :]
    pixels[:, :, 1] = (np.arange(height) * 255 // height)[:, None]
    return Image.fromarray(pixels, "RGB")


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file's bytes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_zeros(width: int, height: int) -> bytes:
    """A valid greyscale PNG of a size chosen freely: a few KB that unfold to gigabytes."""
    packer, packed = zlib.compressobj(9), b""
    row = b"\0" * (width + 1)
    for _ in range(height):
        packed += packer.compress(row)
    packed += packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, loop=0)


@pytest.fixture(scope="session")
def make_picture() -> Callable[..., bytes]:
    """Encode a street of ``width`` x ``height`` as ``kind``."""

    def make(kind: str = "JPEG", width: int = 640, height: int = 360, **options: object) -> bytes:
        return encode(street(width, height), kind, **options)

    return make


@pytest.fixture(scope="session")
def jpeg(make_picture: Callable[..., bytes]) -> bytes:
    return make_picture("JPEG", 640, 360, quality=85)


@pytest.fixture(scope="session")
def large_png() -> bytes:
    """35 megapixels that take a while to decode."""
    return encode(street(7000, 5000), "PNG", compress_level=1)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def full_box(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *parts)


@pytest.fixture(scope="session")
def heic() -> bytes:
    """A HEIC of 320 x 192: one HEVC key frame in the boxes of ISO/IEC 23008-12."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as video:
        # with B-frames x265 gives a single frame a decoding time it never set, and the muxer refuses one in twelve
        stream = video.add_stream("libx265", rate=1, options={"x265-params": "log-level=none:bframes=0", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        video.mux(stream.encode(av.VideoFrame.from_image(street(320, 192))))
        video.mux(stream.encode())
    out.seek(0)
    with av.open(out) as video:
        configuration = bytes(video.streams.video[0].codec_context.extradata)
        coded = bytes(next(video.demux(video=0)))
    head = box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")

    def meta(offset: int) -> bytes:
        place = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(coded))
        item = full_box(b"infe", struct.pack(">HH", 1, 0), b"hvc1\0", version=2)
        size = full_box(b"ispe", struct.pack(">II", 320, 192))
        links = full_box(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 0x02))
        return full_box(
            b"meta",
            full_box(b"hdlr", bytes(4), b"pict", bytes(13)),
            full_box(b"pitm", struct.pack(">H", 1)),
            full_box(b"iloc", place),
            full_box(b"iinf", struct.pack(">H", 1), item),
            box(b"iprp", box(b"ipco", box(b"hvcC", configuration), size), links),
        )

    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", coded)


@pytest.fixture(scope="session")
def bad_pictures(make_picture: Callable[..., bytes]) -> dict[str, tuple[bytes, str]]:
    """Every bad picture of the issue: its bytes, and a word that the error must hold."""
    jpeg, png, webp = make_picture("JPEG"), make_picture("PNG"), make_picture("WEBP")
    huge = bytearray(jpeg)
    at = huge.index(b"\xff\xc0") + 5
    huge[at : at + 4] = struct.pack(">HH", 6000, 8400)
    return {
        "zero bytes": (b"", "empty"),
        "text": (b"this is a report, not a picture\n", "not a picture"),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        "pdf": (b"%PDF-1.7\n", "PDF"),
        "zip": (b"PK\x03\x04rest", "zip"),
        "truncated jpeg": (jpeg[: len(jpeg) // 2], "cut off"),
        "jpeg of a header": (jpeg[:200], "cut off"),
        "truncated png": (png[: len(png) // 2], "cut off"),
        "truncated webp": (webp[: len(webp) // 2], "cut off"),
        "50 MP jpeg": (bytes(huge), "50.4 megapixels"),
        "png bomb": (png_of_zeros(12_000, 12_000), "144.0 megapixels"),
        "long thin png": (png_of_zeros(40_000, 10), "32767 pixels a side"),
        "animated gif": (animated("GIF"), "GIF"),
        "animated webp": (animated("WEBP"), "animated"),
        "animated png": (animated("PNG"), "animated"),
        "avif": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "avif"),
        "heic sequence": (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc", "animated"),
        "heic without a size": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "size"),
        "over 25 MB": (jpeg + b"\0" * (25 << 20), "25 MB"),
    }


@pytest.fixture(scope="session")
def make_film() -> Callable[..., Path]:
    """Write a film of 10 frames a second at ``path`` whose red grows by 4 levels a frame."""

    def make(path: Path, codec: str = "mpeg4", frames: int = 50, size: tuple[int, int] = (320, 240)) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=10)
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            for index in range(frames):
                pixels = np.full((size[1], size[0], 3), (index * 4, 80, 90), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture(scope="session")
def decoder() -> Iterator[ChildDecoder]:
    with ChildDecoder() as made:
        yield made
