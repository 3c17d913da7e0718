"""The manifest's text, the COCO document and the quality report: exact, readable again, and honest about doubts."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Label, Member, Recipe, Sample, Share
from pipewarden.learn.rules import coco, doubts_of, quality, read, write

MakeSample = Callable[..., Sample]

words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x85\u2028\u2029"), max_size=12)
sides = st.floats(0, 5000, allow_nan=False).map(lambda value: round(value, 3))
made_labels = st.builds(Label, cls=words, box=st.tuples(sides, sides, sides, sides), by=words)
made_samples = st.builds(
    Sample,
    picture=st.binary(min_size=32, max_size=32).map(bytes.hex),
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    labels=st.lists(made_labels, max_size=3).map(tuple),
    labelled=st.frozensets(st.sampled_from(["machine", "person"])),
    source=words,
    licence=words,
    may_ship=st.booleans(),
    rendered=st.booleans(),
    camera=st.none() | words,
    site=st.none() | words,
    scene=st.none() | words,
    likeness=st.binary(min_size=32, max_size=32),
    origin=words,
)
made_members = st.lists(
    st.builds(Member, sample=made_samples, share=st.sampled_from(list(Share)), group=words),
    max_size=6,
    unique_by=lambda one: one.sample.picture,
)


@given(members=made_members)
def test_a_manifest_reads_back_and_knows_no_order(members: list[Member]) -> None:
    text = write("streets", None, Recipe(), members)
    assert read(text, "streets-1") == sorted(members, key=lambda one: one.sample.picture)
    assert write("streets", None, Recipe(), members[::-1]) == text


def test_every_detail_changes_the_text(sample: MakeSample) -> None:
    base = [Member(sample(1), Share.TRAIN, "g")]
    changed = [
        [Member(replace(sample(1), licence="other"), Share.TRAIN, "g")],
        [Member(sample(1), Share.VAL, "g")],
        [Member(replace(sample(1), labels=()), Share.TRAIN, "g")],
    ]
    texts = [write("a", None, Recipe(), one) for one in (base, *changed)]
    texts += [write("b", None, Recipe(), base), write("a", "f" * 64, Recipe(), base), write("a", None, Recipe(2), base)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:0],
        lambda text: text[:-40],
        lambda text: text.replace(b"dataset/1", b"dataset/9"),
        lambda text: b"\xff" + text,
        lambda text: text + text.splitlines()[-1] + b"\n",
        lambda text: text.replace(b'"share":"train"', b'"share":"holiday"'),
        lambda text: text.replace(b'"origin"', b'"oregano"'),
    ],
)
def test_a_damaged_manifest_is_refused(sample: MakeSample, spoil: Callable[[bytes], bytes]) -> None:
    text = write("a", None, Recipe(), [Member(sample(1), Share.TRAIN, "g")])
    with pytest.raises(InputError, match=r"a-1|Restore"):
        read(spoil(text), "a-1")


def test_coco_holds_one_share_with_the_ids_that_trainers_know(sample: MakeSample) -> None:
    two = (Label("person", (1, 2, 3.456, 4), "hand"), Label("围挡机", (5, 6, 7, 8), "hand"))
    members = [
        Member(sample(1, labels=two), Share.TRAIN, "g"),
        Member(sample(2), Share.TRAIN, "h"),
        Member(sample(3), Share.TEST, "k"),
    ]
    made = coco(members, Share.TRAIN, label="a-1")
    json.dumps(made, allow_nan=False)
    assert [one["id"] for one in made["images"]] == [1, 2]
    assert sorted(one["id"] for one in made["annotations"]) == [1, 2, 3]
    ids = {one["name"]: one["id"] for one in made["categories"]}
    assert (ids["excavator"], ids["person"], ids["vehicle_other"], ids["围挡机"]) == (1, 7, 9, 100)
    assert {one["image_id"] for one in made["annotations"]} <= {1, 2}
    assert [3.46 in one["bbox"] for one in made["annotations"]].count(True) == 1
    assert all(one["file_name"].removesuffix(".jpg") in {m.sample.picture for m in members} for one in made["images"])
    assert len(coco(members, Share.VAL, label="a-1")["images"]) == 0


def test_doubts_are_told_in_words(sample: MakeSample) -> None:
    def doubts(*labels: Label) -> str:
        return "; ".join(doubts_of(sample(1, labels=labels)))

    good = Label("excavator", (10, 10, 50, 50), "x")
    assert doubts(good, Label("person", (200, 10, 30, 60), "x")) == ""
    assert "under 3 px" in doubts(Label("cone", (5, 5, 2, 20), "x"))
    assert "leaves the picture" in doubts(Label("cone", (600, 5, 50, 20), "x"))
    assert "same object twice" in doubts(good, replace(good, box=(10, 10, 50, 51)))
    assert "excavator and person at one place" in doubts(good, replace(good, cls="person"))
    assert doubts(good, replace(good, box=(40, 40, 50, 50))) == ""


def test_quality_counts_by_share_and_caps_what_it_tells(sample: MakeSample) -> None:
    bad = (Label("cone", (5, 5, 1, 1), "x"),)
    members = [Member(sample(n, labels=bad, rendered=n < 10), Share.TRAIN, f"g{n % 4}") for n in range(150)]
    members.append(Member(sample(999), Share.TEST, "t"))
    made = quality(members, {"x": 3})
    assert made.pictures == {"test": 1, "train": 150}
    assert made.labels == {"cone": {"train": 150}, "excavator": {"test": 1}}
    assert made.groups == {"test": 1, "train": 4}
    assert made.rendered == {"test": 0, "train": 10}
    assert (made.doubtful, len(made.doubts), made.dropped) == (150, 100, {"x": 3})
