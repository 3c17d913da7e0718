"""Who owes a second factor, what a session lacks, what waits; recovery codes; the policy's file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.adapters.qr import qr_of
from pipewarden.people.facts import PLATFORM, FactorPolicy, Grant, Lack, Role, Scope
from pipewarden.people.rules import factor, recovery
from pipewarden.people.store import role_file

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ME, YOU = UUID(int=7), UUID(int=8)
STAFF = {
    Role.PLATFORM_ADMIN,
    Role.TENANT_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDITOR,
    Role.SAFETY_MANAGER,
    Role.DISPATCHER,
    Role.PATROLLER,
    Role.REGULATOR,
}


@pytest.fixture
def policy() -> FactorPolicy:
    return service.factor_policy(NOW)


def grant(permission: str, role: Role = Role.PATROLLER) -> Grant:
    return Grant(permission, Scope.TENANT, PLATFORM, None, role)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DEVICE])
def test_whoever_manages_or_decides_owes_a_second_factor(policy: FactorPolicy, role: Role) -> None:
    """By hand beside the data: a change of either is made here too, by somebody who means it."""
    permitted = service.shipped_roles().roles[role]
    assert factor.role_owes(policy, role, permitted) is (role in STAFF)
    assert factor.owes(policy, [grant(one, role) for one in permitted]) is (role in STAFF)


def test_a_device_owes_none_whatever_it_may_do(policy: FactorPolicy) -> None:
    assert not factor.role_owes(policy, Role.DEVICE, ["camera:manage"])


def test_a_tenants_own_version_of_a_role_counts(policy: FactorPolicy) -> None:
    assert not factor.owes(policy, [grant("site:work", Role.LOCATOR)])
    assert factor.owes(policy, [grant("site:work", Role.LOCATOR), grant("filing:decide", Role.LOCATOR)])


def test_nobody_holds_a_step_up_permission_without_owing_a_factor(policy: FactorPolicy) -> None:
    """Else there would be acts that their holders can never do.

    But for a withdrawal: whoever has a wallet may set a factor up when they first want money, and a resident who wants
    none is never asked for one, or their reports would wait for it.
    """
    for role, permitted in service.shipped_roles().roles.items():
        if set(permitted) & set(policy.step_up) - {"wallet:withdraw"}:
            assert factor.role_owes(policy, role, permitted), role


def test_the_grave_acts_are_these(policy: FactorPolicy) -> None:
    assert set(policy.step_up) == {
        "membership:grant",
        "role:edit",
        "person:manage",
        "factor:reset",
        "api_key:manage",
        "camera:credential",
        "network:activate",
        "network:export",
        "evidence:original",
        "evidence:export",
        "finance:manage",
        "commission:publish",
        "capability:manage",
        "reward:decide",
        "wallet:withdraw",
    }
    assert all(policy.step_up.values()), "each with its reason"


BASE = {"confirmed": False, "given_at": None, "must_change": False, "owing": True, "enrol_by": None, "now": NOW}


@pytest.mark.parametrize(
    ("known", "lack"),
    [
        ({}, None),
        ({"enrol_by": NOW + timedelta(seconds=1)}, None),
        ({"enrol_by": NOW}, Lack.ENROLMENT),
        ({"enrol_by": NOW - timedelta(days=1), "owing": False}, None),
        ({"must_change": True, "enrol_by": NOW}, Lack.PASSWORD),
        ({"confirmed": True}, Lack.FACTOR),
        ({"confirmed": True, "owing": False}, Lack.FACTOR),
        ({"confirmed": True, "must_change": True}, Lack.FACTOR),
        ({"confirmed": True, "must_change": True, "given_at": NOW}, Lack.PASSWORD),
        ({"confirmed": True, "given_at": NOW - timedelta(hours=9), "enrol_by": NOW - timedelta(days=1)}, None),
    ],
)
def test_what_a_session_lacks(known: dict, lack: Lack | None) -> None:
    assert factor.lack_of(**(BASE | known)) is lack


@pytest.mark.parametrize(
    ("ago", "is_fresh"), [(None, False), (0, True), (599, True), (600, False), (601, False), (-1, False)]
)
def test_fresh_for_ten_minutes_and_not_from_the_future(ago: int | None, *, is_fresh: bool) -> None:
    given_at = None if ago is None else NOW - timedelta(seconds=ago)
    assert factor.fresh(given_at, NOW, timedelta(minutes=10)) is is_fresh


def test_grants_are_parted_and_none_is_lost(policy: FactorPolicy) -> None:
    grants = [grant("alarm:read"), grant("evidence:export"), grant("role:edit")]
    held, waiting = factor.split(policy, grants, is_fresh=False)
    assert [one.permission for one in held] == ["alarm:read"]
    assert [one.permission for one in waiting] == ["evidence:export", "role:edit"]
    assert factor.split(policy, grants, is_fresh=True) == (tuple(grants), ())


def document() -> dict:
    return yaml.safe_load(role_file.text(role_file.SIGN_IN))


def read(changed: dict) -> tuple[FactorPolicy, ...]:
    known = service.shipped_roles().permissions
    return factor.read_policy(yaml.safe_dump(changed, allow_unicode=True), "sign_in.yaml", known)


def test_the_version_of_the_day_holds() -> None:
    old = document()
    new = old["versions"][0] | {"effective_from": date(2027, 1, 1), "grace_days": 0}
    versions = read(old | {"versions": [old["versions"][0], new]})
    for day, grace in ((date(2025, 1, 1), 7), (date(2026, 12, 31), 7), (date(2027, 1, 1), 0), (date(2030, 1, 1), 0)):
        assert factor.in_force(versions, day).grace == timedelta(days=grace)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grace_days": 31}, "grace_days"),
        ({"grace_days": -1}, "grace_days"),
        ({"acts": []}, "acts"),
        ({"step_up": {}}, "step_up"),
        ({"step_up": {"alarm:raed": "x"}}, "alarm:raed"),
        ({"roles": ["emperor"]}, "roles"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_that_breaks_a_rule_is_named(change: dict, said: str) -> None:
    broken = document()
    broken["versions"][0] |= change
    with pytest.raises(InputError) as caught:
        read(broken)
    assert said in str(caught.value)


def test_days_that_do_not_rise_and_what_is_no_yaml_are_refused() -> None:
    twice = document()
    with pytest.raises(InputError, match="do not rise"):
        read(twice | {"versions": twice["versions"] * 2})
    with pytest.raises(InputError, match="not YAML"):
        factor.read_policy("a: [", "sign_in.yaml", [])


@given(st.binary(min_size=100, max_size=100))
def test_recovery_codes_are_read_however_they_are_typed(entropy: bytes) -> None:
    codes = recovery.codes_of(entropy)
    assert len(codes) == 10
    for one in codes:
        assert len(one) == 19
        kept = recovery.digest_of(ME, one)
        assert kept is not None
        for typed in (one.upper(), one.replace("-", ""), one.replace("-", " "), one.replace("o", "0")):
            assert recovery.digest_of(ME, typed) == kept
        assert recovery.digest_of(YOU, one) != kept, "another person's equal code is another one"


@pytest.mark.parametrize(
    "text", ["", "123456", "abcd-efgh-ijkl", "abcd-efgh-ijkl-mnop-q", "ａbcd-efgh-ijkl-mnop", "!" * 16]
)
def test_what_is_no_recovery_code_has_no_digest(text: str) -> None:
    assert recovery.digest_of(ME, text) is None


def test_the_picture_is_one_element_without_anything_that_runs() -> None:
    drawn = qr_of("otpauth://totp/x?secret=GEZDGNBV")
    assert drawn.startswith("<svg")
    assert "<script" not in drawn
    assert "GEZDGNBV" not in drawn
