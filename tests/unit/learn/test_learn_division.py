"""No camera, site or scene leaks, nothing counts twice, and a picture never moves towards training."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Label, Member, Recipe, Sample, Share
from pipewarden.learn.rules import alike, divide, groups, leaks, settled, share_of
from pipewarden.learn.rules.division import AUDIT, NEARLY, NO_RIGHTS, RENDERED, TWICE

MakeSample = Callable[..., Sample]
MOMENT = datetime(2026, 11, 20, 1, tzinfo=UTC)
STRICTNESS = {Share.TEST: 0, Share.VAL: 1, Share.TRAIN: 2}


def shares(members: list[Member]) -> dict[str, Share]:
    return {one.sample.picture: one.share for one in members}


def near(hash_: bytes, bits: int) -> bytes:
    return (int.from_bytes(hash_, "big") ^ ((1 << bits) - 1)).to_bytes(32, "big")


ties = st.lists(
    st.tuples(*(st.none() | st.sampled_from(["a", "b", "c", "d"]) for _ in range(3))), min_size=1, max_size=12
)


@given(told=ties)
def test_whoever_shares_a_tie_shares_a_group(told: list[tuple[str | None, str | None, str | None]]) -> None:
    base = Sample("0", 1, 1, (), frozenset(), "", "", True, False, None, None, None, bytes(32), "")
    made = [
        replace(base, picture=str(n), camera=camera, site=site, scene=scene)
        for n, (camera, site, scene) in enumerate(told)
    ]
    found = groups(made, [])
    for (n, one), (m, other) in combinations(enumerate(told), 2):
        if any(mine is not None and mine == theirs for mine, theirs in zip(one, other, strict=True)):
            assert found[n] == found[m]
    # and never more than the ties force: whoever is alone stands alone
    for n, one in enumerate(told):
        if one == (None, None, None):
            assert found.count(found[n]) == 1


def test_a_camera_and_a_site_of_one_name_are_two_things(sample: MakeSample) -> None:
    assert len(set(groups([sample(1, camera="7"), sample(2, site="7")], []))) == 2


def test_ties_reach_over_others(sample: MakeSample) -> None:
    chain = [sample(1, camera="c1", site="s1"), sample(2, camera="c2", site="s1"), sample(3, camera="c2")]
    assert len(set(groups(chain, []))) == 1


def test_alike_finds_every_pair_and_no_other() -> None:
    rng = np.random.default_rng(5)
    hashes = [rng.bytes(32) for _ in range(700)]  # more than one block
    hashes[650] = near(hashes[3], 4)
    hashes[699] = near(hashes[640], 6)
    brute = [
        (i, j)
        for i, j in combinations(range(len(hashes)), 2)
        if (int.from_bytes(hashes[i], "big") ^ int.from_bytes(hashes[j], "big")).bit_count() <= 5
    ]
    assert alike(hashes, 5) == brute == [(3, 650)]
    assert (640, 699) in alike(hashes, 6)
    assert alike(hashes[:1], 5) == alike([], 5) == []


def test_a_division_leaks_nothing_and_does_not_depend_on_the_order(sample: MakeSample) -> None:
    given_ = [sample(n, camera=f"cam-{n % 40}", site=f"site-{n // 7}" if n % 3 == 0 else None) for n in range(300)]
    members, _ = divide(given_, Recipe(), {})
    again, _ = divide(given_[::-1], Recipe(), {})
    assert leaks(members) == []
    assert shares(members) == shares(again)
    assert set(shares(members)) == {one.picture for one in given_}


def test_parts_come_out_near_what_was_asked(sample: MakeSample) -> None:
    members, _ = divide([sample(n) for n in range(3000)], Recipe(val=0.2, test=0.1), {})
    parts = Counter(one.share for one in members)
    assert abs(parts[Share.VAL] / 3000 - 0.2) < 0.03
    assert abs(parts[Share.TEST] / 3000 - 0.1) < 0.03


def test_another_seed_divides_otherwise_and_the_same_seed_never_does(sample: MakeSample) -> None:
    given_ = [sample(n) for n in range(200)]
    one, two = (shares(divide(given_, Recipe(seed=seed), {})[0]) for seed in (1, 2))
    assert one != two
    assert one == shares(divide(given_, Recipe(seed=1), {})[0])


@given(seed=st.integers(0, 50), old=st.sampled_from(list(Share)))
def test_a_group_that_was_there_keeps_its_share(seed: int, old: Share) -> None:
    assert share_of("camera:7", Recipe(seed=seed), {"camera:7": old}) is old


def test_growing_never_moves_a_picture_towards_training(sample: MakeSample) -> None:
    first = [sample(n, camera=f"cam-{n % 30}") for n in range(120)]
    before = shares(divide(first, Recipe(), {})[0])
    # new pictures tie cameras together that stood apart
    more = [sample(500 + n, camera=f"cam-{n}", site=f"joined-{n % 6}") for n in range(30)]
    members, _ = divide([*first, *more], Recipe(), before)
    after = shares(members)
    assert leaks(members) == []
    assert any(before[picture] is not after[picture] for picture in before), "the test must join something"
    for picture, share in before.items():
        assert STRICTNESS[after[picture]] <= STRICTNESS[share]


def test_settled_takes_the_strictest_of_what_was_joined() -> None:
    before = {"p1": Share.TRAIN, "p2": Share.TEST, "p3": Share.VAL}
    assert settled(["g", "g", "h", "k"], before, ["p1", "p2", "p3", "new"]) == {"g": Share.TEST, "h": Share.VAL}


def test_what_has_no_rights_what_is_there_and_what_looks_it_is_left_out_and_counted(sample: MakeSample) -> None:
    one = sample(1)
    given_ = [
        one,
        replace(one, origin="copy.jpg"),
        sample(2, likeness=near(one.likeness, 3)),
        sample(3, may_ship=False),
        sample(4),
    ]
    members, dropped = divide(given_, Recipe(shippable_only=True), {})
    assert dropped == {TWICE: 1, NEARLY: 1, NO_RIGHTS: 1}
    assert len(members) == 2
    kept, none = divide(given_, Recipe(near=2), {})
    assert len(kept) == 4
    assert NO_RIGHTS not in none


def test_a_chain_of_likeness_loses_only_what_looks_like_one_that_stays(sample: MakeSample) -> None:
    """A looks like B, B like C, A not like C: with A kept, B goes and C stays."""
    ordered = sorted((sample(n) for n in range(3)), key=lambda one: one.picture)
    first = ordered[0].likeness
    chain = [
        ordered[0],
        replace(ordered[1], likeness=near(first, 6)),
        replace(ordered[2], likeness=near(first, 12)),
    ]
    members, dropped = divide(chain, Recipe(near=8), {})
    assert [one.sample.picture for one in members] == [chain[0].picture, chain[2].picture]
    assert dropped == {NEARLY: 1}
    assert len({one.group for one in members}) == 1, "their tie still holds"


def test_the_picture_that_was_there_before_stays_when_a_copy_comes(sample: MakeSample) -> None:
    late, early = sorted((sample(n) for n in range(2)), key=lambda one: one.picture)
    copy = replace(late, likeness=near(early.likeness, 1))  # its hash sorts first
    members, _ = divide([copy, early], Recipe(), {early.picture: Share.VAL})
    assert shares(members) == {early.picture: Share.VAL}


@pytest.mark.parametrize(("val", "test"), [(-0.1, 0.1), (0.5, 0.5), (0.1, -0.1)])
def test_parts_that_are_none_are_refused(sample: MakeSample, val: float, test: float) -> None:
    with pytest.raises(InputError, match="no parts"):
        divide([sample(1)], Recipe(val=val, test=test), {})


def test_leaks_are_named(sample: MakeSample) -> None:
    torn = [Member(sample(1, camera="c"), Share.TRAIN, "g"), Member(sample(2, camera="c"), Share.TEST, "g")]
    assert leaks(torn) == ["camera c"]


flags = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", "e"]), st.booleans(), st.booleans(), st.booleans()),
    min_size=1,
    max_size=20,
)


@given(told=flags, later=flags)
def test_a_rendered_picture_only_trains_and_an_audited_one_only_tests(
    told: list[tuple[str, bool, bool, bool]], later: list[tuple[str, bool, bool, bool]]
) -> None:
    base = Sample("0", 1, 1, (), frozenset(), "", "", True, False, None, None, None, bytes(32), "")
    made = [
        replace(
            base,
            picture=f"{n:03d}",
            camera=f"{camera}{rendered}" if by_kind else camera,
            rendered=rendered,
            audit=audit,
            likeness=np.random.default_rng(n).bytes(32),
        )
        for n, (camera, rendered, audit, by_kind) in enumerate([*told, *later])
    ]
    recipe = Recipe(near=0, val=0.3, test=0.3)
    first, _ = divide(made[: len(told)], recipe, {})
    second, dropped = divide(made, recipe, shares(first))
    for members in (first, second):
        assert leaks(members) == []
        assert all(one.share is Share.TRAIN for one in members if one.sample.rendered)
        assert all(one.share is Share.TEST for one in members if one.sample.audit)
    assert len(second) + dropped.total() == len(made)
    before, after = shares(first), shares(second)
    for picture in before.keys() & after.keys():
        assert STRICTNESS[after[picture]] <= STRICTNESS[before[picture]]


def test_what_can_neither_train_nor_test_is_left_out_and_said(sample: MakeSample) -> None:
    tests, trains = sample(1, camera="a", audit=True), sample(2, camera="b", rendered=True)
    neither = sample(3, camera="c", rendered=True, audit=True)
    mixed = [sample(4, camera="d", audit=True), sample(5, camera="d", rendered=True), sample(6, camera="d")]
    members, dropped = divide([tests, trains, neither, *mixed], Recipe(), {})
    assert shares(members) == {
        tests.picture: Share.TEST,
        trains.picture: Share.TRAIN,
        mixed[0].picture: Share.TEST,
        mixed[2].picture: Share.TEST,
    }
    assert dropped == {AUDIT: 1, RENDERED: 1}


def test_two_looks_that_are_judged_otherwise_are_no_repeat(sample: MakeSample) -> None:
    def said(cls: str) -> tuple[Label, ...]:
        return (Label(cls, (1.0, 2.0, 30.0, 40.0), "person:1", "digging", MOMENT),)

    one = sample(1, labels=said("works"), camera="a")
    other = sample(2, labels=said("no_works"), camera="a", likeness=near(one.likeness, 3))
    again = sample(3, labels=said("works"), camera="a", likeness=near(one.likeness, 2))
    members, dropped = divide([one, other, again], Recipe(), {})
    assert {"works", "no_works"} == {one.sample.labels[0].cls for one in members}
    assert dropped == {NEARLY: 1}
    assert len({one.group for one in members}) == 1
