import hashlib
import json
from pathlib import Path

import pytest

from pipewarden.inference.service import read_manifest as product_reads
from pipewarden.lab.manifest import (
    LARGEST_FILE,
    broken_entries,
    detector_ports,
    entry_for,
    look_entry,
    put_entry,
    read_manifest,
    sha256_of,
)

WEIGHTS = Path(__file__).resolve().parents[3] / "src" / "pipewarden" / "weights"


def test_the_committed_weights_are_the_described_ones():
    assert broken_entries(WEIGHTS) == []
    shipped = read_manifest(WEIGHTS)
    assert shipped
    for entry in shipped:
        path = WEIGHTS / entry["file"]
        assert entry["sha256"] == sha256_of(path)
        assert path.stat().st_size == entry["bytes"] <= LARGEST_FILE
        assert entry["file"].startswith(f"{entry['name']}-{entry['version']}.")
        assert (WEIGHTS.parents[2] / entry["card"]).exists(), "every shipped file has its card"


def test_the_product_reads_the_committed_manifest():
    cards = product_reads(WEIGHTS)
    assert {name: card.ref.sha256 for name, card in cards.items()} == {
        entry["name"]: entry["sha256"] for entry in read_manifest(WEIGHTS)
    }


def test_an_entry_describes_the_file_on_disk(tmp_path: Path):
    path = tmp_path / "screen-3.onnx"
    path.write_bytes(b"weights")
    entry = entry_for("screen", "3", path, *detector_ports(3), {"machine": 0.4}, "ours")
    assert (entry.bytes, entry.file, entry.card) == (7, "screen-3.onnx", "docs/models/screen.md")
    assert entry.sha256 == hashlib.sha256(b"weights").hexdigest()


def test_a_file_above_the_limit_is_refused(tmp_path: Path):
    path = tmp_path / "look-1.onnx"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(ValueError, match="more than 8000000"):
        look_entry("1", path)


def test_an_entry_replaces_the_one_of_its_name_and_leaves_the_rest(tmp_path: Path):
    for name in ("look-1.onnx", "look-2.onnx", "screen-1.onnx"):
        (tmp_path / name).write_bytes(name.encode())
    put_entry(tmp_path, look_entry("1", tmp_path / "look-1.onnx"))
    put_entry(tmp_path, entry_for("screen", "1", tmp_path / "screen-1.onnx", *detector_ports(3), None, "ours"))
    put_entry(tmp_path, look_entry("2", tmp_path / "look-2.onnx"))
    assert [(e["name"], e["version"]) for e in read_manifest(tmp_path)] == [("look", "2"), ("screen", "1")]
    assert not list(tmp_path.glob("*.new"))


def test_a_changed_or_missing_file_is_told(tmp_path: Path):
    path = tmp_path / "look-1.onnx"
    path.write_bytes(b"as described")
    put_entry(tmp_path, look_entry("1", path))
    assert broken_entries(tmp_path) == []
    path.write_bytes(b"as tampered!")
    assert broken_entries(tmp_path) == ["look-1.onnx: not the described file"]
    path.unlink()
    assert broken_entries(tmp_path) == ["look-1.onnx: missing"]


def test_no_manifest_is_an_empty_list(tmp_path: Path):
    assert read_manifest(tmp_path) == []
    (tmp_path / "manifest.json").write_text(json.dumps([]))
    assert broken_entries(tmp_path) == []


def test_a_detectors_ports_name_its_classes():
    _, (scores, boxes) = detector_ports(4)
    assert scores.shape == (1, 5040, 4)
    assert scores.meaning.endswith("machine, person, cone, vehicle")
    assert boxes.shape == (1, 5040, 4)
    assert detector_ports(3)[1][0].shape == (1, 5040, 3)
