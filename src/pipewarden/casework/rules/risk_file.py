"""Reading ``policy/risk``: weights that would let a graver thing count less than a milder one are refused."""

from __future__ import annotations

from datetime import date, time
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.casework.facts import FACTORS, RiskBand, RiskPolicy, Weight
from pipewarden.casework.rules.lines import Lines, zone_of
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

MOST_POINTS, LEAST_TIMES, MOST_TIMES = 100.0, 0.1, 2.0
_UNKNOWN = "unknown"
# each may not count less than the next one: what the file says, hypothesis holds against the rules
GRAVER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "works": ((_UNKNOWN, "excavator"), (_UNKNOWN, "loader_dozer"), (_UNKNOWN, "dump_truck")),
    "zone": ((_UNKNOWN, "protection", "control_near", "control_far", "outside"),),
    "pressure": ((_UNKNOWN, "high", "sub_high", "medium", "low"),),
    "papers": (("unfiled", "filed", "briefed", "standby"),),
    "time": (("night", "working"), ("rest_day", "working")),
    "machines": (("many", "several", "one"),),
    "moved": (("moved", "none_agreed"), ("moved", "in_place")),
    "material": (("pe", "other"),),
    "map": (("unsure", "sure"),),
    "compound": (("inside", "outside"),),
    "threshold": (("below", "listed"),),
    "contractor": (("strikes", "marked", "ordinary", "good"),),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Weight(_Strict):
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=2)]
    source: Annotated[str, Field(pattern=r"^(domain\.md \d|product default, not law)")]


class _Night(_Strict):
    begins: Annotated[time, Field(alias="from")]
    ends: Annotated[time, Field(alias="to")]


class _Band(_Strict):
    level: Annotated[int, Field(ge=1, le=4)]
    least: Annotated[float, Field(alias="from", ge=0, allow_inf_nan=False)]
    below: Annotated[float | None, Field(allow_inf_nan=False)]
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=2)]
    source: Annotated[str, Field(pattern=r"^(domain\.md \d|product default, not law)")]


class _File(_Strict):
    policy: Literal["CN"]  # one for every place: a second one would hold everywhere from its day on
    version: Annotated[str, Field(min_length=2)]
    since: date
    source: Annotated[str, Field(min_length=10)]
    zone: str
    night: _Night
    near_m: Annotated[float, Field(gt=0, le=50, allow_inf_nan=False)]
    moved_m: Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]
    unsure_m: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
    several: Annotated[int, Field(ge=2, le=50)]
    many: Annotated[int, Field(ge=3, le=100)]
    factors: dict[str, dict[str, _Weight]]
    levels: Annotated[list[_Band], Field(min_length=4, max_length=4)]


def read_risk(text: str, name: str) -> RiskPolicy:
    """Return the policy of a file (``text`` is YAML, ``name`` its name for the errors).

    Raises:
        InputError: the field is ``name:line: path``; a key is misspelt or missing, a weight is out of range or would
            let a graver thing count less, unknown is the mildest, the levels overlap or leave a gap.
    """
    lines = Lines(text, name)
    try:
        given = _File.model_validate(lines.body)
    except ValidationError as error:
        order = {"extra_forbidden": 0, "missing": 2}  # the misspelt key, before the one that is missing for its sake
        first = min(error.errors(), key=lambda one: order.get(one["type"], 1))
        raise lines.wrong(first["loc"], str(first["msg"]), _fix(first)) from error
    _check_factors(lines, given)
    _check_levels(lines, given)
    if given.many <= given.several:
        raise lines.wrong(("many",), "is not more than several", "Give a larger number.")
    if given.night.begins == given.night.ends:
        raise lines.wrong(("night",), "ends when it begins", "Give the hours of the night.")
    weights = {
        factor: {key: Weight(one.weight, one.zh, one.en, one.source) for key, one in given.factors[factor].items()}
        for factor in FACTORS
    }
    return RiskPolicy(
        policy=given.policy,
        version=given.version,
        since=given.since,
        zone=zone_of(lines, given.zone),
        night=(given.night.begins, given.night.ends),
        near_m=given.near_m,
        moved_m=given.moved_m,
        unsure_m=given.unsure_m,
        several=given.several,
        many=given.many,
        weights=weights,
        bands=tuple(RiskBand(one.level, one.least, one.zh, one.en, one.source) for one in given.levels),
    )


