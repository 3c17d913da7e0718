import json
from pathlib import Path
from typing import Any

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.lab.coco import read_coco

CATEGORIES = [
    {"id": 4, "name": "Excavator", "supercategory": "machine"},
    {"id": 9, "name": "person"},
    {"id": 11, "name": "dump_truck"},
    {"id": 30, "name": "dog", "supercategory": "animal"},
]


def written(folder: Path, **more: Any) -> tuple[Path, Path]:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images" / "a.jpg").write_bytes(b"x")
    document: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "annotations": [
            {"image_id": 1, "category_id": 4, "bbox": [1, 2, 10, 20]},
            {"image_id": 1, "category_id": 9, "bbox": [0, 0, 5, 5]},
            {"image_id": 1, "category_id": 11, "bbox": [30, 2, 10, 20]},
            {"image_id": 1, "category_id": 30, "bbox": [0, 0, 5, 5]},
        ],
        "categories": CATEGORIES,
    } | more
    (folder / "labels.json").write_text(json.dumps(document))
    return folder / "labels.json", folder / "images"


def test_names_decide_and_numbers_do_not(tmp_path: Path):
    (picture,) = read_coco(*written(tmp_path))
    assert picture.supers == ("machine", "person", "machine", "dog")
    assert picture.kinds[0] == "excavator"
    assert picture.of_super("machine").tolist() == [[1, 2, 11, 22], [30, 2, 40, 22]]
    own, others = picture.of_kind("dump_truck")
    assert own.tolist() == [[30, 2, 40, 22]]
    assert others.tolist() == [[1, 2, 11, 22]]
    assert not picture.quiet


def test_without_further_keys_everything_counts_as_labelled(tmp_path: Path):
    (picture,) = read_coco(*written(tmp_path, annotations=[]))
    assert picture.quiet
    assert picture.boxes.shape == (0, 4)
    assert (picture.source, picture.group) == ("unknown", "unknown:a.jpg")


def test_our_own_keys_are_understood(tmp_path: Path):
    record = {"id": 1, "file_name": "a.jpg", "width": 64, "height": 48, "source": "s", "group": "clip",
              "labelled_supers": ["person"]}  # fmt: skip
    (picture,) = read_coco(*written(tmp_path, images=[record], annotations=[]))
    assert (picture.source, picture.group) == ("s", "s:clip")
    assert not picture.quiet, "machines may stand in it unlabelled"


@pytest.mark.parametrize(
    "more",
    [
        {"images": []},
        {"categories": [{"id": 4}]},
        {"annotations": [{"image_id": 1, "category_id": 77, "bbox": [1, 2, 3, 4]}]},
        {"annotations": [{"image_id": 1, "category_id": 4, "bbox": [1, 2, 3]}]},
        {"images": [{"id": 1, "file_name": "a.jpg"}]},
        {"images": "none"},
    ],
)
def test_what_is_no_coco_file_is_refused_with_a_fix(tmp_path: Path, more: dict[str, Any]):
    with pytest.raises(InputError) as caught:
        read_coco(*written(tmp_path, **more))
    assert caught.value.field == "--coco"
    assert "COCO" in caught.value.fix


def test_a_file_that_is_no_json_and_a_picture_that_is_missing_are_named(tmp_path: Path):
    labels, images = written(tmp_path)
    (images / "a.jpg").unlink()
    with pytest.raises(InputError, match=r"a\.jpg") as caught:
        read_coco(labels, images)
    assert caught.value.field == "--images"
    labels.write_text("{")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        read_coco(labels, images)
    with pytest.raises(InputError, match="cannot be read as JSON"):
        read_coco(tmp_path / "none.json", images)
