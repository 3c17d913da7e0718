"""Labelled pictures from a folder with a COCO document, and data sets out into one.

Pictures are strangers: each is decoded by the house's child process before its bytes are kept.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Label, Sample
from pipewarden.perceive.service import likeness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.perceive.service import PictureDecoder

SOURCES = Path(__file__).resolve().parents[2] / "policy" / "sources.yaml"
_WANTED = (640, 640)


def terms(path: Path = SOURCES) -> dict[str, dict[str, Any]]:
    """Return the terms of each known source."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))["sources"])


@dataclass(slots=True)
class CocoFolder:
    """Implements ``learn.ports.LabelledPictures`` on a COCO document and its folder of pictures.

    Attributes:
        refused: pictures that could not be read, each with the reason.
    """

    document: Path
    images: Path
    decoder: PictureDecoder
    blobs: BlobStore
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=terms)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def samples(self) -> Iterator[Sample]:
        """Yield each picture with its labels; one that cannot be read goes to ``refused``.

        Raises:
            InputError: the document is no COCO JSON.
        """
        records, labels = self._read()
        for record in records:
            name = str(record["file_name"])
            try:
                yield self._sample(record, labels.get(record["id"], []))
            except InputError as error:
                self.refused.append((name, error.problem))

    def _read(self) -> tuple[list[dict[str, Any]], dict[int, list[Label]]]:
        try:
            told = json.loads(self.document.read_text(encoding="utf-8"))
            classes = {one["id"]: one["name"] for one in told["categories"]}
            labels: dict[int, list[Label]] = defaultdict(list)
            for one in told["annotations"]:
                left, top, width, height = (float(side) for side in one["bbox"])
                by = str(one.get("by") or "source")
                labels[one["image_id"]].append(Label(classes[one["category_id"]], (left, top, width, height), by))
            return list(told["images"]), labels
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                field=str(self.document),
                problem=f"is no COCO document ({error.__class__.__name__}: {error})",
                fix="Give a JSON file with images, annotations and categories.",
            ) from error

    def _sample(self, record: Mapping[str, Any], labels: list[Label]) -> Sample:
        name = str(record["file_name"])
        path = (self.images / name).resolve()
        if not path.is_relative_to(self.images.resolve()):
            raise InputError(field=name, problem="leads out of the folder", fix="Name a file of the folder.")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(field=name, problem=f"is not there ({error.strerror})", fix="Fetch it again.") from error
        decoded = self.decoder.decode(content, name=name, wanted=_WANTED)
        source = str(record.get("source", "unknown"))
        told = self.known.get(source, {})
        return Sample(
            picture=self.blobs.put(content),
            width=decoded.width,
            height=decoded.height,
            labels=tuple(labels),
            labelled=frozenset(record.get("labelled_supers", ())),
            source=source,
            licence=str(told.get("licence", record.get("license", ""))),
            may_ship=bool(told.get("may_ship", False)),
            rendered=bool(told.get("rendered", record.get("rendered", False))),
            camera=record.get("camera"),
            site=record.get("site"),
            scene=record.get("group"),
            likeness=likeness(decoded.pixels),
            origin=name,
        )


@dataclass(frozen=True, slots=True)
class OutFolder:
    """Implements ``learn.ports.ExportFolder`` on a folder of the disk."""

    root: Path

    def picture(self, name: str, content: bytes) -> None:
        """Write one picture below ``images``."""
        self._write(self.root / "images" / name, content)

    def document(self, name: str, content: Mapping[str, object]) -> None:
        """Write one JSON document beside ``images``."""
        self._write(self.root / name, json.dumps(content, ensure_ascii=False, indent=1).encode())

    def lines(self, name: str, rows: Sequence[str]) -> None:
        """Write one text beside ``images``."""
        self._write(self.root / name, "".join(f"{row}\n" for row in rows).encode())

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise InputError(
                field="--out", problem=f"{path} cannot be written ({error.strerror})", fix="Name another folder."
            ) from error
