"""Linear probes: the lab's objective, folds without copies on two sides, honest intervals, a threshold to abstain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.shares import wilson
from pipewarden.lab import typehead
from pipewarden.market.rules import probes

LABELS = ("machine", "lookalike")


def cloud(seed: int, each: int = 30, apart: float = 1.2, width: int = 24) -> tuple[probes.Rows, list[int]]:
    """Return two overlapping clouds of points and which each is of."""
    chance = np.random.default_rng(seed)
    middle = np.zeros(width)
    middle[:4] = apart / 2
    rows = np.concatenate([chance.normal(0, 1, (each, width)) + sign * middle for sign in (1, -1)])
    return rows, [0] * each + [1] * each


def test_a_probe_is_the_labs_type_head() -> None:
    """Same objective, same answer: the lab's fit over 800 rounds and the foundry's agree within a thousandth."""
    rows, wanted = cloud(1)
    mine = probes.fit(rows, wanted, LABELS)
    theirs = typehead.fit(
        typehead.Crops(rows.astype(np.float32), np.array(wanted, np.int64), []), kinds=2
    ).probabilities(rows.astype(np.float32))
    assert np.abs(mine.chances(rows) - theirs).max() < 1e-3


def test_a_rare_label_weighs_as_much_as_a_frequent_one() -> None:
    rows, wanted = cloud(2, each=60)
    few = [*range(60), *range(60, 66)]
    probe = probes.fit(rows[few], [wanted[one] for one in few], LABELS)
    found = probe.chances(rows).argmax(axis=1)
    assert (found[60:] == 1).mean() > 0.6, "six of sixty-six, and most of them are still found"


def test_a_probe_is_stored_and_read_back() -> None:
    rows, wanted = cloud(3)
    probe = probes.fit(rows, wanted, LABELS)
    back = probes.unpacked(probes.packed(probe, "look-1"))
    assert back.labels == LABELS
    assert np.abs(back.chances(rows) - probe.chances(rows)).max() < 1e-4
    with pytest.raises(TypeError, match="list of labels"):
        probes.unpacked(probes.packed(probe, "look-1") | {"labels": "machine"})


def test_likeness_and_source_make_one_group_also_by_a_chain() -> None:
    rows = np.array([[1, 0, 0], [0.99, 0.1, 0], [0, 1, 0], [0, 0, 1], [0, 0.05, 1]], float)
    assert len(set(probes.together(rows, list("abcde"), 0.9))) == 3
    chained = probes.together(rows, ["a", "b", "a", "d", "e"], 0.9)
    assert chained[0] == chained[1] == chained[2], "alike to the one, of one source with the other"
    assert chained[3] == chained[4] != chained[0]
    assert len(set(probes.together(rows, list("aaaaa"), 2.0))) == 1


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=60), st.integers(2, 6))
def test_no_group_stands_in_two_folds(pictures: list[tuple[int, int]], folds: int) -> None:
    groups, wanted = [one for one, _ in pictures], [label for _, label in pictures]
    where = probes.divided(groups, wanted, folds)
    for group in set(groups):
        assert len({int(where[at]) for at, one in enumerate(groups) if one == group}) == 1
    assert set(where.tolist()) <= set(range(folds))


def test_folds_are_even_where_groups_allow_it() -> None:
    where = probes.divided(list(range(60)), [0] * 30 + [1] * 30, 5)
    for label in (slice(0, 30), slice(30, 60)):
        assert np.bincount(where[label], minlength=5).tolist() == [6] * 5


def test_copies_of_one_picture_do_not_flatter() -> None:
    """Ten things of labels drawn by chance, six copies each: apart they look learnt, together they do not."""
    chance = np.random.default_rng(5)
    things = chance.normal(0, 1, (10, 40))
    rows = np.repeat(things, 6, axis=0) + chance.normal(0, 0.02, (60, 40))
    wanted = np.repeat([0, 1, 0, 1, 1, 0, 1, 0, 0, 1], 6).tolist()
    apart = probes.validate(rows, wanted, LABELS, list(range(60)), folds=5, right=0.95)
    groups = probes.together(rows, [str(one) for one in range(60)], 0.75)
    whole = probes.validate(rows, wanted, LABELS, groups, folds=5, right=0.95)
    assert len(set(groups)) == 10
    assert apart.without_abstaining.right.value == 1.0
    assert (whole.without_abstaining.right.value or 0) < 0.75


def test_the_cross_validated_figure_has_the_truth_within_its_interval() -> None:
    """Over forty draws of sixty, the accuracy on 2,000 fresh points lies in the interval that was told: nine in ten."""
    inside = 0
    for seed in range(40):
        rows, wanted = cloud(seed, width=12)
        fresh, truth = cloud(10_000 + seed, each=1000, width=12)
        found = probes.validate(rows, wanted, LABELS, list(range(60)), folds=5, right=0.95).without_abstaining.right
        really = (probes.fit(rows, wanted, LABELS).chances(fresh).argmax(axis=1) == truth).mean()
        inside += found.low <= really <= found.high
    assert inside >= 36


def test_the_threshold_is_the_lowest_that_is_right_enough() -> None:
    chances = np.array([[0.55, 0.45], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9], [0.8, 0.2]])
    assert probes.threshold(chances, [1, 1, 0, 1, 0], 0.95) == 0.6, "the one below is wrong"
    assert probes.threshold(chances, [0, 1, 0, 1, 0], 0.95) == 0.0
    assert probes.threshold(chances, [1, 0, 1, 0, 1], 0.95) > 1, "always wrong: it says nothing at all"


def test_an_abstention_is_no_right_answer() -> None:
    chances = np.array([[0.55, 0.45], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9]])
    found = probes.measure(chances, [1, 1, 0, 1], LABELS, 0.65)
    assert found.answered == wilson(2, 4)
    assert found.right == wilson(2, 4)
    assert found.right_of_answered == wilson(2, 2)
    assert found.by_label == {"machine": wilson(1, 1), "lookalike": wilson(1, 3)}


def test_what_was_trained_on_is_found_among_the_held() -> None:
    trained = np.array([[1.0, 0, 0], [0, 1, 0]])
    held = np.array([[0.98, 0.1, 0], [0, 0, 1.0]])
    assert probes.copies(trained, held, 0.75) == [True, False]
    assert probes.copies(trained[:0], held, 0.75) == [False, False]


def test_the_same_pictures_give_the_same_probe() -> None:
    rows, wanted = cloud(6)
    one, other = (probes.packed(probes.fit(rows, wanted, LABELS), "look-1") for _ in range(2))
    assert one == other
