"""Data sets as use cases: labelled pictures or reviewers' verdicts in, an immutable manifest, files out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.judge import service as judge
from pipewarden.learn import service as learn
from pipewarden.learn.adapters.folders import CocoFolder, OutFolder
from pipewarden.learn.adapters.reviews import ReviewedPictures
from pipewarden.main.masking import masking
from pipewarden.perceive import service as perceive
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipewarden.learn.facts import Manifest, Recipe
    from pipewarden.main.home import Home

ACTOR = "operator"  # whoever has the machine's command line
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A data set and the pictures that could not be read."""

    manifest: Manifest
    refused: list[tuple[str, str]]


def make(
    home: Home,
    name: str,
    folders: list[tuple[Path, Path]],
    recipe: Recipe,
    progress: Callable[[int, int | None], None],
) -> Made:
    """Read folders of labelled pictures and make the next data set of ``name``.

    Args:
        home: whose data set; its blob store keeps the pictures.
        name: of the data set; the number follows from those before.
        folders: COCO document and picture folder of each.
        recipe: how the pictures are divided.
        progress: called with the pictures read so far.

    Raises:
        InputError: a document cannot be read, or no picture is left.
    """
    samples, refused = [], []
    with ChildDecoder() as decoder:
        for document, images in folders:
            source = CocoFolder(document, images, decoder, home.blobs)
            for sample in source.samples():
                samples.append(sample)
                progress(len(samples), None)
            refused += source.refused
    with home.work() as work:
        return Made(learn.make(work, home.blobs, name, samples, recipe, actor=ACTOR), refused)


def make_from_verdicts(home: Home, name: str, recipe: Recipe, progress: Callable[[int, int | None], None]) -> Made:
    """Make the next data set of ``name`` of what the tenant's reviewers decided.

    Raises:
        InputError: nobody has decided anything yet, or no picture is left.
    """
    with home.work() as work:
        reviewed, left_out = learn.reviewed(work)
    samples = []
    with ChildDecoder() as decoder:  # outside of any transaction: this takes a while
        source = ReviewedPictures(reviewed, decoder, home.blobs)
        for sample in source.samples():
            samples.append(sample)
            progress(len(samples), None)
    with home.work() as work:
        return Made(learn.make(work, home.blobs, name, samples, recipe, actor=ACTOR), left_out + source.refused)


def every(home: Home) -> list[Manifest]:
    """Return the tenant's data sets, newest first."""
    found: list[Manifest] = []
    with home.work() as work:
        while page := learn.manifests(work, limit=_PAGE, before=found[-1].id if found else None):
            found += page
    return found


def find(home: Home, label: str) -> Manifest:
    """Return a data set by its label; see ``learn.service.manifest``."""
    with home.work() as work:
        return learn.manifest(work, label)


def export(home: Home, label: str, out: Path) -> dict[str, int]:
    """Write a data set below ``out`` and return how many pictures each share has."""
    with home.work() as work:
        return learn.export(work, home.blobs, learn.manifest(work, label), OutFolder(out))


def export_pairs(home: Home, label: str, out: Path) -> dict[str, int]:
    """Write the verdicts of a data set as lines with their pictures and return how many each share has."""
    with masking() as masked, home.work() as work:
        made, questions = learn.manifest(work, label), judge.questions(work)
        showing = perceive.only_masked(masked)
        return learn.export_pairs(work, home.blobs, showing, made, questions, folder=OutFolder(out))
