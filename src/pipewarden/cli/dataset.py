"""``pipewarden dataset``: immutable sets of labelled pictures, divided so that no camera and no site leaks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors
from pipewarden.learn.facts import Share

if TYPE_CHECKING:
    from pipewarden.learn.facts import Manifest

app = typer.Typer(
    help="Make, look at and take out data sets. One never changes: its hash names every picture, label and right."
)
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the result.")]


class Source(StrEnum):
    """Where labels come from."""

    COCO = "coco"
    VERDICTS = "verdicts"


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(metavar="name", help="A name of yours, for instance streets.")],
    from_: Annotated[
        Source, typer.Option("--from", help="coco: files of labels; verdicts: what reviewers decided here.")
    ] = Source.COCO,
    coco: Annotated[list[Path] | None, typer.Option(help="COCO JSON with the labels; once or more.")] = None,
    images: Annotated[list[Path] | None, typer.Option(help="Folder of its pictures, in the same order.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another division.")] = 1,
    val: Annotated[float, typer.Option(min=0, max=0.9, help="Part of the groups for choosing.")] = 0.15,
    test: Annotated[float, typer.Option(min=0, max=0.9, help="Part of the groups never trained on.")] = 0.15,
    near: Annotated[int, typer.Option(min=0, max=64, help="Bits of 256 within which two pictures are one.")] = 8,
    shippable: Annotated[
        bool, typer.Option("--shippable", help="Only pictures whose terms allow weights that are given away.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Make the next data set of a name; pictures that were in the one before keep their share.

    Pictures that share a camera, a site or a scene, or look the same, go to one share together. Rendered pictures only
    ever train. Of verdicts the last word about each alarm counts, with the picture that was shown; what was drawn for
    an audit only ever tests.

    Example:  pipewarden dataset make streets --coco labels.json --images pictures/ --shippable
    Example:  pipewarden dataset make reviews --from verdicts
    """
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError
        from pipewarden.kit.settings import load_settings
        from pipewarden.learn.facts import Recipe
        from pipewarden.main import datasets
        from pipewarden.main.home import open_home

        labels, folders = coco or [], images or []
        if len(labels) != len(folders):
            raise InputError(field="--images", problem="is not given once for each --coco", fix="Give them in pairs.")
        if bool(labels) != (from_ is Source.COCO):
            raise InputError(
                field="--from", problem="coco needs --coco and --images, verdicts takes none", fix="Name one source."
            )
        recipe = Recipe(seed=seed, val=val, test=test, near=near, shippable_only=shippable)
        with open_home(load_settings()) as home, progress("pictures") as step:
            if from_ is Source.VERDICTS:
                made = datasets.make_from_verdicts(home, name, recipe, step)
            else:
                made = datasets.make(home, name, list(zip(labels, folders, strict=True)), recipe, step)
    for picture, why in made.refused:
        note(f"left out {picture}: {why}")
    _show(made.manifest, refused=len(made.refused), as_json=json)


@app.command("list")
def list_(json: JsonFlag = False) -> None:
    """List data sets, newest first."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import datasets
        from pipewarden.main.home import open_home

        with open_home(load_settings()) as home:
            found = datasets.every(home)
    if json:
        for one in found:
            json_line(_row(one))
        json_line({"summary": {"datasets": len(found)}})
        return
    shown = Table("数据集 dataset", "图片 pictures", "made", "by", "sha256")
    for one in found:
        pictures = ", ".join(f"{share} {one.quality.pictures.get(share, 0)}" for share in Share)
        add_row(shown, one.label, pictures, f"{one.made_at:%Y-%m-%d %H:%M}", one.made_by, one.sha256[:12])
    table(shown)


@app.command("show")
def show(
    label: Annotated[str, typer.Argument(metavar="dataset", help="name or name-number")], json: JsonFlag = False
) -> None:
    """Show one data set: counts, what was left out, labels that look wrong."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import datasets
        from pipewarden.main.home import open_home

        with open_home(load_settings()) as home:
            found = datasets.find(home, label)
    _show(found, refused=None, as_json=json)


@app.command("export")
def export(
    label: Annotated[str, typer.Argument(metavar="dataset", help="name or name-number")],
    out: Annotated[Path, typer.Option(help="Folder for images/ and instances_*.json, or pairs.jsonl.")],
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Of verdicts: lines to fine-tune a vision-language judge on.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Write a data set as pictures and COCO JSON; every picture's bytes are proved against its hash.

    With --pairs each verdict is a line with the close-up and the frame as a second judge is shown them, the questions,
    and the code that the reviewer gave; recipes/judge-lora reads exactly that. What a person sent who has not agreed
    to training, or has withdrawn that since the data set was made, stays behind and is counted.
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import datasets
        from pipewarden.main.home import open_home

        with open_home(load_settings()) as home:
            counts = (datasets.export_pairs if pairs else datasets.export)(home, label, out)
    if json:
        json_line({"out": str(out), **counts})
        return
    note(f"{out}: " + ", ".join(f"{share} {counts[share]}" for share in Share))
    if kept_back := counts.get("no_consent"):
        note(f"left out {kept_back}: a person sent them and has not agreed to training, or has withdrawn")


def _row(one: Manifest) -> dict[str, object]:
    quality = one.quality
    return {
        "dataset": one.label,
        "sha256": one.sha256,
        "parent": one.parent,
        "pictures": dict(quality.pictures),
        "labels": {cls: dict(counts) for cls, counts in quality.labels.items()},
        "groups": dict(quality.groups),
        "rendered": dict(quality.rendered),
        "dropped": dict(quality.dropped),
        "doubtful": quality.doubtful,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
    }


def _show(one: Manifest, *, refused: int | None, as_json: bool) -> None:
    if as_json:
        json_line(_row(one) | {"refused": refused})
        return
    quality = one.quality
    note(f"{one.label} ({one.sha256[:12]}…), made {one.made_at:%Y-%m-%d %H:%M} by {one.made_by}")
    shares = [share.value for share in Share if share in quality.pictures]
    shown = Table("", *shares)
    for words, counts in (
        ("图片 pictures", quality.pictures),
        ("其中渲染 rendered", quality.rendered),
        ("组 groups", quality.groups),
        *quality.labels.items(),
    ):
        add_row(shown, words, *(str(counts.get(share, 0)) for share in shares))
    table(shown)
    for why, count in quality.dropped.items():
        note(f"left out {count}: {why}")
    if quality.doubtful:
        note(f"{quality.doubtful} label(s) look wrong; the first: {quality.doubts[0][0]}: {quality.doubts[0][1]}")
