"""A file of weights with a slip in it is refused with its line, its path and the fix; the shipped one is whole."""

from __future__ import annotations

import pytest

from pipewarden.casework.facts import FACTORS
from pipewarden.casework.rules.risk_file import GRAVER, read_risk, read_risk_policies
from pipewarden.casework.store import RISK_FILE, shipped_risk
from pipewarden.kit.errors import InputError

SHIPPED = RISK_FILE.read_text(encoding="utf-8")
HIGH = 'high: {weight: 1.3, zh: 高压, en: "high", source: "domain.md 5.4"}'


def test_the_shipped_weights_are_those_of_the_domain() -> None:
    (policy,) = shipped_risk()
    weights = {factor: {key: one.weight for key, one in of.items()} for factor, of in policy.weights.items()}
    assert weights["works"] == {
        "boring": 95, "drilling": 92, "piling": 92, "excavator": 90, "breaker": 85, "open_trench": 85,
        "loader_dozer": 60, "roller": 50, "crane": 45, "dump_truck": 40, "manual": 35, "hoarding": 30, "crew": 20,
        "unknown": 90,
    }  # fmt: skip
    assert weights["zone"] == {
        "protection": 1.0, "control_near": 0.7, "control_far": 0.4, "outside": 0.15, "unknown": 1.0
    }  # fmt: skip
    assert weights["pressure"] == {"low": 0.8, "medium": 1.0, "sub_high": 1.15, "high": 1.3, "unknown": 1.3}
    assert weights["papers"] == {"unfiled": 1.3, "filed": 1.2, "briefed": 0.8, "standby": 0.6}
    assert weights["contractor"] == {"strikes": 1.3, "marked": 1.15, "ordinary": 1.02, "good": 1.0, "unknown": 1.05}
    for factor, value, weight in (
        ("material", "pe", 1.1), ("map", "unsure", 1.15), ("compound", "inside", 1.2), ("threshold", "below", 1.2),
    ):  # fmt: skip
        assert weights[factor][value] == weight
        assert min(weights[factor].values()) == 1.0 < weights[factor]["unknown"]
    assert (weights["time"]["night"], weights["moved"]["moved"]) == (1.15, 1.3)
    assert [(one.level, one.least) for one in policy.bands] == [(1, 80.0), (2, 60.0), (3, 35.0), (4, 0.0)]
    assert set(GRAVER) == set(FACTORS) == set(weights)


def test_every_weight_names_its_source() -> None:
    (policy,) = shipped_risk()
    for of in policy.weights.values():
        for one in of.values():
            assert one.source.startswith(("domain.md 5.", "product default, not law"))


