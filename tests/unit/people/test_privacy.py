"""Rules of privacy as values: the policy file, the days, the grid, consents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.geo import distance_m
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ConsentError, ForbiddenError
from pipewarden.people.facts.privacy import DataClass, Fate, Kept, Mark, MarkKind, Purpose
from pipewarden.people.rules import retention as rules
from pipewarden.people.rules.privacy_file import FLOORS, read_privacy

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

SHIPPED = Path(people.__file__).parents[2] / "policy" / "privacy" / "CN.yaml"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def told() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return made


def refused(body: dict[str, Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        read_privacy(yaml.safe_dump(body, allow_unicode=True), "own.yaml")
    return caught.value


def test_the_shipped_policy_keeps_to_the_floors() -> None:
    policy = people.privacy_policy()
    assert set(policy.keeps) == set(DataClass) == set(FLOORS)
    for cls, (least, key) in FLOORS.items():
        keep = policy.keeps[cls]
        assert keep.kept >= keep.least >= least
        assert keep.kept_key >= keep.key >= key
        assert keep.most >= keep.kept_key
    assert policy.keeps[DataClass.LOGS].kept == 200
    assert policy.grid_m >= 100
    assert set(policy.forever) == {"audit", "consents", "proofs"}


@pytest.mark.parametrize(
    ("cls", "key", "days"),
    [
        ("looks", "least", 29),
        ("looks", "key", 89),
        ("logs", "least", 183),
        ("evidence", "kept", 1094),
        ("sent", "most", 1),
    ],
)
def test_a_file_under_the_law_is_refused(cls: str, key: str, days: int) -> None:
    body = told()
    body["retention"][cls][key] = days
    assert f"retention.{cls}.{key}" in refused(body).field


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("mask", "face", 0.5),
        ("mask", "person", 0.3),
        ("mask", "head", 0.1),
        ("mask", "plate", 0.8),
        ("mask", "margin", 0.0),
        ("grid", "metres", 99.9),
    ],
)
def test_a_file_that_paints_less_or_points_closer_is_refused(part: str, key: str, value: float) -> None:
    body = told()
    body[part][key] = value
    assert f"{part}.{key}" in refused(body).field


def test_a_misspelt_key_a_missing_class_and_no_yaml_are_refused() -> None:
    body = told()
    body["retension"] = {}
    assert "retension" in refused(body).field
    body = told()
    del body["retention"]["tracks"]
    assert "tracks" in refused(body).problem
    body = told()
    del body["purposes"]["training"]
    assert "training" in refused(body).problem
    with pytest.raises(InputError, match="no YAML"):
        read_privacy("{", "own.yaml")


def item(**more: Any) -> Kept:
    plain = Kept(DataClass.LOOKS, "a", "a", NOW, frozenset({"camera:1"}))
    return replace(plain, **more)


def mark(kind: MarkKind, subject: str, cls: DataClass | None = None) -> Mark:
    nobody: Any = None
    return Mark(nobody, nobody, kind, cls, subject, "why", NOW, nobody)


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(-1, 1))
def test_due_is_to_the_microsecond(days: int, key_days: int, step: int) -> None:
    at = NOW + timedelta(days=days, microseconds=step)
    assert (rules.fate(item(), (days, key_days), [], at) is Fate.DUE) is (step >= 0)
    key = [mark(MarkKind.KEY, "camera:1")]
    then = NOW + timedelta(days=key_days, microseconds=step)
    assert (rules.fate(item(), (days, key_days), key, then) is Fate.DUE) is (step >= 0)


def test_a_hold_names_a_thing_a_class_or_everything() -> None:
    late = NOW + timedelta(days=9999)
    for held in (
        mark(MarkKind.HOLD, "*"),
        mark(MarkKind.HOLD, "camera:1"),
        mark(MarkKind.HOLD, "*", DataClass.LOOKS),
    ):
        assert rules.fate(item(), (30, 90), [held], late) is Fate.HELD
    for other in (mark(MarkKind.HOLD, "camera:2"), mark(MarkKind.HOLD, "*", DataClass.LOGS)):
        assert rules.fate(item(), (30, 90), [other], late) is Fate.DUE


@given(st.floats(-179.9, 179.9), st.floats(-85, 85), st.sampled_from([100.0, 250.0, 1000.0]))
def test_a_public_place_is_the_middle_of_a_square_of_the_grid(lon: float, lat: float, metres: float) -> None:
    shown = people.on_grid(lon, lat, metres)
    assert people.on_grid(*shown, metres) == shown, "asked again it stays"
    assert distance_m((lon, lat), shown) <= metres * 0.75 + 2
    beside = people.on_grid(shown[0], shown[1] + metres / 110_574, metres)
    assert distance_m(shown, beside) >= metres - 2


def test_neighbours_of_one_square_read_the_same() -> None:
    lon, lat = people.on_grid(116.39, 39.91)
    around = {people.on_grid(lon + dx, lat + dy) for dx in (-4e-4, 0, 4e-4) for dy in (-3e-4, 0, 3e-4)}
    assert around == {(lon, lat)}


@pytest.mark.parametrize(("lon", "lat", "metres"), [(0, 0, 99), (0, 0, float("nan")), (181, 0, 100), (0, 91, 100)])
def test_a_finer_grid_and_no_place_are_refused(lon: float, lat: float, metres: float) -> None:
    with pytest.raises(InputError):
        people.on_grid(lon, lat, metres)


def somebody(work: Work) -> Actor:
    return replace(people.operator(work.tenant_id), kind=ActorKind.PERSON, id=work.ids.new(), grants=())


def test_a_consent_is_for_a_purpose_and_a_version_and_can_be_taken_back(work: Work) -> None:
    me = somebody(work)
    assert not people.consented(work, me.id, Purpose.LOCATION)
    with pytest.raises(InputError, match="not the text that is shown now"):
        people.say_consent(work, me, Purpose.LOCATION, 2, given=True)
    people.say_consent(work, me, Purpose.LOCATION, 1, given=True)
    assert people.consented(work, me.id, Purpose.LOCATION)
    assert not people.consented(work, me.id, Purpose.TRAINING)
    people.say_consent(work, me, Purpose.LOCATION, 1, given=False)
    assert not people.consented(work, me.id, Purpose.LOCATION)
    assert [one.given for one in people.consents_of(work, me)] == [True, False]
    assert people.consents_of(work, somebody(work)) == []


def test_what_needs_a_consent_is_refused_with_the_purpose_and_the_version_to_agree_to(work: Work) -> None:
    me = somebody(work)
    with pytest.raises(ConsentError) as caught:
        people.require_consent(work, me.id, Purpose.LOCATION)
    assert caught.value.more == {"code": "consent", "purpose": "location", "version": 1}
    assert caught.value.field == "consent.location"
    assert "/v1/me/consents" in caught.value.fix
    people.say_consent(work, me, Purpose.LOCATION, 1, given=True)
    people.require_consent(work, me.id, Purpose.LOCATION)
    with pytest.raises(ConsentError, match="training"):
        people.require_consent(work, me.id, Purpose.TRAINING)
    with pytest.raises(ConsentError):
        people.require_consent(work, somebody(work).id, Purpose.LOCATION)
    people.say_consent(work, me, Purpose.LOCATION, 1, given=False)
    with pytest.raises(ConsentError):
        people.require_consent(work, me.id, Purpose.LOCATION)


def test_a_new_text_asks_anew(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    me = somebody(work)
    people.say_consent(work, me, Purpose.LOCATION, 1, given=True)
    policy = people.privacy_policy()
    newer = policy.purposes | {Purpose.LOCATION: replace(policy.purposes[Purpose.LOCATION], version=2)}
    changed = replace(policy, purposes=newer)
    monkeypatch.setattr("pipewarden.people.service.consents.privacy_policy", lambda: changed)
    with pytest.raises(ConsentError, match="version 2"):
        people.require_consent(work, me.id, Purpose.LOCATION)


def test_only_a_person_consents_and_asks_to_be_forgotten_once(work: Work) -> None:
    root = people.operator(work.tenant_id)
    for act in (
        lambda: people.say_consent(work, root, Purpose.CONTACT, 1, given=True),
        lambda: people.consents_of(work, root),
        lambda: people.ask_erasure(work, root),
    ):
        with pytest.raises(ForbiddenError):
            act()
    me = somebody(work)
    asked = people.ask_erasure(work, me, " please ")
    assert (asked.words, asked.due_at - asked.asked_at) == ("please", timedelta(days=15))
    with pytest.raises(RefusedError):
        people.ask_erasure(work, me)
    done = people.refuse_erasure(work, root, asked.id, reason="合同尚未履行完毕")
    assert (done.state.value, people.erasures_of(work, me)[0].reason) == ("refused", "合同尚未履行完毕")
    people.ask_erasure(work, me)
