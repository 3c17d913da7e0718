"""ZIPs of other tools: which pictures are in them, what their labels say, and what is left with its reason."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.labels import Guess, Labelled, Said, Shape, ShapeKind
from pipewarden.market.rules import deliveries, labels_importing, labels_refilling
from pipewarden.market.rules.formats_coco import write_coco
from pipewarden.market.rules.formats_files import write_voc, write_yolo
from pipewarden.market.rules.formats_label_studio import write_label_studio
from pipewarden.market.rules.labels_importing import MOST_PICTURES, ImportFormat, Packed, unpacked, with_hazards
from pipewarden.market.rules.labels_policy import policy_at
from pipewarden.market.service import labelling_importing
from pipewarden.market.service.labelling_importing import Use, Wanted
from pipewarden.market.store.label_policy import shipped_labelling

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock

CLASSES = {"hose_old": "hose_old", "软管老化": "hose_old"}
BOX = Shape(ShapeKind.BOX, "hose_old", ((0.25, 0.25), (0.5, 0.5)))
ROWS = [
    Labelled("a", "a.jpg", 1280, 720, Said(matches=True, hazards=("hose_old",), shapes=(BOX,))),
    Labelled("b", "b.jpg", 1280, 720, Said(matches=True)),
]


def packed(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return out.getvalue()


def read(files: dict[str, str | bytes], how: ImportFormat) -> Packed:
    with deliveries.opened(packed(files)) as (archive, found):
        return unpacked(archive, found, how, CLASSES)


PICTURES: dict[str, str | bytes] = {"images/a.jpg": b"a", "images/b.jpg": b"b"}
WRITTEN: dict[ImportFormat, dict[str, str | bytes]] = {
    ImportFormat.COCO: {"annotations.json": "".join(write_coco(lambda: ROWS, ["hose_old"], "t"))},
    ImportFormat.LABEL_STUDIO: {"tasks.json": "".join(write_label_studio(ROWS))},
    ImportFormat.YOLO: dict(write_yolo(ROWS, ["hose_old"])),
    ImportFormat.VOC: dict(write_voc(ROWS)),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_what_is_exported_is_imported(how: ImportFormat) -> None:
    found = read(PICTURES | WRITTEN[how], how)
    assert (sorted(found.pictures), found.left) == (["a", "b"], [])
    one, other = (found.labels[name].said for name in ("a", "b"))
    assert one is not None
    assert [round(side, 4) for point in one.shapes[0].points for side in point] == [0.25, 0.25, 0.5, 0.5]
    assert with_hazards(one, ["hose_old"]).hazards == ("hose_old",), "a mark names its hazard"
    assert other == Said(matches=True), "a picture without a mark is one, too"


def test_pictures_alone_need_no_labels() -> None:
    found = read(PICTURES | {"notes.txt": "x", "__MACOSX/a.jpg": b"x", ".DS_Store": b"x"}, ImportFormat.PICTURES)
    assert (sorted(found.pictures), found.labels, found.left) == (["a", "b"], {}, [])


def test_classes_become_ours() -> None:
    names = {"data.yaml": "names: {0: 软管老化, 1: Old Valve-Box}", "labels/a.txt": "0 .5 .5 .2 .2\n1 .5 .5 .2 .2"}
    said = read(PICTURES | names, ImportFormat.YOLO).labels["a"].said
    assert said is not None
    assert [one.label for one in said.shapes] == ["hose_old", "old_valve_box"]
    listed = {"classes.txt": "hose_old\n", "labels/a.txt": "0 .5 .5 .2 .2"}
    assert read(PICTURES | listed, ImportFormat.YOLO).labels["a"].said


def test_label_studios_prefix_is_no_part_of_a_name() -> None:
    task = {"data": {"image": "/data/upload/1/0a1b2c3d-a.jpg"}, "annotations": [], "predictions": []}
    guess = {"model_version": "m@1", "score": 0.3, "result": [scene("匹配")]}
    found = read(PICTURES | {"t.json": json.dumps([task | {"predictions": [guess]}])}, ImportFormat.LABEL_STUDIO)
    assert found.labels["a"].guess == Guess(Said(matches=True), "m@1", 0.3)
    assert found.labels["a"].said is None


def test_gold_keeps_a_models_own_word() -> None:
    told = Guess(Said(matches=True, shapes=(BOX,)), "m@1", 1.5)
    label = replace(ROWS[0], guess=told)
    gold = labelling_importing._new("a.jpg", label, Wanted(ImportFormat.LABEL_STUDIO, Use.GOLD))
    assert gold.gold == ROWS[0].said
    assert gold.guess == Guess(Said(matches=True, hazards=("hose_old",), shapes=(BOX,)), "m@1", 1.0)
    plain = labelling_importing._new("a.jpg", replace(label, said=None), Wanted(ImportFormat.LABEL_STUDIO, Use.GUESS))
    assert plain.guess == gold.guess, "who labels sees no difference"


def scene(word: str) -> dict[str, object]:
    return {"from_name": "scene", "type": "choices", "value": {"choices": [word]}}


@pytest.mark.parametrize(
    ("files", "how", "named", "problem"),
    [
        ({"labels/a.txt": "7 .5 .5 .2 .2", "classes.txt": "hose_old"}, ImportFormat.YOLO, "labels/a.txt", "no class"),
        ({"x.xml": "<annotation>"}, ImportFormat.VOC, "x.xml", "no XML"),
        ({"x.json": "{"}, ImportFormat.COCO, "x.json", "no JSON"),
        ({"x.json": b"\xff\xfe"}, ImportFormat.LABEL_STUDIO, "x.json", "UTF-8"),
        ({"labels/z.txt": "", "classes.txt": "hose_old"}, ImportFormat.YOLO, "labels/z.txt", "not in the ZIP"),
        ({"more/a.png": b"x"}, ImportFormat.PICTURES, "more/a.png", "name of another"),
    ],
)
def test_what_is_not_taken_is_named(files: dict[str, str | bytes], how: ImportFormat, named: str, problem: str) -> None:
    found = read(PICTURES | files, how)
    told = {one.name: one.problem for one in found.left}
    assert problem in told[named]
    assert "b" in found.pictures, "the others are taken"


@pytest.mark.parametrize(
    ("files", "how", "problem"),
    [
        ({"a.txt": "x"}, ImportFormat.PICTURES, "no picture"),
        ({f"{n}.jpg": b"x" for n in range(MOST_PICTURES + 1)}, ImportFormat.PICTURES, "more than 100"),
        (PICTURES | {"labels/a.txt": ""}, ImportFormat.YOLO, "which classes"),
        (PICTURES | {"data.yaml": "names: ["}, ImportFormat.YOLO, "no YAML"),
        (PICTURES | {"data.yaml": "names: {1: a}"}, ImportFormat.YOLO, "in order"),
        (PICTURES | {"data.yaml": "names: [[a]]"}, ImportFormat.YOLO, "in order"),
        (PICTURES | {"data.yaml": "at: 2026-13-45"}, ImportFormat.YOLO, "no YAML"),
        (PICTURES | {"data.yaml": f"names: [{'9' * 5000}]"}, ImportFormat.YOLO, "no YAML"),
        (PICTURES | {"data.yaml": f"names: [0x{'f' * 5000}]"}, ImportFormat.YOLO, "in order"),
        (PICTURES | {"data.yaml": "#" * ((1 << 20) + 1)}, ImportFormat.YOLO, "more than 1 MiB"),
    ],
)
def test_a_zip_that_says_nothing_is_refused(files: dict[str, str | bytes], how: ImportFormat, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(files, how)


def test_labels_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels_importing, "MOST_ALL_LABELS", 1 << 20)
    one = "#" * (1 << 19)
    files: dict[str, str | bytes] = {"labels/a.txt": one, "labels/b.txt": one, "classes.txt": "hose_old"}
    assert read(PICTURES | files, ImportFormat.YOLO).left, "read, and no labels"
    with pytest.raises(InputError, match="more than 1 MiB of labels"):
        read(PICTURES | files | {"labels/c.txt": "#"}, ImportFormat.YOLO)


def test_a_file_that_is_larger_than_its_directory_says_is_found_out() -> None:
    with deliveries.opened(packed({"a.jpg": b"x" * 100})) as (archive, files):
        assert deliveries.content(archive, files[0], 100) == b"x" * 100
        with pytest.raises(InputError, match=r"a\.jpg"):
            deliveries.content(archive, files[0], 99)
    damaged = packed({"a.jpg": b"x" * 100}).replace(b"x" * 100, b"y" * 100)
    with deliveries.opened(damaged) as (archive, files), pytest.raises(InputError, match="damaged"):
        deliveries.content(archive, files[0], 100)


PEOPLE = [uuid4() for _ in range(4)]


@given(
    st.dictionaries(st.sampled_from(PEOPLE), st.integers(1, 5), min_size=1),
    st.lists(st.frozensets(st.sampled_from(PEOPLE)), max_size=12),
    st.integers(0, 9),
)
def test_refilled_gold_is_what_is_lacked_and_no_more(
    short: dict[UUID, int], had: list[frozenset[UUID]], seed: int
) -> None:
    settled = {uuid4(): who for who in had}
    found = labels_refilling.chosen(short, settled, np.random.default_rng(seed))
    assert len(set(found)) == len(found)
    for who, lacking in short.items():
        new = sum(who not in settled[one] for one in found)
        there = sum(who not in one for one in had)
        assert new >= min(lacking, there), "whoever can be helped is"
    assert len(found) <= sum(short.values())


def test_gold_is_lacked_by_what_a_person_may_still_do_today(clock: SetClock) -> None:
    policy = policy_at(shipped_labelling(), clock.now())
    one, two, three = PEOPLE[:3]
    assert labels_refilling.short_of({one: 100, two: 10_000, three: 0}, {one: 5}, policy) == {one: 3, two: 16}
    assert labels_refilling.short_of({one: 100}, {one: 8}, policy) == {}
