"""Every real payload at hand is read, or refused for a reason that names the field; nothing breaks on any cut of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.sense import service as sense

ROOT = Path(__file__).resolve().parents[5] / "shared/data/geo/payloads"
DIALECTS = {"hikvision": "hikvision", "gb28181": "gb28181", "onvif_axis": "onvif", "frigate": "frigate"}
REFUSED = {"catalog.xml", "deviceInfo.xml", "deviceStatus.xml"}  # answers of a directory, no alarms
REFUSED |= {"face_recognition_update_1.json", "generative_ai_description_update_1.json"}  # about faces and captions

pytestmark = pytest.mark.skipif(not ROOT.exists(), reason="shared/data/geo/payloads is not here")


def payloads() -> list[tuple[str, Path]]:
    return [(dialect, file) for name, dialect in DIALECTS.items() for file in sorted((ROOT / name).glob("*"))]


def test_each_is_read_or_refused_for_a_stated_reason() -> None:
    assert len(payloads()) == 35
    refused: dict[str, InputError] = {}
    for dialect, file in payloads():
        try:
            told = sense.said(dialect, file.read_bytes())
        except InputError as error:
            refused[file.name] = error
        else:
            assert all(one.originator and one.label for one in told)
    assert set(refused) == REFUSED
    assert all(one.field and one.problem and one.fix for one in refused.values())


def test_no_cut_of_one_is_anything_but_read_or_refused() -> None:
    for dialect, file in payloads():
        whole = file.read_bytes()
        for end in range(0, len(whole), max(1, len(whole) // 40)):
            try:
                sense.said(dialect, whole[:end])
            except InputError:
                continue