def read_risk_policies(files: Sequence[tuple[str, str]]) -> tuple[RiskPolicy, ...]:
    """Return the policies of (file name, text); one holds until the next begins.

    Raises:
        InputError: as ``read_risk``; two begin on one day or bear one version; there is none.
    """
    found: list[RiskPolicy] = []
    for name, text in files:
        one = read_risk(text, name)
        if any(other.since == one.since for other in found):
            raise InputError(field=f"{name}: since", problem="another policy begins on that day", fix="Move one.")
        if any(other.version == one.version for other in found):
            raise InputError(field=f"{name}: version", problem=f"{one.version} stands twice", fix="Give it its own.")
        found.append(one)
    if not found:
        raise InputError(field="policy/risk", problem="holds no policy", fix="Put the shipped one back.")
    return tuple(found)


def _check_factors(lines: Lines, given: _File) -> None:
    _same_keys(lines, ("factors",), given.factors, list(FACTORS))
    for factor, kind in FACTORS.items():
        of = given.factors[factor]
        _same_keys(lines, ("factors", factor), of, [one.value for one in kind])
        least, most = (1.0, MOST_POINTS) if factor == "works" else (LEAST_TIMES, MOST_TIMES)
        for key, one in of.items():
            if not least <= one.weight <= most:
                raise lines.wrong(
                    ("factors", factor, key, "weight"),
                    f"{one.weight:g} is out of range",
                    f"Give a number from {least:g} to {most:g}.",
                )
        for chain in GRAVER[factor]:
            for graver, milder in pairwise(chain):
                if of[graver].weight < of[milder].weight:
                    said = f"{graver} counts less than {milder}, which is no graver"
                    raise lines.wrong(
                        ("factors", factor, graver, "weight"), said, f"Give {of[milder].weight:g} or more."
                    )
        mildest = min(one.weight for key, one in of.items() if key != _UNKNOWN)
        if _UNKNOWN in of and of[_UNKNOWN].weight <= mildest:
            where = ("factors", factor, _UNKNOWN, "weight")
            raise lines.wrong(
                where, "is the mildest: what is not known may be anything", f"Give more than {mildest:g}."
            )


def _check_levels(lines: Lines, given: _File) -> None:
    if [one.level for one in given.levels] != [1, 2, 3, 4]:
        raise lines.wrong(("levels",), "are not 1, 2, 3, 4 in this order", "Write each level once, the gravest first.")
    if given.levels[0].below is not None:
        raise lines.wrong(("levels", 0, "below"), "ends the gravest level", "Write null: it has no end.")
    for number, (graver, milder) in enumerate(pairwise(given.levels), start=1):
        if milder.below != graver.least:
            gap = milder.below is not None and milder.below < graver.least
            said = f"leaves a gap to level {graver.level}" if gap else f"overlaps level {graver.level}"
            raise lines.wrong(("levels", number, "below"), said, f"Give {graver.least:g}, where it begins.")
        if milder.least >= graver.least:
            raise lines.wrong(("levels", number, "from"), "is not less than below", "Give a smaller number.")
    if given.levels[-1].least > 0:
        raise lines.wrong(("levels", 3, "from"), "leaves low scores without a level", "Give 0.")


def _same_keys(lines: Lines, path: tuple[str, ...], of: Mapping[str, object], wanted: Sequence[str]) -> None:
    for key in of:
        if key not in wanted:
            near = get_close_matches(key, wanted, n=1)
            fix = f"Did you mean {near[0]}?" if near else f"Take one of {', '.join(wanted)}."
            raise lines.wrong((*path, key), f"{key!r} is not known", fix)
    missing = [key for key in wanted if key not in of]
    if missing:
        raise lines.wrong(path, f"{missing[0]} is missing", f"Write {missing[0]} with its weight and source.")


def _fix(error: Any) -> str:
    if error["type"] == "missing":
        return "Write it."
    if error["type"] == "extra_forbidden":
        known = [*_File.model_fields, *_Weight.model_fields, *_Band.model_fields, "from", "to"]
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        return f"Did you mean {near[0]}?" if near else "Remove it."
    if error["loc"] and error["loc"][-1] == "source":
        return "Name the section, like domain.md 5.4, or write: product default, not law."
    return "Correct it; docs/risk.md says what it holds."
