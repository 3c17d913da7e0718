"""Answers weighed together: crowd-kit's numbers, what gold does, and agreement beyond chance."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.market.rules.agreement import Agreed, Vote, dawid_skene
from pipewarden.market.rules.agreement_measures import cohen_kappa, kappas, krippendorff_alpha

# made by crowd-kit 1.4.2 (DawidSkene, its own defaults) over these very votes
PINNED = json.loads(Path(__file__).with_name("crowd_kit.json").read_text(encoding="utf-8"))
ALL = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("pqrst"), st.sampled_from("xyz")), max_size=40)


def votes_of(case: dict[str, dict[str, str]]) -> list[Vote]:
    told = [(item, one.split(":")) for item, row in case["votes"].items() for one in row.split()]
    return [Vote(item, who, label) for item, (who, label) in told]


def once(rows: list[tuple[str, str, str]]) -> list[Vote]:
    return [Vote(item, who, label) for (item, who), label in {(a, b): c for a, b, c in rows}.items()]


@pytest.mark.parametrize("case", PINNED, ids=["two labels", "three labels, gold"])
def test_the_numbers_are_crowd_kits(case: dict[str, dict[str, str]]) -> None:
    found = dawid_skene(votes_of(case), case["gold"])
    assert list(found.labels) == case["labels"]
    assert found.rounds == case["rounds"]
    assert np.abs(found.prior - np.array(case["prior"])).max() < 1e-9
    theirs = np.array([case["chances"][one] for one in found.items])
    assert np.abs(found.chances - theirs).max() < 1e-9


def test_gold_keeps_its_truth_against_everybody() -> None:
    votes = [Vote("g", who, "no") for who in "abc"] + [Vote(f"i{n}", who, "yes") for n in range(3) for who in "abc"]
    assert dawid_skene(votes).best()["g"][0] == "no"
    assert dawid_skene(votes, {"g": "yes"}).best()["g"] == ("yes", 1.0)


def test_gold_shows_who_is_right_where_most_are_wrong() -> None:
    """Two who always say no outvote one who looks; twenty gold items turn the weight round."""
    truth = {f"i{n:02d}": "yes" if n % 2 else "no" for n in range(40)}
    looks = [Vote(item, "looks", label) for item, label in truth.items()]
    votes = looks + [Vote(item, lazy, "no") for item in truth for lazy in ("lazy", "lazier")]
    gold = {item: label for item, label in truth.items() if item < "i20"}
    blind = dawid_skene(votes)
    seen = dawid_skene(votes, gold)
    assert Counter(one.label for one in votes if one.item == "i21") == {"no": 2, "yes": 1}
    assert {item: label for item, (label, _) in seen.best().items()} == truth
    assert seen.right()["looks"] > 0.99
    assert seen.right()["lazy"] == pytest.approx(0.5, abs=0.01)
    assert blind.right()["lazy"] >= seen.right()["lazy"]


def test_gold_that_nobody_answered_is_left_out() -> None:
    found = dawid_skene([Vote("a", "p", "x")], {"b": "y"})
    assert found.items == ("a",)
    assert found.labels == ("x",)


def test_nothing_says_nothing() -> None:
    found = dawid_skene([])
    assert found.best() == {}
    assert found.right() == {}
    assert found.rounds == 0


def test_two_answers_of_one_person_are_refused() -> None:
    with pytest.raises(InputError, match="two of one person"):
        dawid_skene([Vote("a", "p", "x"), Vote("a", "p", "y")])


def test_no_rounds_are_refused() -> None:
    with pytest.raises(InputError, match="rounds"):
        dawid_skene([Vote("a", "p", "x")], rounds=0)


def test_every_round_is_reckoned_where_no_gain_ends_them() -> None:
    votes = votes_of(PINNED[0])
    assert dawid_skene(votes, rounds=37, gain=-1.0).rounds == 37


@given(ALL)
def test_order_makes_no_difference(rows: list[tuple[str, str, str]]) -> None:
    votes = once(rows)
    one, other = dawid_skene(votes), dawid_skene(votes[::-1])
    assert one.items == other.items
    assert np.allclose(one.chances, other.chances, atol=1e-6)


@given(ALL)
def test_chances_sum_to_one_and_errors_too(rows: list[tuple[str, str, str]]) -> None:
    found: Agreed = dawid_skene(once(rows))
    if found.items:
        assert np.allclose(found.chances.sum(axis=1), 1.0)
        assert np.allclose(found.errors.sum(axis=1), 1.0)
        assert found.prior.sum() == pytest.approx(1.0)


def test_kappa_of_cohens_own_table() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, by chance 0.5, kappa 0.4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)


@pytest.mark.parametrize("pairs", [[], [("y", "y")] * 9])
def test_kappa_says_nothing_without_a_difference_to_be_had(pairs: list[tuple[str, str]]) -> None:
    assert cohen_kappa(pairs) is None


def test_kappa_is_below_nought_for_opposites() -> None:
    assert cohen_kappa([("y", "n"), ("n", "y")]) == pytest.approx(-1.0)


def test_kappas_are_of_common_items_only() -> None:
    votes = [Vote("1", "a", "x"), Vote("1", "b", "x"), Vote("2", "a", "y"), Vote("2", "b", "y"), Vote("3", "c", "x")]
    assert kappas(votes) == {("a", "b"): (1.0, 2)}


def test_alpha_of_krippendorffs_own_example() -> None:
    """Four observers, twelve units, gaps (Krippendorff 2011, example C): nominal alpha 0.743."""
    rows = {
        "A": "1 2 3 3 2 1 4 1 2 * * *",
        "B": "1 2 3 3 2 2 4 1 2 5 * 3",
        "C": "* 3 3 3 2 3 4 2 2 5 1 *",
        "D": "1 2 3 3 2 4 4 1 2 5 1 *",
    }
    votes = [
        Vote(f"{n:02d}", who, label) for who, row in rows.items() for n, label in enumerate(row.split()) if label != "*"
    ]
    assert krippendorff_alpha(votes) == pytest.approx(0.743, abs=5e-4)


@pytest.mark.parametrize("labels", ["", "x", "xx"])
def test_alpha_says_nothing_without_a_difference_to_be_had(labels: str) -> None:
    assert krippendorff_alpha([Vote("i", str(n), one) for n, one in enumerate(labels)]) is None


@given(ALL)
def test_alpha_is_one_at_most(rows: list[tuple[str, str, str]]) -> None:
    found = krippendorff_alpha(once(rows))
    assert found is None or found <= 1.0 + 1e-12


def test_alpha_is_one_where_all_agree_and_labels_differ() -> None:
    votes = [Vote(item, who, label) for item, label in (("1", "x"), ("2", "y")) for who in "abc"]
    assert krippendorff_alpha(votes) == pytest.approx(1.0)
