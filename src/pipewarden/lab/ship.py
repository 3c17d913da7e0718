"""Put a finished run into its shipping form, after checking that its sources allow shipping."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.lab.boxes import Pixels, letterbox
from pipewarden.lab.compose import LICENSED, Composer, streams_of
from pipewarden.lab.dataset import Picture, read_bgr, read_split, shippable
from pipewarden.lab.export import export_float, largest_difference, quantise
from pipewarden.lab.look import crops_of, export_look, fit_look, look_figures
from pipewarden.lab.manifest import LARGEST_FILE
from pipewarden.lab.starts import read_net
from pipewarden.lab.train import read_plan

_LOOK_CROPS = 1500


def calibration_frames(pictures: list[Picture], count: int, seed: int) -> Iterator[Pixels]:
    """Letterboxed frames [384,640,3], half plain train pictures and half pairs of augmented samples."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(pictures))
    composer = Composer(streams_of(pictures), LICENSED, [])
    for number in range(count):
        if number % 2:
            picture = read_bgr(pictures[int(order[number % len(order)])].path)
        else:
            pair = [composer.sample(generator).pixels for _ in range(2)]
            picture = np.asarray(np.hstack(pair)[:, :640], np.uint8)
        frame = letterbox(picture).pixels
        frame[0, 0], frame[0, 1] = 0, 255  # the whole range of bytes, so that the input needs no scale of its own
        yield frame


def ship(checkpoint: Path, out: Path, data: Path, frames: int, *, method: str, seed: int) -> dict[str, Any]:
    """Export a checkpoint to int8; InputError where its plan used sources that may not ship and `out` is in src/."""
    plan = read_plan(checkpoint)
    if plan["all_sources"] and "src" in out.resolve().parts:
        raise InputError(
            field="CHECKPOINT",
            problem="was trained on sources without a licence",
            fix="Write its export outside src/: such weights are for experiments and are never shipped.",
        )
    pictures = shippable(read_split(data, "train"))
    net = read_net(checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        export_float(net, plain)
        first = next(calibration_frames(pictures[:8], 1, seed))
        difference = largest_difference(net, plain, first)
        quantise(plain, out, list(calibration_frames(pictures, frames, seed)), method)
    size = out.stat().st_size
    if size > LARGEST_FILE:
        raise InputError(field="--out", problem=f"has {size} bytes", fix=f"Keep it under {LARGEST_FILE}.")
    return {"file": str(out), "bytes": size, "largest_score_difference_float": difference}


def ship_look(out: Path, data: Path, seed: int) -> dict[str, Any]:
    """Export the crop features, standardised over licensed train crops, with their figures on val."""
    net = fit_look(crops_of(shippable(read_split(data, "train")), _LOOK_CROPS, seed))
    export_look(net, out)
    return look_figures(net, out, read_split(data, "val"), seed)
