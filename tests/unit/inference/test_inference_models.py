import importlib.util
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipewarden.inference.adapters import Engine, open_models
from pipewarden.inference.service import WEIGHTS
from pipewarden.kit.errors import InputError, UnavailableError

BRIGHT = np.full((768, 1280, 3), 220, np.uint8)
DARK = np.full((768, 1280, 3), 40, np.uint8)


def _refused(toy: Any, **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        open_models(toy.folder, **options)
    assert caught.value.fix
    return caught.value


def test_the_screen_answers_in_pixels_of_the_picture(toy: Any) -> None:
    models = open_models(toy.folder)
    assert models.detector.ref.label == "screen-1"
    assert models.detector.thresholds == {"machine": 0.4, "person": 0.4, "cone": 0.4}
    seen = models.detector.detect(BRIGHT)
    wanted = [row for row in toy.boxes if row[0] != 0.8]  # the second box of the same machine is suppressed
    assert np.allclose(seen.scores, [score for score, _, _ in wanted])
    assert seen.classes.tolist() == [index for _, index, _ in wanted]
    assert np.allclose(seen.boxes, [np.array(box) * 2 for _, _, box in wanted])  # 1280 wide in a frame of 640
    assert len(models.detector.detect(DARK)) == 0


def test_a_picture_of_another_aspect_loses_the_grey_again(toy: Any) -> None:
    seen = open_models(toy.folder).detector.detect(np.full((384, 320, 3), 220, np.uint8))
    # 160 columns of grey on the left: the first box begins in them and is cut
    assert np.allclose(seen.boxes[0], [0, 60, 60, 180])


def test_bytes_and_floats_answer_alike(toy: Any, byte_toy: Any) -> None:
    floats, numbers = open_models(toy.folder).detector, open_models(byte_toy.folder).detector
    assert (floats.layout.dtype, numbers.layout.dtype) == ("float32", "uint8")
    for picture in (BRIGHT, DARK):
        one, other = floats.detect(picture), numbers.detect(picture)
        assert np.array_equal(one.boxes, other.boxes)
        assert np.array_equal(one.scores, other.scores)


def test_a_floor_in_the_manifest_is_kept(toy: Any) -> None:
    toy.change("screen", extra={"floor": 0.55})
    assert np.allclose(open_models(toy.folder).detector.detect(BRIGHT).scores, [0.9, 0.6])


def test_without_a_floor_the_lowest_threshold_bounds_it(toy: Any) -> None:
    toy.change("screen", threshold={"machine": 0.4, "person": 0.05, "cone": 0.4})
    assert open_models(toy.folder).detector.floor == pytest.approx(0.05)


@pytest.mark.parametrize("floor", [0, -1, 1.5, "low"])
def test_a_wrong_floor_is_refused(toy: Any, floor: object) -> None:
    toy.change("screen", extra={"floor": floor})
    assert _refused(toy).field == "screen.extra.floor"


def test_a_class_without_threshold_is_refused(toy: Any) -> None:
    toy.change("screen", threshold={"machine": 0.4})
    error = _refused(toy)
    assert error.field == "screen.threshold"
    assert "person, cone" in error.problem


def test_the_look_net_sees_rgb_and_takes_any_number_of_crops(toy: Any) -> None:
    look = open_models(toy.folder).look
    assert look.side == 16
    blue = np.zeros((16, 16, 3), np.uint8)
    blue[..., 0] = 200  # BGR
    assert np.allclose(look.features([blue]), [[0, 0, 200]])
    many = look.features([blue] * 17 + [blue // 2] * 16)  # three batches
    assert many.shape == (33, 3)
    assert many.dtype == np.float32
    assert np.allclose(many[16:18, 2], [200, 100])
    assert look.features([]).shape == (0, 3)


def test_the_type_head_tells_and_abstains(toy: Any) -> None:
    types = open_models(toy.folder).types
    answer = types.classify(np.array([[0, 0, 255], [255, 0, 0], [128, 128, 128]], np.float32))
    assert [kind for kind, _ in answer] == ["excavator", "dump_truck", "other"]
    assert answer[2][1] == pytest.approx(1 / 3)
    assert types.classify(np.zeros((0, 3), np.float32)) == []


@pytest.mark.parametrize("name", ["screen", "look", "type"])
def test_a_file_of_another_hash_is_refused(toy: Any, name: str) -> None:
    path = next(toy.folder.glob(f"{name}-1.*"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    error = _refused(toy)
    assert error.field == f"{name}.sha256"
    assert str(path) in error.problem


def test_a_file_of_another_size_is_refused_before_it_is_read(toy: Any) -> None:
    path = toy.folder / "screen-1.onnx"
    path.write_bytes(path.read_bytes()[:-10])
    error = _refused(toy)
    assert error.field == "screen.bytes"
    assert "467 bytes, the manifest says 477" in error.problem


def test_a_missing_file_is_refused(toy: Any) -> None:
    (toy.folder / "look-1.onnx").unlink()
    error = _refused(toy)
    assert error.field == "look.file"
    assert "look-1.onnx" in error.problem


@pytest.mark.parametrize("content", [b"not a model at all", b"\x89PNG\r\n\x1a\n" + bytes(100), b"\x00" * 64])
def test_a_file_that_is_not_onnx_is_refused_by_field_file_and_fix(toy: Any, content: bytes) -> None:
    toy.replace("screen", content)
    error = _refused(toy)
    assert error.field == "screen.file"
    assert "screen-1.onnx is not an ONNX model" in error.problem
    assert ".onnx" in error.fix
    assert error.exit_code == 2


def test_a_model_that_takes_something_else_is_refused(toy: Any, byte_toy: Any) -> None:
    toy.replace("screen", (byte_toy.folder / "screen-1.onnx").read_bytes())
    error = _refused(toy)
    assert error.field == "screen.inputs"
    assert "'images' is uint8, not float32" in error.problem


def test_a_model_that_answers_something_else_is_refused(toy: Any) -> None:
    outputs = next(entry for entry in toy.entries() if entry["name"] == "screen")["outputs"]
    toy.change("screen", outputs=[{**outputs[0], "shape": [1, 5040, 3]}, outputs[1]])
    assert _refused(toy).field == "screen.outputs"
    toy.change("screen", outputs=[{**outputs[0], "name": "logits"}])
    assert "has no 'logits'" in _refused(toy).problem


def test_a_picture_net_in_place_of_the_screen_is_refused(toy: Any) -> None:
    entries = {entry["name"]: entry for entry in toy.entries()}
    toy.replace("screen", (toy.folder / "look-1.onnx").read_bytes())
    toy.change("screen", inputs=entries["look"]["inputs"], outputs=entries["look"]["outputs"])
    error = _refused(toy)
    assert error.field == "screen.outputs"
    assert "'scores'" in error.problem


@pytest.mark.parametrize("name", ["screen", "look", "type"])
def test_a_manifest_without_a_model_is_refused(toy: Any, name: str) -> None:
    kept = [entry for entry in toy.entries() if entry["name"] != name]
    (toy.folder / "manifest.json").write_text(json.dumps(kept))
    assert f"has no entry '{name}'" in _refused(toy).problem


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        open_models(tmp_path)


def test_a_type_head_that_is_no_npz_is_refused(toy: Any) -> None:
    toy.replace("type", b"plain text")
    assert "not an .npz" in _refused(toy).problem


def test_a_type_head_with_pickles_is_refused_and_not_loaded(toy: Any) -> None:
    toy.replace("type", toy.npz(**{**toy.head(), "names": np.array([{"a": 1}], object)}))
    assert _refused(toy).field == "type.file"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bias": np.zeros(2)}, "weights are"),
        ({"weights": np.zeros((4, 3))}, "weights are"),
        ({"scale": np.array([1.0, 0, 1])}, "not positive"),
        ({"weights": np.full((3, 3), np.nan)}, "not finite"),
        ({"mean": np.zeros(5), "scale": np.ones(5), "weights": np.zeros((5, 3))}, "wants 5 features"),
    ],
)
def test_a_type_head_of_the_wrong_shape_is_refused(toy: Any, changes: dict[str, Any], words: str) -> None:
    toy.replace("type", toy.npz(**{**toy.head(), **changes}))
    error = _refused(toy)
    assert error.field == "type.file"
    assert words in error.problem


def test_a_type_head_without_an_array_names_it(toy: Any) -> None:
    head = toy.head()
    del head["bias"]
    toy.replace("type", toy.npz(**head))
    assert "has no bias" in _refused(toy).problem


def test_a_type_head_fitted_on_another_look_net_is_refused(toy: Any) -> None:
    look = next(entry for entry in toy.entries() if entry["name"] == "look")
    toy.change("type", extra={"look_sha256": look["sha256"]})
    assert open_models(toy.folder).types.ref.name == "type"
    toy.change("type", extra={"look_sha256": "f" * 64})
    error = _refused(toy)
    assert error.field == "type.file"
    assert "fitted on the features of ffffffffffff" in error.problem


def test_a_type_head_that_never_abstains_is_refused(toy: Any) -> None:
    toy.change("type", threshold=None)
    assert _refused(toy).field == "type.threshold"


def test_a_session_that_fails_says_try_again_and_names_the_model(toy: Any) -> None:
    models = open_models(toy.folder)
    with pytest.raises(UnavailableError) as caught:
        models.look.features([np.zeros((9, 9, 3), np.uint8)])
    assert caught.value.field == "look-1"
    assert "the model failed" in caught.value.problem


def test_openvino_is_asked_for_by_name(toy: Any) -> None:
    if importlib.util.find_spec("openvino") is None:
        error = _refused(toy, engine=Engine.OPENVINO)
        assert error.field == "engine"
        assert "pip install openvino" in error.fix
        return
    mine, theirs = open_models(toy.folder), open_models(toy.folder, engine=Engine.OPENVINO)
    assert np.allclose(mine.detector.detect(BRIGHT).boxes, theirs.detector.detect(BRIGHT).boxes)
    assert len(theirs.detector.detect(DARK)) == 0


def test_threads_are_a_setting(toy: Any) -> None:
    models = open_models(toy.folder, threads=1)
    options = models.detector._runner._session.get_session_options()
    assert options.intra_op_num_threads == 1
    assert options.inter_op_num_threads == 1
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


@pytest.mark.shared
def test_the_shipped_models_find_the_machine_of_a_validation_picture(shared_data: Path) -> None:
    if not (WEIGHTS / "manifest.json").exists() or "screen" not in (WEIGHTS / "manifest.json").read_text():
        pytest.skip("the shipped screen does not exist yet")
    models = open_models()
    document = json.loads((shared_data / "construction" / "instances_val.json").read_text())
    best: dict[int, list[float]] = {}
    for note in document["annotations"]:
        x, y, w, h = note["bbox"]
        if note["category_id"] == 1 and w * h > best.get(note["image_id"], [0, 0, 0, 0])[2] ** 2 and w > 150:
            best[note["image_id"]] = [x, y, w, h]
    hits = 0
    pictures = [record for record in document["images"] if record["id"] in best][:12]
    for record in pictures:
        x, y, w, h = best[record["id"]]
        seen = models.detector.detect(cv2.imread(str(shared_data / "construction" / "images" / record["file_name"])))
        machine = seen.boxes[seen.classes == 0]
        inside = (np.abs(machine - [x, y, x + w, y + h]).max(axis=1) < 0.35 * max(w, h)) if len(machine) else []
        hits += bool(np.any(inside))
    assert hits >= 0.7 * len(pictures)
