from pathlib import Path

import cv2
import numpy as np
import pytest

from pipewarden.inference.adapters.models import open_models
from pipewarden.lab.dataset import Source, read_split
from pipewarden.lab.manifest import read_manifest
from pipewarden.lab.screen import Detections, Screen

WEIGHTS = Path(__file__).resolve().parents[3] / "src" / "pipewarden" / "weights"


@pytest.fixture(scope="module")
def screen() -> Screen:
    entry = next(entry for entry in read_manifest(WEIGHTS) if entry["name"] == "screen")
    return Screen(WEIGHTS / entry["file"], threads=1)


def test_the_shipped_net_gives_scores_and_boxes_of_every_point(screen: Screen):
    scores, boxes = screen.raw(np.full((384, 640, 3), 114, np.uint8))
    assert scores.shape == (5040, 3)
    assert boxes.shape == (5040, 4)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (boxes[:, 2:] >= boxes[:, :2]).all()


def test_nothing_is_seen_on_a_grey_wall(screen: Screen):
    found = screen(np.full((300, 500, 3), 128, np.uint8))
    assert not len(found.above(0.3).boxes)


def test_boxes_stay_in_the_picture_and_are_told_apart_by_class(screen: Screen):
    noise = np.random.default_rng(0).integers(0, 256, (200, 360, 3)).astype(np.uint8)
    found = screen(noise)
    assert len(found.boxes) == len(found.scores) == len(found.classes)
    assert (found.boxes[:, [0, 2]] <= 360).all()
    assert (found.boxes[:, [1, 3]] <= 200).all()
    assert (found.boxes >= 0).all()
    assert sum(len(found.of(k).boxes) for k in range(3)) == len(found.boxes)


@pytest.mark.parametrize("size", [(360, 640), (480, 640), (900, 1600), (200, 120)])
def test_the_lab_measures_what_the_product_runs(screen: Screen, size: tuple[int, int]):
    """Letterbox, suppression and the way back exist twice, because a lab may not call adapters: they must agree."""
    coarse = np.random.default_rng(1).integers(0, 256, (9, 16, 3)).astype(np.uint8)
    picture = np.asarray(cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
    detector = open_models(WEIGHTS, threads=1).detector
    product = detector.detect(picture)
    ours = screen(picture).above(detector.floor)
    assert np.sort(product.scores) == pytest.approx(np.sort(ours.scores))
    order, same = np.lexsort(product.boxes.T), np.lexsort(ours.boxes.T)
    assert product.boxes[order] == pytest.approx(ours.boxes[same], abs=1e-3)


def test_detections_are_filtered_by_class_and_score():
    found = Detections(np.zeros((3, 4), np.float32), np.array([0.9, 0.5, 0.2], np.float32), np.array([0, 1, 0]))
    assert found.of(0).scores.tolist() == pytest.approx([0.9, 0.2])
    assert found.above(0.5).classes.tolist() == [0, 1]
    assert found.of(2).boxes.shape == (0, 4)


@pytest.mark.shared
def test_excavator_photographs_are_found(screen: Screen, shared_data: Path):
    pictures = [picture for picture in read_split(shared_data, "val") if picture.source is Source.KEROU][:12]
    hits = sum(bool(len(screen.of_file(picture.path).of(0).above(0.4).boxes)) for picture in pictures)
    assert hits >= 10
