"""What the wheel carries: all that runs, and nothing that only a checkout uses."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from pipewarden.inference.facts import ModelName
from pipewarden.inference.service import read_manifest

ROOT = Path(__file__).resolve().parents[3]


def test_the_teacher_is_in_the_source_archive_and_every_other_model_in_the_wheel_too() -> None:
    cards = read_manifest()
    files = {card.file for card in cards.values()}
    shipped = {Path(one.path).name for one in WheelBuilder(str(ROOT)).recurse_included_files()}
    kept = {Path(one.path).name for one in SdistBuilder(str(ROOT)).recurse_included_files()}
    assert files & shipped == files - {cards[ModelName.TEACHER].file}
    assert files <= kept
