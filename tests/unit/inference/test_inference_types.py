import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.inference.rules import TypeWeights, classify


def _head(threshold: float = 0.5) -> TypeWeights:
    return TypeWeights(
        classes=("excavator", "loader_dozer", "dump_truck"),
        mean=np.array([1, 1, 1], np.float32),
        scale=np.array([2, 2, 2], np.float32),
        weights=np.eye(3, dtype=np.float32) * 4,
        bias=np.array([0, 0, 0.5], np.float32),
        threshold=threshold,
    )


def test_the_best_type_with_its_softmax() -> None:
    ((kind, share),) = classify(_head(), np.array([[3, 1, 1]], np.float32))
    logits = np.array([4, 0, 0.5])
    assert kind == "excavator"
    assert share == pytest.approx(float(np.exp(4) / np.exp(logits).sum()), rel=1e-5)


def test_weights_have_a_column_per_type() -> None:
    head = TypeWeights(
        classes=("a", "b", "c"),
        mean=np.zeros(2, np.float32),
        scale=np.ones(2, np.float32),
        weights=np.array([[5, 0, 1], [0, 1, 5]], np.float32),
        bias=np.zeros(3, np.float32),
        threshold=0,
    )
    assert [kind for kind, _ in classify(head, np.eye(2, dtype=np.float32))] == ["a", "c"]


def test_below_the_threshold_the_head_abstains_and_still_tells_its_probability() -> None:
    ((kind, share),) = classify(_head(0.9), np.array([[1, 1, 1]], np.float32))
    assert kind == "other"
    assert 1 / 3 < share < 0.9


def test_a_probability_of_exactly_the_threshold_is_told() -> None:
    features = np.array([[3, 1, 1]], np.float32)
    share = classify(_head(), features)[0][1]
    assert classify(_head(share), features)[0][0] == "excavator"
    assert classify(_head(np.nextafter(share, 1)), features)[0][0] == "other"


def test_huge_features_do_not_overflow() -> None:
    answers = classify(_head(), np.array([[1e6, 0, 0], [-1e6, -1e6, 1e6]], np.float32))
    assert [kind for kind, _ in answers] == ["excavator", "dump_truck"]
    assert all(share == pytest.approx(1) for _, share in answers)


@given(st.lists(st.tuples(*[st.floats(-50, 50, width=32)] * 3), min_size=1, max_size=6), st.floats(0, 1))
def test_probabilities_are_probabilities_and_rows_do_not_mix(
    rows: list[tuple[float, float, float]], threshold: float
) -> None:
    features = np.array(rows, np.float32)
    together = classify(_head(threshold), features)
    alone = [classify(_head(threshold), row[None])[0] for row in features]
    for (kind, share), (kind_alone, share_alone) in zip(together, alone, strict=True):
        assert 1 / 3 - 1e-6 <= share <= 1 + 1e-6
        assert share == pytest.approx(share_alone, rel=1e-4)
        if abs(share - threshold) > 1e-4:
            assert kind == kind_alone
            assert (kind == "other") == (share < threshold)
