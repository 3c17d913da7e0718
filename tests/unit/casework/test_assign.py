"""Who gets a duty: deterministic, explained, and never nobody while somebody is there."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.rules.assign import Candidate, choose

A, B, C, D = (UUID(int=one) for one in range(1, 5))


def who(person: UUID, role: str = "patroller", distance: int = 0, rank: int = 1, load: int = 0) -> Candidate:
    return Candidate(person, role, distance, rank, load)


def test_the_nearest_roster_counts_before_load_and_load_before_rank() -> None:
    assert choose(["patroller"], [who(A, distance=1), who(B, load=9)]).person_id == B  # type: ignore[union-attr]
    assert choose(["patroller"], [who(A, load=2), who(B, load=1, rank=2)]).person_id == B  # type: ignore[union-attr]
    assert choose(["patroller"], [who(B, rank=2), who(A)]).person_id == A  # type: ignore[union-attr]


def test_who_can_do_it_best_comes_first_and_others_step_in() -> None:
    found = choose(["locator", "patroller"], [who(A), who(B, "locator", load=5, distance=3)])
    assert (found.person_id, found.role) == (B, "locator")  # type: ignore[union-attr]
    assert choose(["locator", "patroller"], [who(A)]).role == "patroller"  # type: ignore[union-attr]


def test_who_has_no_room_comes_after_who_has() -> None:
    found = choose(["patroller"], [replace(who(A), full=True), who(B, distance=2, load=7)])
    assert found.person_id == B  # type: ignore[union-attr]
    alone = choose(["patroller"], [replace(who(A), full=True)])
    assert "nobody has room" in alone.why  # type: ignore[union-attr]


def test_who_said_no_is_asked_again_only_when_nobody_else_is_left() -> None:
    both = [who(A), who(B, rank=2)]
    assert choose(["patroller"], both, {A}).person_id == B  # type: ignore[union-attr]
    last = choose(["patroller"], both, {A, B})
    assert last.person_id == A  # type: ignore[union-attr]
    assert "has declined, and nobody else is left" in last.why  # type: ignore[union-attr]


def test_rosters_come_before_memberships_and_the_words_say_so() -> None:
    by_membership = replace(who(C, "safety_manager"), on_roster=False)
    found = choose(["safety_manager", "patroller"], [by_membership, who(D)])
    assert found.person_id == D  # type: ignore[union-attr]
    found = choose(["patroller", "safety_manager"], [by_membership])
    assert (found.on_roster, found.why) == (False, "nobody is on duty there; safety_manager by membership")  # type: ignore[union-attr]


def test_nobody_is_nobody() -> None:
    assert choose(["patroller"], []) is None
    assert choose(["patroller"], [who(A, "dispatcher")]) is None


def test_a_substitute_is_said_to_be_one() -> None:
    found = choose(["patroller"], [replace(who(A), stands_in_for=B)])
    assert "standing in" in found.why  # type: ignore[union-attr]


_CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.sampled_from([A, B, C, D]),
        st.sampled_from(["patroller", "dispatcher"]),
        st.integers(0, 3),
        st.integers(1, 3),
        st.integers(0, 4),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: (one.person_id, one.role),
)


@given(_CANDIDATES, st.sets(st.sampled_from([A, B, C, D])), st.randoms(use_true_random=False))
def test_the_order_of_the_list_decides_nothing_and_somebody_is_always_found(
    candidates: list[Candidate], refused: set[UUID], chance: object
) -> None:
    mixed = list(candidates)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    first = choose(["patroller", "dispatcher"], candidates, refused)
    assert first == choose(["patroller", "dispatcher"], mixed, refused)
    assert (first is None) == (not candidates)
