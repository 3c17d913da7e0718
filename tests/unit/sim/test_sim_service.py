"""The demo as paths."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.sim import service

if TYPE_CHECKING:
    from pathlib import Path


def test_the_root_holds_what_its_readme_names():
    root = service.demo_root()
    for name in ("README.md", "network.geojson", "longdistance.geojson", "truth.json", "cameras"):
        assert (root / name).exists(), name


def test_cameras_come_in_order_with_their_files():
    cameras = service.demo_cameras()
    assert [camera.key for camera in cameras] == sorted(camera.key for camera in cameras)
    for camera in cameras:
        assert camera.camera_file.parent == camera.folder
        assert camera.folder.name == camera.key
        assert (camera.folder / "seq.json").is_file()
        assert json.loads((camera.folder / "seq.json").read_text(encoding="utf-8"))["rendered"] is True


def test_truth_is_read_once_whole():
    truth = service.demo_truth()
    assert truth.rendered
    assert {site.key for site in truth.sites} == {key for camera in truth.cameras for key in camera.expected_alarms}


def test_a_damaged_truth_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "truth.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(service, "demo_root", lambda: tmp_path)
    with pytest.raises(InputError, match="rendered"):
        service.demo_truth()


def test_another_day_is_read_from_its_folder_and_only_meanwhile(tmp_path: Path) -> None:
    shipped = service.demo_root()
    (tmp_path / "truth.json").write_bytes((shipped / "truth.json").read_bytes())
    folder = tmp_path / "cameras" / "cam-01"
    shutil.copytree(shipped / "cameras" / "cam-01", folder)
    with service.another_day(tmp_path):
        assert [one.folder for one in service.demo_cameras()] == [folder]
        assert {event.camera for event in service.demo_day().events if event.camera} == {"cam-01"}
    assert service.demo_root() == shipped
    assert len(service.demo_cameras()) > 1
