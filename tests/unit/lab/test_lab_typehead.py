from pathlib import Path

import cv2
import numpy as np
import pytest

from pipewarden.lab.dataset import Picture, Source
from pipewarden.lab.typehead import (
    ABSTAIN,
    JITTERS,
    Crops,
    TypeHead,
    abstaining,
    fit,
    gather,
    load_head,
    moved,
    save_head,
    softmax,
    typed_boxes,
    worn,
)
from pipewarden.lab.typescore import (
    Answers,
    abstained,
    answers,
    balanced,
    choose_abstain,
    figures,
    precision_of,
    recall_of,
)

LOOK = Path(__file__).resolve().parents[3] / "src" / "pipewarden" / "weights" / "look-1.onnx"


def clouds(per_type: tuple[int, int, int], spread: float = 0.3, seed: int = 0) -> Crops:
    """Three clouds of 6-number features."""
    generator = np.random.default_rng(seed)
    centres = np.eye(3, 6) * 3
    rows = [centres[k] + generator.normal(0, spread, (count, 6)) for k, count in enumerate(per_type)]
    types = np.concatenate([np.full(count, k) for k, count in enumerate(per_type)])
    return Crops(np.concatenate(rows).astype(np.float32), types, [f"p{k}" for k in range(len(types))])


def head(abstain: float = 0.0) -> TypeHead:
    weights = np.array([[4, 0, 0], [0, 4, 0]], np.float32)
    return TypeHead(np.zeros(2, np.float32), np.ones(2, np.float32), weights, np.zeros(3, np.float32), abstain)


def test_softmax_sums_to_one_and_survives_large_numbers():
    table = softmax(np.array([[1000.0, 1000.0, -1000.0], [0, 0, 0]], np.float32))
    assert table.sum(axis=1) == pytest.approx([1, 1])
    assert table[0] == pytest.approx([0.5, 0.5, 0])


def test_the_head_abstains_where_it_is_not_sure():
    features = np.array([[2, 0], [0, 2], [0, 0]], np.float32)
    assert head().decide(features)[:2] == ["excavator", "loader_dozer"]
    assert head(0.9).decide(features) == ["excavator", "loader_dozer", ABSTAIN]


def test_fitting_separates_clouds_and_gives_few_examples_their_say():
    crops = clouds((300, 8, 8))
    said = fit(crops, strength=0.01).decide(crops.features)
    truth = answers(fit(crops, strength=0.01), crops).truth
    assert recall_of("dump_truck")(truth, said) == 1.0
    assert recall_of("excavator")(truth, said) == 1.0


def test_saved_and_loaded_it_decides_the_same(tmp_path: Path):
    crops = clouds((30, 20, 10))
    first = abstaining(fit(crops), 0.5)
    save_head(first, tmp_path / "type-1.npz")
    second = load_head(tmp_path / "type-1.npz")
    assert second.abstain == pytest.approx(0.5)
    assert second.probabilities(crops.features) == pytest.approx(first.probabilities(crops.features))
    with np.load(tmp_path / "type-1.npz", allow_pickle=False) as stored:
        assert stored["names"].tolist() == ["excavator", "loader_dozer", "dump_truck"]


def test_the_abstain_threshold_rises_with_doubt():
    assert choose_abstain(clouds((60, 40, 40), spread=0.2), seed=1) < 0.6
    assert choose_abstain(clouds((60, 40, 40), spread=3.5), seed=1) > choose_abstain(clouds((60, 40, 40), 0.2), seed=1)


def test_measures_by_hand():
    truth = ["excavator", "excavator", "dump_truck", "loader_dozer"]
    said = ["excavator", "other", "excavator", "other"]
    assert recall_of("excavator")(truth, said) == 0.5
    assert precision_of("excavator")(truth, said) == 0.5
    assert abstained(truth, said) == 0.5
    assert balanced(truth, said) == pytest.approx((1 + 0) / 2)  # no loader was answered for
    found = figures(Answers(truth, said, ["a", "a", "b", "c"]), seed=1)
    assert found["answers"]["excavator"] == {"excavator": 1, "loader_dozer": 0, "dump_truck": 0, "other": 1}
    assert found["recall"]["excavator"]["low"] <= 0.5 <= found["recall"]["excavator"]["high"]


def picture(path: Path, categories: list[int], generic: list[bool]) -> Picture:
    boxes = np.array([[40 + 10 * k, 40, 140 + 10 * k, 120] for k in range(len(categories))], np.float32)
    return Picture(
        path, Source.KEROU, "g", 300, 200, frozenset(), negative=False, boxes=boxes,
        categories=np.array(categories, np.int64), generic=np.array(generic, np.bool_),
    )  # fmt: skip


def test_only_boxes_with_a_known_type_are_learnt_from():
    assert typed_boxes(picture(Path("p"), [1, 6, 3, 7, 2, 1], [False, True, False, False, False, True])) == [0, 2, 4]


def test_features_are_gathered_with_copies_for_training_only(tmp_path: Path):
    path = tmp_path / "m.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (200, 300, 3)).astype(np.uint8))
    plain = gather([picture(path, [1, 6, 3], [False, True, False])], LOOK, 1, jitter=False)
    assert plain.features.shape == (2, 432)
    assert plain.types.tolist() == [0, 2]
    more = gather([picture(path, [1, 6, 3], [False, True, False])], LOOK, 1, jitter=True)
    assert len(more.types) == 2 * (JITTERS + 1)
    assert more.features[0] == pytest.approx(plain.features[0], abs=1e-4)


def test_copies_stay_near_their_box_and_keep_their_shape():
    generator = np.random.default_rng(0)
    box = np.array([100, 100, 200, 150], np.float32)
    for _ in range(20):
        shift = moved(box, generator) - box
        assert (np.abs(shift) <= np.array([12, 6, 12, 6]) + 1e-3).all()
    assert worn(np.zeros((128, 128, 3), np.uint8), generator).shape == (128, 128, 3)
