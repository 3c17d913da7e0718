"""Single values are set where they stand in a policy's text: its comments stay, and nothing else is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import own_rules
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.rules.rewriting import Edit, knobs, rewrite
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.rules.rewriting import Path, Value

FILED: Path = ("factors", "papers", "filed", "weight")
TEXT = """\
# what the house says
version: mine@1 # a name
night: {from: "20:00", to: "06:00"}
since: 2026-01-01
shared: &one {weight: 1.0}
again: *one
list:
  - {level: 1, from: 80, below: null}
text: >-
  several
  lines
examples: [{facts: {x: 1}}]
"""


def at(text: str, path: Path) -> Any:
    found = yaml.safe_load(text)
    for part in path:
        found = found[part]
    return found


def test_a_weight_is_changed_and_every_other_line_stays() -> None:
    made = rewrite(own_rules.WEIGHTS, [Edit(FILED, 1.25)], "t")
    before, after = own_rules.WEIGHTS.splitlines(), made.splitlines()
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == [
        (line, line.replace("weight: 1.2,", "weight: 1.25,")) for line in before if line.startswith("    filed:")
    ]
    assert at(made, FILED) == 1.25


def test_several_edits_are_made_one_after_the_other_however_long_they_are() -> None:
    edits = [Edit(("version",), "a-longer-name@22"), Edit(("list", 0, "from"), 7), Edit(("night", "to"), "05:30")]
    made = rewrite(TEXT, edits, "t")
    assert "version: a-longer-name@22 # a name" in made
    assert (at(made, ("list", 0)), at(made, ("night", "to"))) == ({"level": 1, "from": 7, "below": None}, "05:30")
    assert made.startswith("# what the house says\n"), "comments stay"


@pytest.mark.parametrize(
    "value", ["true", "no", "2026-02-03x", "a: b", "# x", "'", '"', "中文", "", "1.5", "~", 2, 0.1, 3.0, True, None]
)
def test_a_value_reads_as_the_same_again(value: Value) -> None:
    made = at(rewrite(TEXT, [Edit(("version",), value)], "t"), ("version",))
    assert (made, type(made)) == (value, type(value))


@given(st.text(st.characters(exclude_characters="\n\r\x85\u2028\u2029", exclude_categories=["Cs", "Cc", "Cn"])))
def test_any_words_read_as_the_same_again(words: str) -> None:
    made = at(rewrite(TEXT, [Edit(("night", "from"), words)], "t"), ("night", "from"))
    assert str(made) == words


def test_a_day_stays_a_day() -> None:
    made = at(rewrite(TEXT, [Edit(("since",), "2025-12-31")], "t"), ("since",))
    assert made.isoformat() == "2025-12-31"


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("night",), 1, "no single value"),
        (("nothing",), 1, "no single value"),
        (("list", 9, "from"), 1, "no single value"),
        (("list", "0"), 1, "no single value"),
        (("shared", "weight"), 1, "several places"),
        (("again", "weight"), 1, "several places"),
        (("version",), "a\nb", "several lines"),
        (("text",), "x", "block of lines"),
    ],
)
def test_what_cannot_be_set_is_said_with_its_place(path: Path, value: Value, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as refused:
        rewrite(TEXT, [Edit(path, value)], "t")
    assert refused.value.field.startswith("t:")


def test_values_are_told_where_they_are_first_written_and_examples_are_not() -> None:
    found = {one.path: one.value for one in knobs(TEXT, "t")}
    assert found == {
        ("version",): "mine@1",
        ("night", "from"): "20:00",
        ("night", "to"): "06:00",
        ("since",): "2026-01-01",
        ("shared", "weight"): 1.0,
        ("list", 0, "level"): 1,
        ("list", 0, "from"): 80,
        ("list", 0, "below"): None,
        ("text",): "several lines",
    }


def test_every_weight_of_the_shipped_file_may_be_set_by_itself() -> None:
    weights = [one for one in knobs(own_rules.WEIGHTS, "t") if one.path[0] == "factors" and one.path[-1] == "weight"]
    assert len(weights) > 40
    for one in weights:
        assert at(rewrite(own_rules.WEIGHTS, [Edit(one.path, 1.11)], "t"), one.path) == 1.11


@pytest.mark.parametrize("text", ["a: [", own_rules.BOMB, "a: 1\na: 2\n"])
def test_what_is_no_policy_at_all_is_refused(text: str) -> None:
    for ask in (lambda: knobs(text, "t"), lambda: rewrite(text, [Edit(("a",), 1)], "t")):
        with pytest.raises(InputError):
            ask()
