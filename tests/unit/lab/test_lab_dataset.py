import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipewarden.kit.errors import InputError
from pipewarden.lab.dataset import (
    SHIPPABLE,
    Source,
    class_of,
    loss_weights,
    read_bgr,
    read_pictures,
    read_renders,
    read_rgb,
    read_split,
    read_street,
    shippable,
)


def written(folder: Path, records: list[dict[str, object]], annotations: list[dict[str, object]]) -> Path:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "instances.json").write_text(json.dumps({"images": records, "annotations": annotations}))
    return folder


def record(number: int, **more: object) -> dict[str, object]:
    return {"id": number, "file_name": f"p{number}.jpg", "width": 64, "height": 48, **more}


@pytest.mark.parametrize(("category", "expected"), [(1, 0), (3, 0), (6, 0), (7, 1), (8, 2), (9, 3), (42, -1)])
def test_label_map(category: int, expected: int):
    assert class_of(category) == expected


def test_a_class_counts_as_background_only_where_its_source_labels_it():
    assert loss_weights({"machine", "person", "cone"}).tolist() == [1, 1, 1, 0]
    assert loss_weights({"vehicle"}).tolist() == [0, 0, 0, 1]
    assert loss_weights({"machine_excavator"}) == pytest.approx([0.3, 0, 0, 0])
    assert loss_weights(set()).tolist() == [0, 0, 0, 0]


def test_sources_without_a_licence_never_reach_shipped_training(tmp_path: Path):
    records = [record(k, source=str(source), labelled_supers=["machine"]) for k, source in enumerate(Source)]
    pictures = read_pictures(written(tmp_path, records, []) / "instances.json", tmp_path / "images")
    kept = {picture.source for picture in shippable(pictures)}
    assert kept == SHIPPABLE
    assert not kept & {Source.CONES, Source.CAMVID, Source.ROADWORK}


def test_an_unknown_source_is_an_error_and_not_a_guess(tmp_path: Path):
    folder = written(tmp_path, [record(1, source="found/somewhere")], [])
    with pytest.raises(ValueError, match="found/somewhere"):
        read_pictures(folder / "instances.json", folder / "images")


def test_boxes_groups_and_marks_are_read(tmp_path: Path):
    records = [
        record(1, source=str(Source.CSS), labelled_supers=["machine"], group="g"),
        record(2, source=str(Source.CSS), labelled_supers=["machine"], file_name="a.rf.123.jpg", negative=True),
    ]
    annotations = [
        {"id": 1, "image_id": 1, "category_id": 6, "bbox": [10, 20, 30, 5], "generic": True},
        {"id": 2, "image_id": 1, "category_id": 9, "bbox": [0, 0, 4, 4]},
    ]
    folder = written(tmp_path, records, annotations)
    first, second = read_pictures(folder / "instances.json", folder / "images")
    assert first.boxes.tolist() == [[10, 20, 40, 25], [0, 0, 4, 4]]
    assert first.classes().tolist() == [0, 3]
    assert first.generic.tolist() == [True, False]
    assert first.boxes_of(0).tolist() == [[10, 20, 40, 25]]
    assert first.group == f"{Source.CSS}:g"
    assert second.group == f"{Source.CSS}:a"
    assert second.negative
    assert second.boxes.shape == (0, 4)


def test_renders_are_renders_whatever_their_records_say(tmp_path: Path):
    folder = written(tmp_path, [record(1, source=str(Source.CSS), file_name="images/r.jpg")], [])
    (picture,) = read_renders(folder)
    assert picture.source is Source.RENDER
    assert picture.path == folder / "images" / "r.jpg"


def test_an_unreadable_picture_names_the_file(tmp_path: Path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(InputError) as caught:
        read_bgr(path)
    assert caught.value.field == str(path)


def test_rgb_is_bgr_turned_round(tmp_path: Path):
    path = tmp_path / "blue.png"
    cv2.imwrite(str(path), np.full((4, 4, 3), (250, 10, 20), np.uint8))
    assert read_bgr(path)[0, 0].tolist() == [250, 10, 20]
    assert read_rgb(path)[0, 0].tolist() == [20, 10, 250]


@pytest.mark.shared
def test_the_real_splits_have_the_counts_of_their_readme(shared_data: Path):
    train, val, street = read_split(shared_data, "train"), read_split(shared_data, "val"), read_street(shared_data)
    assert (len(train), len(val), len(street)) == (1628, 347, 46)
    assert len(shippable(train)) == 1028 + 287 + 25
    assert sum(len(picture.boxes_of(0)) for picture in street) == 29
    assert sum(picture.negative for picture in street) == 25
    full = [picture for picture in val if "machine" in picture.labelled]
    assert (len(full), sum(len(picture.boxes_of(0)) for picture in full)) == (254, 99)
