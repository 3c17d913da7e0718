"""``pipewarden eval``: figures of the product on somebody's labelled pictures and sequences, one JSON object each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipewarden.cli.output import json_line, note, progress, told_errors

app = typer.Typer(
    name="eval",
    help="Measure what the product sees: on labelled pictures, on a sequence.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("perceive")
def perceive(
    coco: Annotated[Path, typer.Option(help="COCO detection file of the labels.")],
    images: Annotated[Path, typer.Option(help="Folder its file names start from.")],
    iou: Annotated[float, typer.Option(min=0.05, max=0.95, help="Overlap at which a box counts as right.")] = 0.5,
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Machine score to measure at; default: the manifest's.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Folder with manifest.json; default: the shipped one.")] = None,
    json: AsJson = False,
) -> None:
    """Measure the screen on labelled pictures: average precision, recall, false boxes, cost, with 95 % intervals.

    A class counts where labelled_supers of a picture says that it is complete (absent: everything is). Rendered or
    synthetic pictures give figures of rendered pictures: never report them as accuracy.

    judge_calls_per_1000: machine boxes that raise an alarm. A lone picture has no scene and no time, so that no scene
    rule can speak and each of them is one question to the second judge.

    Example:
    pipewarden eval perceive --coco instances_val.json --images images/ --json
    """
    with told_errors(as_json=json):
        from pipewarden.inference.service import WEIGHTS
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import evaluate

        with progress("looking") as step:
            found = evaluate.perceive(
                coco, images, weights=weights or WEIGHTS, threshold=threshold, iou=iou,
                threads=load_settings().threads, progress=step,
            )  # fmt: skip
        _say(found, as_json=json)


@app.command("sequence")
def sequence(
    folder: Annotated[Path, typer.Argument(help="Folder with seq.json and its pictures.")],
    every: Annotated[float, typer.Option(min=0.0, help="Seconds between sampled frames.")] = 1.0,
    camera: Annotated[Path | None, typer.Option(help="camera.yaml of who took it. None: no places.")] = None,
    json: AsJson = False,
) -> None:
    """Run a sequence through the whole pipeline in a temporary home and count alarms and judge calls.

    The clock goes with the frames, as if the camera took them now. judge_calls: questions put to the second judge,
    once per alarm that no scene rule closed within the 45 s it is given to drive on; with the local judge those that
    the crop verifier answers are counted, with human none.

    Example:
    pipewarden eval sequence street_fixed_residential/ --json
    """
    with told_errors(as_json=json):
        from pipewarden.kit.clock import SetClock, SystemClock
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import evaluate
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure
        from pipewarden.main.river import open_river

        settings = load_settings()
        configure(settings.log_level)
        clock = SetClock(SystemClock().now())
        with (
            open_home(settings, temporary=True, clock=clock) as home,
            open_river(home) as river,
            progress("scanning") as step,
        ):
            found = evaluate.sequence(river, folder, every_s=every, camera=camera, clock=clock, progress=step)
        for problem in found.problems:
            note(f"error: {problem.field}: {problem.problem}. {problem.fix}")
        counts = ("frames", "findings", "alarms", "judge_calls")
        _say({name: getattr(found, name) for name in counts}, as_json=json)
        if found.problems:  # somebody may rely on "no alarm"
            raise SystemExit(1)


def _say(found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        json_line(found)
        return
    for name, value in found.items():
        note(f"{name}: {value}")
