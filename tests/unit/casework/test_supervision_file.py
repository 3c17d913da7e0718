"""A file of rules that would break later is refused when it is read: with its line, its path, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipewarden.casework.facts import Amount, Reading, Severity, ViolationKind
from pipewarden.casework.rules.supervision import failed_examples
from pipewarden.casework.rules.supervision_file import Supervision, read_supervision
from pipewarden.casework.rules.supervision_words import Compare, Condition, Node, Within, holds
from pipewarden.casework.store import SUPERVISION_FILE, violations
from pipewarden.kit.errors import InputError

KINDS = {"V-TEST": ViolationKind("V-TEST", Severity.MINOR, "product default, not law", "", 24, "试", "test")}
FILE = """\
version: test@1
source: nobody
zone: Asia/Shanghai
derived:
  near_pipe:
    says: it is near
    when: {compare: {fact: machine.distance_m, less: {m: 2}}}
rules:
  - code: V-TEST
    zh: 试验
    en: a test
    since: 2026-01-01
    violated_when:
      all:
        - near_pipe
        - within: {fact: site.zone, of: [protection]}
    news: machine.seen_at
    clause: product default, not law
    severity: minor
    who: contractor
    by: P1D
    remedy: {zh: 改正, en: put it right}
    examples:
      - facts: {machine.distance_m: {m: 1}, site.zone: protection}
        result: violated
      - facts: {machine.distance_m: {m: 3}}
        result: compliant
