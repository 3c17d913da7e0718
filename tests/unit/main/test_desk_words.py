"""The desk has a word in both languages for whatever the documents and reports may be called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from pipewarden.act.facts import DocumentKind
from pipewarden.act.http.documents import OfferOut
from pipewarden.casework.facts import Measure

WORDS = Path(__file__).parents[3] / "web" / "src" / "words"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_document_offer_and_measure_has_its_word(language: str) -> None:
    words = json.loads((WORDS / f"{language}.json").read_text())
    document = words["document"]
    assert [one for one in DocumentKind if not document.get(f"kind_{one}")] == []
    whys = get_args(OfferOut.__annotations__["why"]) or OfferOut.model_fields["why"].annotation.__args__
    assert [one for one in whys if not document.get(f"why_{one}")] == []
    assert [one for one in Measure if not words["government"].get(f"measure_{one}")] == []


def test_both_languages_say_the_same_things() -> None:
    zh, en = (_keys(json.loads((WORDS / f"{one}.json").read_text())) for one in ("zh", "en"))
    assert zh ^ en == set()


def _keys(words: object, at: str = "") -> set[str]:
    return (
        {at}
        if not isinstance(words, dict)
        else {key for name, more in words.items() for key in _keys(more, f"{at}.{name}")}
    )
