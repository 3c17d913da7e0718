"""What casework tells by name has words on the pages, in both languages."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from pipewarden.casework.facts import VOCABULARY, FilingBody, FilingState

WORDS = Path(__file__).parents[3] / "web" / "src" / "words"


@pytest.fixture(params=["zh", "en"])
def words(request: pytest.FixtureRequest) -> Any:
    return json.loads((WORDS / f"{request.param}.json").read_text(encoding="utf-8"))


def test_every_fact_that_a_rule_may_read_has_words(words: Any) -> None:
    assert set(words["fact_name"]) == {name.replace(".", "_") for name in VOCABULARY}


def test_everything_that_happens_to_a_filing_has_words(words: Any) -> None:
    assert set(words["filing_event"]) == {
        one.default for body in get_args(FilingBody) for one in fields(body) if one.name == "kind"
    }


def test_every_state_of_a_filing_has_words(words: Any) -> None:
    assert set(words["filing_state"]) == set(FilingState)