"""


def read(old: str = "", new: str = "") -> Supervision:
    assert not old or FILE.count(old) == 1, old
    return read_supervision(FILE.replace(old, new) if old else FILE, "mine.yaml", KINDS)


def test_what_is_right_is_read_and_its_examples_run() -> None:
    policy = read()
    assert policy.version == "test@1"
    assert policy.reads == {"V-TEST": ("site.zone", "machine.seen_at", "machine.distance_m")}
    assert failed_examples(policy) == ()
    assert policy.rules[0].by == timedelta(days=1)


ANOTHER = "  far:\n    says: it is far\n    when: {not: NAME}\nrules:\n"
SLIPS = {
    "typo in a key": ("news: machine", "newz: machine", "mine.yaml:17: rules.0.newz", "Did you mean news?"),
    "typo in a condition": ("within: {", "withn: {", "mine.yaml:16: rules.0.violated_when.all.1", "docs/"),
    "typo in a comparison": ("less: {m", "les: {m", "mine.yaml:7: derived.near_pipe.when.compare.les", ""),
    "two comparisons": ("less: {m: 2}", "less: {m: 2}, more: {m: 1}", "mine.yaml:7: derived.near_pipe.when", ""),
    "unknown fact": ("fact: site.zone", "fact: site.zome", "mine.yaml:16:", "Did you mean site.zone?"),
    "unknown flag": ("- near_pipe", "- near_pip", "mine.yaml:15:", "Did you mean near_pipe?"),
    "unknown fact in an example": (
        "{machine.distance_m: {m: 3}}",
        "{machine.distance: {m: 3}}",
        "mine.yaml:26: rules.0.examples.1.facts.machine.distance",
        "Did you mean machine.distance_m?",
    ),
    "unknown news": ("machine.seen_at", "machine.seen", "mine.yaml:17: rules.0.news", "Did you mean machine.seen_at?"),
    "news that is no moment": ("news: machine.seen_at", "news: site.stopped", "mine.yaml:17: rules.0.news", "another"),
    "wrong unit": ("less: {m: 2}", "less: {ft: 6}", "mine.yaml:7: derived.near_pipe.when.compare.less", ""),
    "no unit": ("less: {m: 2}", "less: 2", "mine.yaml:7: derived.near_pipe.when.compare.less", ""),
    "a number that is none": ("less: {m: 2}", "less: {m: .nan}", "mine.yaml:7:", ""),
    "a number of true": ("less: {m: 2}", "less: {m: true}", "mine.yaml:7:", ""),
    "wrong type": ("less: {m: 2}", "is: protection", "mine.yaml:7: derived.near_pipe.when.compare.is", ""),
    "type of an example": ("{m: 3}}", "near}", "mine.yaml:26: rules.0.examples.1.facts.machine.distance_m", ""),
    "unit of an example": ("{m: 3}}", "{km: 3}}", "mine.yaml:26: rules.0.examples.1.facts.machine.distance_m", ""),
    "word that is none": ("[protection]", "[protecton]", "mine.yaml:16:", "Did you mean protection?"),
    "word of an example": ("site.zone: protection}", "site.zone: near}", "mine.yaml:24:", ""),
    "moment as a flag": ("- near_pipe", "- machine.seen_at", "mine.yaml:15:", "another fact"),
    "within a number": ("fact: site.zone, of", "fact: machine.distance_m, of", "mine.yaml:16:", "another fact"),
    "a derived fact compared": (
        "- near_pipe",
        "- compare: {fact: near_pipe, is: true}",
        "mine.yaml:15: rules.0.violated_when.all.0.compare.fact",
        "bare name",
    ),
    "a derived fact that exists": ("- near_pipe", "- exists: near_pipe", "mine.yaml:15:", "bare name"),
    "derived hides nothing": ("facts: {machine.distance_m: {m: 3}}", "facts: {near_pipe: true}", "mine.yaml:26:", ""),
    "another clause": (
        "clause: product default, not law",
        "clause: 条例 第一条",
        "mine.yaml:18: rules.0.clause",
        "both",
    ),
    "another severity": ("severity: minor", "severity: major", "mine.yaml:19: rules.0.severity", "both"),
    "another time": ("by: P1D", "by: PT2H", "mine.yaml:21: rules.0.by", "both"),
    "no violation": ("code: V-TEST", "code: V-TESTS", "mine.yaml:9: rules.0.code", "Did you mean V-TEST?"),
    "no such role": ("who: contractor", "who: builder", "mine.yaml:20: rules.0.who", ""),
    "no such zone": ("Asia/Shanghai", "Asia/Langfang", "mine.yaml:3: zone", "Asia/Shanghai"),
    "ends before it begins": (
        "since: 2026-01-01",
        "since: 2026-01-01\n    until: 2026-01-01",
        "mine.yaml:13: rules.0.until",
        "",
    ),
    "a key twice": ("severity: minor", "severity: minor\n    severity: major", "mine.yaml:20: severity", "Remove one."),
    "something is missing": ("    severity: minor\n", "", "mine.yaml:9: rules.0", "Write it."),
    "no YAML": ("rules:", "rules: [", "mine.yaml:", "Correct it."),
    "a time without a zone": (
        "{machine.distance_m: {m: 3}}",
        "{machine.seen_at: 2026-03-02T08:00:00}",
        "mine.yaml:26:",
        "",
    ),
}


@pytest.mark.parametrize(("old", "new", "field", "fix"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_line_path_and_fix(old: str, new: str, field: str, fix: str) -> None:
    with pytest.raises(InputError) as told:
        read(old, new)
    assert told.value.field.startswith(field), told.value
    assert fix in told.value.fix, told.value
    assert told.value.problem


def test_derived_facts_that_lead_in_a_ring_are_refused_with_the_ring() -> None:
    for ring in ("far", "near_pipe"):
        text = FILE.replace("rules:\n", ANOTHER.replace("NAME", ring))
        if ring == "near_pipe":
            text = text.replace("when: {compare: {fact: machine.distance_m, less: {m: 2}}}", "when: {not: far}")
        with pytest.raises(InputError, match="leads in a ring: ") as told:
            read_supervision(text, "mine.yaml", KINDS)
        assert told.value.field.startswith("mine.yaml:")
        assert "derived." in told.value.field
    assert read_supervision(FILE.replace("rules:\n", ANOTHER.replace("NAME", "near_pipe")), "mine.yaml", KINDS)


def test_a_rule_that_stands_twice_is_refused() -> None:
    body = FILE[FILE.index("  - code") :]
    with pytest.raises(InputError, match="V-TEST stands twice"):
        read_supervision(FILE + body, "mine.yaml", KINDS)


@pytest.mark.parametrize("text", ["", "[]", "42", "version: x", "\x00", "a: &a [*a]", "? [1]\n: 2"])
def test_what_is_no_file_of_rules_is_refused(text: str) -> None:
    with pytest.raises(InputError) as told:
        read_supervision(text, "mine.yaml", KINDS)
    assert told.value.field.startswith("mine.yaml:")


def test_examples_that_do_not_hold_are_told_and_a_kind_that_is_missing_too() -> None:
    wrong = read("{m: 3}}", "{m: 1}}")
    assert failed_examples(wrong) == ("V-TEST example 1: is unknown, compliant was wanted",)
    lacking = read("{m: 3}}\n        result: compliant", "{m: 1}}\n        result: unknown")
    assert failed_examples(lacking) == ("V-TEST: has no example that is compliant",)


def test_the_shipped_file_survives_any_line_that_is_left_out_with_words_and_never_with_a_fault() -> None:
    lines = SUPERVISION_FILE.read_text(encoding="utf-8").splitlines(keepends=True)
    refused = []
    for number in range(0, len(lines), 7):
        text = "".join(lines[:number] + lines[number + 1 :])
        try:
            read_supervision(text, "CN.yaml", violations())
        except InputError as error:
            refused.append(error.field)
    assert len(refused) > 10
    assert all(field.startswith("CN.yaml:") for field in refused)


FLAGS = ("site.stopped", "works.confirmed", "papers.plan")
THREE = st.sampled_from([True, False, None])
CONDITION: TypeAdapter[Node] = TypeAdapter(Condition)
NODES = st.recursive(
    st.sampled_from(FLAGS),
    lambda below: st.one_of(
        st.builds(dict, all=st.lists(below, min_size=1, max_size=3)),
        st.builds(dict, any=st.lists(below, min_size=1, max_size=3)),
        below.map(lambda one: {"not": one}),
    ),
    max_leaves=8,
)


@given(node=NODES, values=st.tuples(THREE, THREE, THREE))
def test_unknown_never_decides_what_some_value_of_it_would_decide_otherwise(
    node: object, values: tuple[bool | None, ...]
) -> None:
    """What is said while something is unknown stays said whatever it turns out to be."""
    written = CONDITION.validate_python(node)

    def ask(given_values: tuple[bool | None, ...]) -> bool | None:
        known = {name: Reading(value) for name, value in zip(FLAGS, given_values, strict=True) if value is not None}
        return holds(written, known, {})

    said = ask(values)
    if said is None:
        return
    for number, value in enumerate(values):
        if value is None:
            for other in (True, False):
                assert ask((*values[:number], other, *values[number + 1 :])) is said


@pytest.mark.parametrize(
    ("word", "value", "off", "wanted"),
    [
        ("less", 2.0, 0.0, False),
        ("at_most", 2.0, 0.0, True),
        ("more", 2.0, 0.0, False),
        ("at_least", 2.0, 0.0, True),
        ("is", 2.0, 0.0, True),
        ("is", 2.0, 0.1, None),
        ("is", 3.0, 0.1, False),
        ("less", 1.5, 0.4, True),
        ("less", 1.5, 0.5, None),
        ("less", 2.5, 0.5, False),
        ("more", 2.5, 0.4, True),
        ("more", 2.1, 0.2, None),
        ("at_least", 1.5, 0.4, False),
        ("at_most", 2.5, 0.4, False),
    ],
)
def test_a_number_with_an_error_decides_only_what_lies_on_one_side(
    word: str, value: float, off: float, wanted: bool | None
) -> None:
    node = Compare.model_validate({"compare": {"fact": "machine.distance_m", word: {"m": 2}}})
    assert holds(node, {"machine.distance_m": Reading(Amount(value, off))}, {}) is wanted


def test_what_is_known_to_be_none_is_compared_with_nothing() -> None:
    known = {"stop.ordered_at": Reading(None), "site.zone": Reading(None)}
    node = Compare.model_validate({"compare": {"fact": "site.zone", "is": "control"}})
    assert holds(node, known, {}) is None
    assert Within(fact="site.zone", of=["control"]).of == ["control"]
