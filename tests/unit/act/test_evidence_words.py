"""The words of evidence packs: every event and state has some, and they are those of the desk's pages."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from pipewarden.act.adapters.pack_page import page
from pipewarden.act.store.evidence_words import shipped_evidence_words
from pipewarden.casework.facts import Body, Result
from pipewarden.network.facts import Zone

WEB = Path(__file__).resolve().parents[3] / "web" / "src" / "words"


def said(language: str) -> Any:
    return json.loads((WEB / f"{language}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_pack_says_it_as_the_desk_does(language: str) -> None:
    own = shipped_evidence_words()
    assert {key: pair[language] for key, pair in own["events"].items()} == said(language)["site_event"]
    assert {key: pair[language] for key, pair in own["headlines"].items()} == said(language)["headline"]


def test_everything_that_can_happen_has_words() -> None:
    own = shipped_evidence_words()
    told = {str(field.default) for one in get_args(Body) for field in fields(one) if field.name == "kind"}
    kinds = told - {"verified"} | {"verified_true", "verified_false"}
    assert kinds <= own["events"].keys()
    assert {one.value for one in Zone} == own["zones"].keys()
    assert {one.value for one in Result} == own["results"].keys()
    assert all(pair.keys() == {"zh", "en"} and all(pair.values()) for group in own.values() for pair in group.values())


def test_a_page_without_what_it_needs_is_a_mistake_and_not_a_gap() -> None:
    with pytest.raises(Exception, match="undefined"):
        page({"say": shipped_evidence_words()})
