import json

import pytest

from pipewarden.inference.facts import ModelRef, Port
from pipewarden.inference.rules import layout_of, parse_manifest, ports_differ
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.kit.errors import InputError

ENTRY: dict[str, object] = {
    "name": "screen",
    "version": "3",
    "file": "screen-3.onnx",
    "sha256": "ab" * 32,
    "bytes": 1234,
    "inputs": [{"name": "image", "dtype": "uint8", "shape": [1, 384, 640, 3], "meaning": "BGR"}],
    "outputs": [{"name": "scores", "dtype": "float32", "shape": [1, "n", 3], "meaning": ""}],
    "threshold": {"machine": 0.4, "person": 0.5, "cone": 1},
    "licence": "Apache-2.0",
    "card": "docs/models/screen.md",
    "extra": {"floor": 0.2},
}


def _text(**changes: object) -> str:
    return json.dumps([{**ENTRY, **changes}])


def test_a_manifest_is_read_whole() -> None:
    card = parse_manifest(_text())["screen"]
    assert card.ref == ModelRef(name="screen", version="3", sha256="ab" * 32)
    assert card.ref.label == "screen-3"
    assert card.inputs == (Port(name="image", dtype="uint8", shape=(1, 384, 640, 3), meaning="BGR"),)
    assert card.outputs[0].shape == (1, "n", 3)
    assert card.threshold == {"machine": 0.4, "person": 0.5, "cone": 1.0}
    assert (card.bytes, card.file, card.extra) == (1234, "screen-3.onnx", {"floor": 0.2})
    assert card.entry == ENTRY


def test_a_model_may_have_neither_threshold_nor_extra() -> None:
    card = parse_manifest(_text(threshold=None, extra=None))["screen"]
    assert card.threshold == {}
    assert card.extra == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "manifest.json[0].name"),
        ({"version": 3}, "manifest.json[0].version"),
        ({"sha256": "AB" * 32}, "screen.sha256"),
        ({"sha256": "ab"}, "screen.sha256"),
        ({"sha256": None}, "screen.sha256"),
        ({"file": "../screen.onnx"}, "screen.file"),
        ({"file": "/etc/passwd"}, "screen.file"),
        ({"file": ".."}, "screen.file"),
        ({"bytes": "12"}, "screen.bytes"),
        ({"bytes": True}, "screen.bytes"),
        ({"bytes": 0}, "screen.bytes"),
        ({"inputs": []}, "screen.inputs"),
        ({"inputs": None}, "screen.inputs"),
        ({"inputs": ["image"]}, "screen.inputs[0]"),
        ({"inputs": [{"name": "image", "dtype": "uint8"}]}, "screen.inputs[0].shape"),
        ({"outputs": [{"dtype": "uint8", "shape": [1]}]}, "screen.outputs[0].name"),
        ({"threshold": [0.4]}, "screen.threshold"),
        ({"threshold": {"machine": 1.2}}, "screen.threshold.machine"),
        ({"threshold": {"machine": "high"}}, "screen.threshold.machine"),
        ({"licence": None}, "screen.licence"),
        ({"extra": ["floor"]}, "screen.extra"),
    ],
)
def test_a_wrong_entry_names_its_key(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_manifest(_text(**changes))
    assert caught.value.field == field
    assert caught.value.fix


@pytest.mark.parametrize("text", ["", "{", "{}", "null", "[1]", '["screen"]'])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_manifest(text)
    assert caught.value.field.startswith("manifest.json")


def test_a_name_listed_twice_is_refused() -> None:
    with pytest.raises(InputError, match="listed twice"):
        parse_manifest(json.dumps([ENTRY, ENTRY]))


def test_the_shipped_manifest_can_be_read() -> None:
    cards = read_manifest(WEIGHTS)
    assert "look" in cards
    for card in cards.values():
        assert (WEIGHTS / card.file).stat().st_size == card.bytes <= 8_000_000
        assert card.licence


def _port(name: str = "image", dtype: str = "float32", shape: tuple[int | str, ...] = (1, 3, 384, 640)) -> Port:
    return Port(name=name, dtype=dtype, shape=shape, meaning="")


def test_ports_that_agree() -> None:
    assert ports_differ([_port()], [_port(), _port(name="more")]) is None
    assert ports_differ([_port(shape=("n", 3, 384, 640))], [_port(shape=("batch", 3, "h", 640))]) is None
    assert ports_differ([_port(shape=(1, 3, 384, 640))], [_port(shape=("n", 3, 384, 640))]) is None


@pytest.mark.parametrize(
    ("real", "words"),
    [
        (_port(name="images"), "has no 'image' (it has images)"),
        (_port(dtype="uint8"), "'image' is uint8, not float32"),
        (_port(shape=(1, 3, 416, 416)), "is [1, 3, 416, 416], not [1, 3, 384, 640]"),
        (_port(shape=(3, 384, 640)), "is [3, 384, 640]"),
    ],
)
def test_ports_that_differ_say_how(real: Port, words: str) -> None:
    assert words in str(ports_differ([_port()], [real]))


def test_no_ports_at_all() -> None:
    assert ports_differ([_port()], []) == "has no 'image' (it has nothing)"


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        ("float16", (1, 3, 384, 640)),
        ("float32", (1, 4, 384, 640)),
        ("float32", (1, 3, "h", 640)),
        ("uint8", (384, 640, 3)),
        ("uint8", (1, 384, 640, 1)),
    ],
)
def test_an_input_that_is_no_picture_is_refused(dtype: str, shape: tuple[int | str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        layout_of(_port(dtype=dtype, shape=shape), "screen")
    assert caught.value.field == "screen.inputs"
