"""The demo as paths and truth: what `make demo` replays and what its summary is compared with."""

from __future__ import annotations

from pathlib import Path

from pipewarden.sim.facts import DemoCamera, Truth
from pipewarden.sim.rules import parse_truth


def demo_root() -> Path:
    """Return the folder with network.geojson, longdistance.geojson, truth.json and cameras/ (all rendered 渲染)."""
    return Path(__file__).resolve().parent / "demo"


def demo_cameras() -> list[DemoCamera]:
    """Return the demo's cameras in order of their keys; each folder is a sequence (pictures beside seq.json)."""
    folders = sorted(path.parent for path in (demo_root() / "cameras").glob("*/camera.yaml"))
    return [DemoCamera(key=folder.name, folder=folder, camera_file=folder / "camera.yaml") for folder in folders]


def demo_truth() -> Truth:
    """Return what is true in the demo.

    Raises:
        InputError: the truth file was damaged.
    """
    path = demo_root() / "truth.json"
    return parse_truth(path.read_text(encoding="utf-8"), path.name)
