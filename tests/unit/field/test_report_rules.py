"""What becomes of a report before the river has it, and the file of rules it goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.field.facts.reports import Kind, NewReport, Spot
from pipewarden.field.rules import reports as rules
from pipewarden.field.rules.report_policy import read_report_policy
from pipewarden.field.store import report_policy
from pipewarden.field.store.report_policy import shipped_reports
from pipewarden.kit.errors import InputError

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POLICY = shipped_reports()
HERE = Spot(116.7, 39.5, 8.0, "wgs84", "device")
NEW = NewReport(UUID(int=1), "digging", "挖机", HERE)


@given(st.integers(-900 * 86_400, 900 * 86_400))
def test_no_moment_lies_ahead_of_receipt_or_longer_back_than_a_draft_may_wait(seconds: int) -> None:
    said = NOW + timedelta(seconds=seconds)
    at, odd = rules.moment(said, NOW, POLICY)
    assert NOW - timedelta(days=POLICY.behind_days) <= at <= NOW
    assert (at == said) or (odd is not None) or (said > NOW)
    assert (odd is None) == (-POLICY.behind_days * 86_400 <= seconds <= POLICY.ahead_s)


def test_a_phone_that_says_nothing_is_taken_at_its_receipt() -> None:
    assert rules.moment(None, NOW, POLICY) == (NOW, None)


def test_a_picture_is_old_after_a_day() -> None:
    day = timedelta(hours=POLICY.old_picture_h)
    assert not rules.old_picture(None, NOW, POLICY)
    assert not rules.old_picture(NOW - day, NOW, POLICY)
    assert rules.old_picture(NOW - day - timedelta(seconds=1), NOW, POLICY)


def test_which_places_wait_for_a_person() -> None:
    assert rules.place_problem(None, POLICY) == rules.NO_PLACE
    assert rules.place_problem(HERE, POLICY) == ""
    assert rules.place_problem(replace(HERE, accuracy_m=POLICY.most_accuracy_m), POLICY) == ""
    assert "5000 m" in rules.place_problem(replace(HERE, accuracy_m=5000), POLICY)


@given(st.text(max_size=3000), st.text(max_size=400))
def test_the_rivers_words_are_never_empty_and_never_too_long(words: str, where: str) -> None:
    said = rules.river_words(Kind("digging", "挖土", "digs"), words, where)
    assert said.startswith("挖土")
    assert len(said) <= 2000
    assert "\n" not in said


def test_the_rivers_words_name_kind_words_and_place() -> None:
    kind = Kind("digging", "挖土", "digs")
    assert rules.river_words(kind, " 两台\n挖机 ", "和平路") == "挖土：两台 挖机（和平路）"
    assert rules.river_words(kind, "", "") == "挖土"


@pytest.mark.parametrize(
    "other",
    [
        replace(NEW, words="别的"),
        replace(NEW, kind="drilling"),
        replace(NEW, place=None),
        replace(NEW, place=replace(HERE, accuracy_m=9.0)),
        replace(NEW, place_words="和平路"),
        replace(NEW, pictures=(b"x",)),
        replace(NEW, taken_at=NOW),
        replace(NEW, nonce="n"),
        replace(NEW, contact="138"),
        replace(NEW, language="en"),
        replace(NEW, confirms=UUID(int=9)),
    ],
)
def test_a_draft_that_says_anything_else_is_another_report(other: NewReport) -> None:
    assert rules.content_of(other) != rules.content_of(NEW)
    assert rules.content_of(replace(NEW)) == rules.content_of(NEW)


def test_one_call_for_one_place_in_a_while() -> None:
    here, beside, far = (116.7, 39.5), (116.7005, 39.5), (116.71, 39.5)
    assert rules.calls_again(here, [], 150)
    assert not rules.calls_again(here, [beside], 150)
    assert rules.calls_again(far, [here, beside], 150)
    assert rules.calls_again(None, [here], 150), "nobody knows that it is the same"
    assert not rules.calls_again(None, [(None, None)], 150)
    assert rules.calls_again(here, [(None, None)], 150)


def said() -> dict[str, Any]:
    return dict(yaml.safe_load(report_policy._FILE.read_text(encoding="utf-8")))


def test_the_shipped_kinds_are_what_people_see() -> None:
    assert {one.kind for one in POLICY.kinds.values() if one.danger} == {"gas_smell", "pipe_hit"}
    assert {one.kind for one in POLICY.kinds.values() if one.indoor} == {"indoor_hazard"}
    assert "other" in POLICY.kinds
    assert POLICY.near.most == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kinds": []}, "kinds"),
        ({"kinds": [{"kind": "A!", "zh": "a", "en": "a"}]}, "kinds.0.kind"),
        ({"kinds": [{"kind": "same", "zh": "a", "en": "a"}] * 2}, "kinds"),
        ({"danger": {"zh": "快跑", "en": "run"}}, "danger"),
        ({"pace": {"device_hour": 0, "network_hour": 1, "calls_min": 1, "calls_m": 1}}, "pace.device_hour"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_slip_in_the_file_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as error:
        read_report_policy(said() | change, "CN.yaml")
    assert error.value.field == f"CN.yaml: {field}"


def test_the_file_as_it_is_shipped_is_read() -> None:
    assert read_report_policy(said(), "CN.yaml") == POLICY
