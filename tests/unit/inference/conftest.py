"""A weights folder of toy models: real ONNX files of half a kilobyte whose answers are known.

They were written once with the ``onnx`` helper, which is no part of the dev lock, and are kept as text. The screen
takes any picture with a channel above 200 as "there is something" and then answers the six boxes below; a dark picture
gets scores of zero. The look net answers the mean of each channel.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

_FLOAT_SCREEN = base64.b64decode("""
CAgSADrQAwonCgZpbWFnZXMSAW0iCVJlZHVjZU1heCoPCghrZWVwZGltcxgAoAECChYKAW0KBWxpbWl0EgFnIgdHcmVhdGVyChgKAWcSAm9uIg
RDYXN0KgkKAnRvGAGgAQIKFwoEYmFzZQoCb24SBnNjb3JlcyIDTXVsChgKBWZpeGVkEgVib3hlcyIISWRlbnRpdHkSA3RveSoPEAFCBWxpbWl0
SgQAAEhDKlgIAQgGCAMQAUIEYmFzZUpIZmZmPwAAAAAAAAAAzcxMPwAAAADNzEw9AAAAAJqZGT8AAAAAmpmZPgAAAAAAAAAAAAAAAAAAAAAAAA
A/zczMPc3MzD3NzMw9KnEIAQgGCAQQAUIFZml4ZWRKYAAAyEIAAHBCAABcQwAANEMAANxCAACCQgAAYUMAADlDAACWQwAAyEIAAKpDAABcQwAA
yEMAAMhCAAACRAAASEMAAEhCAACWQwAAUEIAAJdDAAAAAAAAAAAAACBBAAAgQVoiCgZpbWFnZXMSGAoWCAESEgoCCAEKAggDCgMIgAMKAwiABW
IcCgZzY29yZXMSEgoQCAESDAoCCAEKAggGCgIIA2IbCgVib3hlcxISChAIARIMCgIIAQoCCAYKAggEQgQKABAR
""")

_BYTE_SCREEN = base64.b64decode("""
CAgSADrpAwocCgZpbWFnZXMSAWYiBENhc3QqCQoCdG8YAaABAgoiCgFmEgFtIglSZWR1Y2VNYXgqDwoIa2VlcGRpbXMYAKABAgoWCgFtCgVsaW
1pdBIBZyIHR3JlYXRlcgoYCgFnEgJvbiIEQ2FzdCoJCgJ0bxgBoAECChcKBGJhc2UKAm9uEgZzY29yZXMiA011bAoYCgVmaXhlZBIFYm94ZXMi
CElkZW50aXR5EgN0b3kqDxABQgVsaW1pdEoEAABIQypYCAEIBggDEAFCBGJhc2VKSGZmZj8AAAAAAAAAAM3MTD8AAAAAzcxMPQAAAACamRk/AA
AAAJqZmT4AAAAAAAAAAAAAAAAAAAAAAAAAP83MzD3NzMw9zczMPSpxCAEIBggEEAFCBWZpeGVkSmAAAMhCAABwQgAAXEMAADRDAADcQgAAgkIA
AGFDAAA5QwAAlkMAAMhCAACqQwAAXEMAAMhDAADIQgAAAkQAAEhDAABIQgAAlkMAAFBCAACXQwAAAAAAAAAAAAAgQQAAIEFaIgoGaW1hZ2VzEh
gKFggCEhIKAggBCgMIgAMKAwiABQoCCANiHAoGc2NvcmVzEhIKEAgBEgwKAggBCgIIBgoCCANiGwoFYm94ZXMSEgoQCAESDAoCCAEKAggGCgII
BEIECgAQEQ==
""")

_LOOK = base64.b64decode("""
CAgSADqaAQoaCgRjcm9wEgFmIgRDYXN0KgkKAnRvGAGgAQIKOQoBZhIIZmVhdHVyZXMiClJlZHVjZU1lYW4qDQoEYXhlc0ABQAKgAQcqDwoIa2
VlcGRpbXMYAKABAhIDdG95Wh8KBGNyb3ASFwoVCAISEQoDEgFuCgIIEAoCCBAKAggDYhsKCGZlYXR1cmVzEg8KDQgBEgkKAxIBbgoCCANCBAoA
EBE=
""")

# what the toy screen answers on a bright picture, in frame pixels: score, class, box
TOY_BOXES = (
    (0.9, 0, (100, 60, 220, 180)),
    (0.8, 0, (110, 65, 225, 185)),  # the same machine again: suppressed
    (0.6, 1, (300, 100, 340, 220)),
    (0.5, 2, (50, 300, 52, 302)),
    (0.3, 0, (400, 100, 520, 200)),
)


@dataclass(frozen=True)
class Toy:
    """A weights folder and the means to spoil it."""

    folder: Path
    boxes: tuple[tuple[float, int, tuple[int, int, int, int]], ...] = TOY_BOXES

    @staticmethod
    def npz(**arrays: object) -> bytes:
        """Return the bytes of an .npz."""
        out = io.BytesIO()
        np.savez(out, **{key: np.asarray(value) for key, value in arrays.items()})  # type: ignore[arg-type]
        return out.getvalue()

    @staticmethod
    def head() -> dict[str, object]:
        """Return a type head on mean colours: blue crops are excavators, green ones loaders, red ones dump trucks."""
        return {
            "names": ["excavator", "loader_dozer", "dump_truck"],
            "mean": np.full(3, 128.0),
            "scale": np.full(3, 32.0),
            # the toy look net sees RGB; a column per type
            "weights": np.array([[0, 0, 2.0], [0, 2.0, 0], [2.0, 0, 0]]),
            "bias": np.zeros(3),
        }

    def entries(self) -> list[dict[str, object]]:
        """Return the manifest's entries."""
        read: list[dict[str, object]] = json.loads((self.folder / "manifest.json").read_text())
        return read

    def add(self, name: str, suffix: str, content: bytes, **more: object) -> None:
        """Describe one more head on the features of the look net."""
        ports = {
            "inputs": [_port("features", "float32", ["n", 3], "of look")],
            "outputs": [_port("probability", "float32", ["n", 2], "softmax")],
        }
        entry = _entry(self.folder, name, suffix, content, **(ports | more))
        (self.folder / "manifest.json").write_text(json.dumps([*self.entries(), entry]))

    def change(self, name: str, **values: object) -> None:
        """Overwrite keys of one entry."""
        entries = [{**entry, **values} if entry["name"] == name else entry for entry in self.entries()]
        (self.folder / "manifest.json").write_text(json.dumps(entries))

    def replace(self, name: str, content: bytes) -> None:
        """Put another file in place of a model's, described truly by size and hash."""
        file = next(str(entry["file"]) for entry in self.entries() if entry["name"] == name)
        (self.folder / file).write_bytes(content)
        self.change(name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def _port(name: str, dtype: str, shape: list[int | str], meaning: str) -> dict[str, object]:
    return {"name": name, "dtype": dtype, "shape": shape, "meaning": meaning}


def _entry(folder: Path, name: str, suffix: str, content: bytes, **more: object) -> dict[str, object]:
    file = f"{name}-1.{suffix}"
    (folder / file).write_bytes(content)
    return {
        "name": name,
        "version": "1",
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "threshold": None,
        "licence": "Apache-2.0",
        "card": f"docs/models/{name}.md",
        "extra": {},
        **more,
    }


def _screen_ports(*, planar: bool) -> dict[str, object]:
    shape: list[int | str] = [1, 3, 384, 640] if planar else [1, 384, 640, 3]
    return {
        "inputs": [_port("images", "float32" if planar else "uint8", shape, "BGR 0-255, letterbox, grey 114")],
        "outputs": [
            _port("scores", "float32", [1, 6, 3], "machine, person, cone"),
            _port("boxes", "float32", [1, 6, 4], "left, top, right, bottom in pixels of the input"),
        ],
    }


def _write(folder: Path, *, planar: bool) -> Toy:
    folder.mkdir()
    entries = [
        _entry(
            folder, "screen", "onnx", _FLOAT_SCREEN if planar else _BYTE_SCREEN,
            threshold={"machine": 0.4, "person": 0.4, "cone": 0.4}, **_screen_ports(planar=planar),
        ),
        _entry(
            folder, "look", "onnx", _LOOK,
            inputs=[_port("crop", "uint8", ["n", 16, 16, 3], "RGB 0-255")],
            outputs=[_port("features", "float32", ["n", 3], "mean of each channel")],
        ),
        _entry(
            folder, "type", "npz", Toy.npz(**Toy.head()),
            threshold={"abstain": 0.6},
            inputs=[_port("features", "float32", ["n", 3], "of look")],
            outputs=[_port("probability", "float32", ["n", 3], "softmax")],
        ),
    ]  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(entries))
    return Toy(folder)


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """Toy weights whose screen takes float32 1x3x384x640."""
    return _write(tmp_path / "weights", planar=True)


@pytest.fixture
def byte_toy(tmp_path: Path) -> Toy:
    """Toy weights whose screen takes uint8 1x384x640x3."""
    return _write(tmp_path / "byte-weights", planar=False)
