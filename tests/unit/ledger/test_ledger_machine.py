"""The book against its model, for thousands of random operations; the release tier runs more than 100,000 (M1)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

import pytest
from book_machine import Machine, drive
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOISE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def run(engine: Engine, examples: int, steps: int, *, same: bool = True) -> Counter[str]:
    """Let Hypothesis run the machine and return what was done, by verb and answer; ``same`` steps in every run."""

    class Here(Machine):
        done: ClassVar[Counter[str]] = Counter()

    Here.engine = engine
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=NOISE,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        derandomize=same,
    )
    run_state_machine_as_test(Here, settings=how)
    return Here.done


def told(capsys: pytest.CaptureFixture[str], done: Counter[str]) -> int:
    """Print the counts and return how many operations they are."""
    operations = done.total() - done["books"]
    with capsys.disabled():
        print(f"\n{operations} operations in {done['books']} books, 0 breaches: {dict(done)}")  # noqa: T201
    return operations


def test_the_book_agrees_with_its_model(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(engine, 15, 15) + drive(engine, books=20, steps=30)
    assert told(capsys, done) > 5_000
    for verb in ("posted", "pending", "post", "void", "expire", "reverse", "retried", "crashed"):
        assert done[verb] > 20, verb
    for refusal in ("FundsError", "OrderError", "ClosedError", "KeyReusedError"):
        assert done[f"refused: {refusal}"] > 20, refusal
        assert done[f"refused whole: {refusal}"] > 5, refusal


@pytest.mark.release
@pytest.mark.timeout(7200)
def test_the_book_agrees_with_its_model_100_000_times(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Other steps in every run; one that fails prints how to repeat it."""
    done: Counter[str] = Counter()
    while done.total() - done["books"] < 100_000:
        done += run(engine, 100, 50, same=False)
    assert told(capsys, done) >= 100_000