@pytest.mark.parametrize(
    ("old", "new", "path", "problem", "fix"),
    [
        ("excavator:", "excavater:", "factors.works.excavater", "is not known", "Did you mean excavator?"),
        ("  pressure:", "  presure:", "factors.presure", "is not known", "Did you mean pressure?"),
        (f"    {HIGH}\n", "", "factors.pressure", "high is missing", "Write high with its weight and source."),
        (HIGH, HIGH.replace("1.3", "1.1"), "factors.pressure.high.weight", "counts less than sub_high", "Give 1.15"),
        (HIGH, HIGH.replace("1.3", "2.5"), "factors.pressure.high.weight", "2.5 is out of range", "from 0.1 to 2"),
        (HIGH, HIGH.replace("1.3", "-1"), "factors.pressure.high.weight", "greater than 0", "docs/risk.md"),
        (HIGH, HIGH.replace("1.3", ".nan"), "factors.pressure.high.weight", "finite", "docs/risk.md"),
        (HIGH, HIGH.replace("weight", "wieght"), "factors.pressure.high.wieght", "Extra", "Did you mean weight?"),
        (HIGH, HIGH.replace("domain.md 5.4", "somebody"), "factors.pressure.high.source", "pattern", "product default"),
        (HIGH, f"{HIGH}\n    {HIGH}", "high", "stands twice", "Remove one."),
        ("boring: {weight: 95", "boring: {weight: 101", "factors.works.boring.weight", "out of range", "to 100"),
        ("night: {weight: 1.15", "night: {weight: 0.9", "factors.time.night.weight", "counts less", "Give 1 or more."),
        ("many: {weight: 1.2", "many: {weight: 1.05", "factors.machines.many.weight", "less than several", "1.1"),
        ("standby: {weight: 0.6", "standby: {weight: 0.9", "factors.papers.briefed.weight", "less than standby", "0.9"),
        ("unknown: {weight: 90", "unknown: {weight: 60", "factors.works.unknown.weight", "less than excavator", "90"),
        (
            "unknown: {weight: 1.1, zh: 台",
            "unknown: {weight: 1.0, zh: 台",
            "factors.machines.unknown.weight",
            "the mildest",
            "than 1",
        ),
        ("from: 60, below: 80", "from: 60, below: 85", "levels.1.below", "overlaps level 1", "Give 80"),
        ("from: 60, below: 80", "from: 60, below: null", "levels.1.below", "overlaps level 1", "Give 80"),
        ("from: 60, below: 80", "from: 60, below: 75", "levels.1.below", "leaves a gap to level 1", "Give 80"),
        ("from: 60, below: 80", "from: 80, below: 80", "levels.1.from", "is not less than below", "smaller"),
        ("from: 80, below: null", "from: 80, below: 100", "levels.0.below", "ends the gravest level", "null"),
        ("from: 0, below: 35", "from: 5, below: 35", "levels.3.from", "without a level", "Give 0."),
        ("level: 3,", "level: 2,", "levels", "are not 1, 2, 3, 4", "the gravest first"),
        ("many: 4", "many: 3\nmany: 4", "many", "stands twice", "Remove one."),
        ("several: 2", "several: 4", "many", "is not more than several", "larger"),
        ('to: "06:00"', 'to: "20:00"', "night", "ends when it begins", "night"),
        ("zone: Asia/Shanghai", "zone: Asia/Shangai", "zone", "is no time zone", "Asia/Shanghai"),
        ("policy: CN\n", "policy: CN-BJ\n", "policy", "'CN'", "docs/risk.md"),
        ("since: 2026-01-01", "since: soon", "since", "date", "docs/risk.md"),
        ("inside: {weight: 1.2", "inside: {weight: 0.9", "factors.compound.inside.weight", "less than outside", "1"),
        ("below: {weight: 1.2", "below: {weight: 0.9", "factors.threshold.below.weight", "less than listed", "1"),
        ("pe: {weight: 1.1", "pe: {weight: 0.9", "factors.material.pe.weight", "less than other", "Give 1"),
        ("unsure: {weight: 1.15", "unsure: {weight: 0.9", "factors.map.unsure.weight", "less than sure", "Give 1"),
        (
            "strikes: {weight: 1.3",
            "strikes: {weight: 1.1",
            "factors.contractor.strikes.weight",
            "less than marked",
            "1.15",
        ),
        ("good: {weight: 1.0", "good: {weight: 1.06", "factors.contractor.ordinary.weight", "less than good", "1.06"),
        ("unsure_m: 1.0", "unsure_m: 0", "unsure_m", "greater than 0", "docs/risk.md"),
        ("version: CN-risk@2\n", "", "the file", "Field required", "Write it."),
    ],
)
def test_a_slip_is_refused_with_path_problem_and_fix(old: str, new: str, path: str, problem: str, fix: str) -> None:
    assert old in SHIPPED
    with pytest.raises(InputError) as refused:
        read_risk(SHIPPED.replace(old, new, 1), "mine.yaml")
    field = refused.value.field
    assert field.startswith("mine.yaml:")
    assert field.endswith(f": {path}")
    assert problem in refused.value.problem
    assert fix in refused.value.fix


def test_a_slip_is_told_by_its_line() -> None:
    line = SHIPPED[: SHIPPED.index(HIGH)].count("\n") + 1
    with pytest.raises(InputError, match=f"mine.yaml:{line}: "):
        read_risk(SHIPPED.replace(HIGH, HIGH.replace("1.3", "9")), "mine.yaml")


@pytest.mark.parametrize("text", ["", "[]", "policy: [", "&a [*a]", "just words"])
def test_what_is_no_policy_at_all_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"mine\.yaml"):
        read_risk(text, "mine.yaml")


def test_two_policies_begin_on_two_days_under_two_versions() -> None:
    later = SHIPPED.replace("since: 2026-01-01", "since: 2027-01-01")
    assert len(read_risk_policies([("a", SHIPPED), ("b", later.replace("CN-risk@2", "CN-risk@3"))])) == 2
    with pytest.raises(InputError, match="b: version"):
        read_risk_policies([("a", SHIPPED), ("b", later)])
    with pytest.raises(InputError, match="b: since"):
        read_risk_policies([("a", SHIPPED), ("b", SHIPPED.replace("CN-risk@2", "CN-risk@3"))])
    with pytest.raises(InputError, match="holds no policy"):
        read_risk_policies([])
