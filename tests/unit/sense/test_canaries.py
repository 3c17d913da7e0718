"""What a camera writes beside the pixels never leaves: position, serial number and comments in every format (I3)."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from pipewarden.people.service import privacy_policy
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import Box
from pipewarden.sense.adapters.masking import masking_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.sense.adapters.decoder import ChildDecoder

SERIAL, COMMENT, XMP = b"SN-CANARY-4711", b"CANARY by Zhang San", b"CANARY-XMP-116.39"
CANARIES = (SERIAL, COMMENT, XMP, b"CANARY", b"Exif", b"GPS", b"adobe.com/xap", b"x:xmpmeta")
BOX = Box(x=20, y=20, w=60, h=60)


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x9286 - 0x9286 + 0x013B] = "CANARY-MAKE", "CANARY-MODEL", COMMENT.decode()
    made.get_ifd(0x8769)[0xA431] = SERIAL.decode()
    gps = made.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (39.0, 54.0, 27.5), "E", (116.0, 23.0, 51.25)
    return made


def xmp() -> bytes:
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf>' + XMP + b"</rdf></x:xmpmeta>"


def street() -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(60, 190, (192, 320, 3), np.uint8))


def with_canaries(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG":
        street().save(out, "JPEG", exif=exif(), xmp=xmp(), comment=COMMENT, quality=90)
    elif kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", COMMENT.decode())
        words.add_itxt("XML:com.adobe.xmp", xmp().decode())
        street().save(out, "PNG", exif=exif(), pnginfo=words)
    else:
        street().save(out, "WEBP", exif=exif(), xmp=xmp())
    return out.getvalue()


@pytest.fixture(scope="module")
def canaries(heic: bytes) -> dict[str, bytes]:
    made = {kind: with_canaries(kind) for kind in ("JPEG", "PNG", "WEBP")}
    said = b"Exif\0\0" + exif().tobytes() + xmp()
    return made | {"HEIC": heic + struct.pack(">I4s", 8 + 16 + len(said), b"uuid") + bytes(16) + said}


@pytest.fixture(scope="module")
def masked() -> Iterator[ChildDecoder]:
    with masking_decoder(privacy_policy().mask) as made:
        yield made


def derivatives(showing: Any, picture: bytes) -> list[bytes]:
    """Return everything that any door makes of a picture."""
    crop, frame, _ = perceive.crop_and_frame(showing, picture, box=BOX)
    drawn = perceive.draw_evidence(showing, picture, name="x", box=BOX, label="excavator 0.71")
    return [crop, frame, drawn, perceive.redraw(showing, picture, name="x")]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC"])
def test_no_derivative_holds_what_stood_beside_the_pixels(
    kind: str, canaries: dict[str, bytes], decoder: ChildDecoder, masked: ChildDecoder
) -> None:
    picture = canaries[kind]
    assert sum(canary in picture for canary in (SERIAL, COMMENT, XMP)) >= 2, "the test must put something in"
    made = [
        one
        for showing in (perceive.at_the_machine(decoder), perceive.only_masked(masked))
        for one in derivatives(showing, picture)
    ]
    assert len(made) == 8
    for one in made:
        assert [canary for canary in CANARIES if canary in one] == []
        opened = Image.open(io.BytesIO(one))
        assert (opened.format, dict(opened.getexif())) == ("JPEG", {})
        assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
