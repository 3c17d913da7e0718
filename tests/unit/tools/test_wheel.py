"""What the wheel carries: all that runs; the teacher too since it finds the heads and plates that are masked."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from pipewarden.inference.service import read_manifest

ROOT = Path(__file__).resolve().parents[3]


def test_every_model_is_in_the_wheel_and_in_the_source_archive() -> None:
    files = {card.file for card in read_manifest().values()}
    shipped = {Path(one.path).name for one in WheelBuilder(str(ROOT)).recurse_included_files()}
    kept = {Path(one.path).name for one in SdistBuilder(str(ROOT)).recurse_included_files()}
    assert files <= shipped
    assert "faces-1.LICENSE" in shipped & kept, "the MIT licence asks that its notice goes with the file"
    assert files <= kept
