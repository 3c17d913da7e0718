"""The list of hazards at home, what a model's answers come to, what lies near, and how answers are counted."""

from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.perceive.facts import Grade, Group, IndoorExample, Says
from pipewarden.perceive.rules import hazard_instructions, nearest, read_hazards, scored, told
from pipewarden.perceive.store import shipped_hazards

FILE = Path(__file__).resolve().parents[3] / "src" / "pipewarden" / "policy" / "indoor" / "hazards.yaml"
LISTED = shipped_hazards()
GOOD: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_the_shipped_list_is_the_decks() -> None:
    assert len(LISTED.hazards) == 13
    assert [one.group for one in LISTED.hazards].count(Group.PIPE) == 8
    assert [one.id for one in LISTED.hazards if one.grade is Grade.MAJOR] == ["pipe_bathroom"]
    assert all(one.clause is None or "第" in one.clause for one in LISTED.hazards)
    assert {one.clause for one in LISTED.hazards if one.id == "pipe_load"} == {
        "城镇燃气管理条例（2016-02-06）第二十八条第（二）项"
    }


def test_cited_clauses_say_what_they_are_cited_for() -> None:
    statute = Path(__file__).resolve().parents[4] / "shared/data/law/laws/城镇燃气管理条例(2016-02-06).md"
    if not statute.exists():
        pytest.skip("shared/data/law is not here")
    text = statute.read_text(encoding="utf-8")
    article = text[text.index("第二十八条") : text.index("第二十九条")]
    assert "(二)将燃气管道作为负重支架或者接地引线" in article
    assert "(四)擅自安装、改装、拆除户内燃气设施" in article
    assert "(五)在不具备安全条件的场所使用、储存燃气" in article
    assert "使用年限已届满的燃气燃烧器具、连接管" in text[text.index("第二十七条") : text.index("第二十八条")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda body: body.pop("always"), "x: always"),
        (lambda body: body["hazards"][0].update(grade="fatal"), "x: hazards.0.grade"),
        (lambda body: body["hazards"][0].update(extra=1), "x: hazards.0.extra"),
        (lambda body: body["hazards"][1].update(id=body["hazards"][0]["id"]), "x: hazards"),
        (lambda body: body["hazards"][1].update(id="reason"), "x: hazards"),
        (lambda body: body["hazards"][1].update(id="any"), "x: hazards"),
        (lambda body: body["hazards"][1].update(id=body["scene"]["id"]), "x: hazards"),
        (lambda body: body.update(hazards=[]), "x: hazards"),
    ],
)
def test_a_list_that_is_wrong_is_refused_by_its_key(change: Any, field: str) -> None:
    body = deepcopy(GOOD)
    change(body)
    with pytest.raises(InputError) as error:
        read_hazards(body, "x")
    assert error.value.field == field


def test_a_model_is_asked_about_every_item_in_both_languages() -> None:
    said = hazard_instructions(LISTED)
    for one in LISTED.hazards:
        assert f"{one.id}: {one.ask}" in said
        assert any("\u4e00" <= ch <= "\u9fff" for ch in one.ask)
        assert any(ch.isascii() and ch.isalpha() for ch in one.ask)
    assert LISTED.scene.words.en in said


def test_a_picture_that_cannot_be_judged_shows_nothing_and_clears_nothing() -> None:
    answers = {"scene": "no", **dict.fromkeys(LISTED.ids, "no"), "hose_joint": "yes"}
    scene, items = told(LISTED, answers)
    assert scene is Says.NO
    assert dict(items) == {**dict.fromkeys(LISTED.ids, Says.UNCLEAR), "hose_joint": Says.YES}


def test_what_was_left_out_is_unclear() -> None:
    scene, items = told(LISTED, {"scene": "yes", "pipe_load": "no"})
    assert scene is Says.YES
    assert dict(items) == {**dict.fromkeys(LISTED.ids, Says.UNCLEAR), "pipe_load": Says.NO}


def example(number: int, features: tuple[float, ...], *hazards: str) -> IndoorExample:
    return IndoorExample(UUID(int=number), features, hazards)


def test_the_nearest_come_first_with_their_distance() -> None:
    known = [example(1, (0.0, 1.0), "hose_old"), example(2, (1.0, 0.0)), example(3, (0.6, 0.8), "pipe_load")]
    found = nearest((1.0, 0.0), known, most=2)
    assert [(one.check_id, one.distance, one.hazards) for one in found] == [
        (UUID(int=2), 0.0, ()),
        (UUID(int=3), 0.4, ("pipe_load",)),
    ]
    assert nearest((1.0, 0.0), []) == ()


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc"))), max_size=12))
def test_the_counts_are_those_of_hand(pairs: list[tuple[set[str], set[str]]]) -> None:
    found = scored(pairs, "abc")
    for item in "abc":
        yes = sum(item in said for said, _ in pairs)
        seen = sum(item in there for _, there in pairs)
        hits = sum(item in said and item in there for said, there in pairs)
        assert (found[item].precision.hits, found[item].precision.of) == (hits, yes)
        assert (found[item].recall.hits, found[item].recall.of) == (hits, seen)
        assert found[item].precision.low <= (hits / yes if yes else 0.0) <= found[item].precision.high
    assert found["any"].recall.of == sum(bool(there) for _, there in pairs)


def test_without_pictures_there_is_no_figure() -> None:
    found = scored([], ("a",))
    assert found["a"].precision.value is None
    assert (found["any"].recall.low, found["any"].recall.high) == (0.0, 1.0)
