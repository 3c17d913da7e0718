"""The frozen words of people: none can be changed, none shows a secret, each has its two names."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest

from pipewarden.kit.errors import PipewardenError
from pipewarden.people import facts
from pipewarden.people.facts import (
    PLATFORM,
    ROLE_NAMES,
    Actor,
    ActorKind,
    Area,
    ForbiddenError,
    Grant,
    MadeKey,
    NewPerson,
    NotFoundError,
    Role,
    Scope,
    SessionInfo,
    SignedIn,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
VALUES = [
    value
    for name in facts.__all__
    if isinstance(value := getattr(facts, name), type) and dataclasses.is_dataclass(value)
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_fact_is_frozen_and_slotted(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  dataclasses' own mark
    assert hasattr(value, "__slots__")
    assert value.__doc__


def test_every_word_of_a_list_is_lower_case() -> None:
    for name in facts.__all__:
        value = getattr(facts, name)
        if isinstance(value, type) and issubclass(value, StrEnum):
            assert all(str(member) == str(member).lower() for member in value)


def test_there_are_nineteen_roles_with_two_names_each() -> None:
    assert len(Role) == len(ROLE_NAMES) == 19
    assert len({name.zh for name in ROLE_NAMES.values()}) == 19
    assert len({name.en for name in ROLE_NAMES.values()}) == 19
    assert ROLE_NAMES[Role.SECURITY_ADMIN].zh == "安全管理员", "as GB/T 22239 calls the post"
    assert ROLE_NAMES[Role.OWNER].zh == "建设单位"
    assert ROLE_NAMES[Role.CONTRACTOR].zh == "施工单位"
    assert ROLE_NAMES[Role.SUPERVISING_ENGINEER].zh == "监理"


def test_scopes_are_five_and_two_reach_past_a_tenant() -> None:
    assert [str(scope) for scope in Scope] == ["own", "area", "tenant", "tenants_in_area", "platform"]
    assert {Scope.TENANTS_IN_AREA, Scope.PLATFORM} == facts.CROSSING


def test_no_repr_shows_a_secret() -> None:
    session = SessionInfo(PLATFORM, PLATFORM, PLATFORM, NOW, NOW, NOW, NOW, None, "192.0.2.1", "Firefox")
    shown = repr(
        [
            SignedIn(token="s3cret-token", csrf="s3cret-csrf", session=session, must_change=False),  # noqa: S106  made up
            NewPerson("li", "李", "s3cret-password"),
            MadeKey(key=None, text="s3cret-key"),  # type: ignore[arg-type]  only its repr is looked at
        ]
    )
    assert "s3cret" not in shown
    assert "192.0.2.1" in shown


def test_an_actor_answers_by_permission() -> None:
    read = Grant("alarm:read", Scope.AREA, UUID(int=1), "aa/", Role.DISPATCHER)
    wide = Grant("alarm:read", Scope.TENANT, UUID(int=1), None, Role.SAFETY_MANAGER)
    merge = Grant("alarm:merge", Scope.TENANT, UUID(int=1), None, Role.SAFETY_MANAGER)
    actor = Actor(ActorKind.PERSON, UUID(int=2), "x", UUID(int=1), grants=(read, wide, merge))
    assert actor.grants_for("alarm:read") == (read, wide)
    assert actor.grants_for("alarm:rea") == ()
    assert actor.permissions() == {"alarm:read", "alarm:merge"}
    assert "alarm:merge" not in repr(actor), "a log line needs no list of rights"


def test_depth_counts_from_the_root() -> None:
    area = Area(PLATFORM, PLATFORM, None, "aa/bb/", "k", "n", None, None, None, NOW)
    assert area.depth == 2
    assert dataclasses.replace(area, path="aa/").depth == 1


def test_the_two_refusals_are_of_the_house() -> None:
    absent, forbidden = NotFoundError.of("alarm"), ForbiddenError.of("alarm:merge")
    assert isinstance(absent, PipewardenError)
    assert isinstance(forbidden, PipewardenError)
    assert absent.as_dict() == NotFoundError.of("alarm").as_dict()
    assert forbidden.field == "alarm:merge"
    assert len({NotFoundError.exit_code, ForbiddenError.exit_code, PipewardenError.exit_code}) == 3
