"""The role book is data that is checked before it is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import CROSSING, PLATFORM, ROLE_NAMES, Role, Scope
from pipewarden.people.rules.roles_file import read_roles
from pipewarden.people.store import role_file

if TYPE_CHECKING:
    from tests.unit.people.conftest import City


@pytest.fixture
def document() -> dict:
    return yaml.safe_load(role_file.text())


def refused(document: dict) -> InputError:
    with pytest.raises(InputError) as caught:
        read_roles(yaml.safe_dump(document, allow_unicode=True), "roles.yaml")
    return caught.value


def test_the_shipped_book_describes_every_role_once() -> None:
    book = service.shipped_roles()
    assert set(book.roles) == set(Role)
    assert set(ROLE_NAMES) == set(Role)
    assert all(name.zh and name.en for name in ROLE_NAMES.values())
    assert book.effective_from.tzinfo is not None
    assert len(book.permissions) == 105


def test_every_permission_but_one_is_held_by_somebody() -> None:
    """Taking the whole network out needs two approvals (safety.md 2.6), so no role ships with it."""
    book = service.shipped_roles()
    held = {permission for permitted in book.roles.values() for permission in permitted}
    assert set(book.permissions) - held == {"network:export"}


def test_what_stays_with_its_roles_is_a_permission(document: dict) -> None:
    document["kept"].append("audit:fly")
    assert "audit:fly" in refused(document).problem


def test_only_the_two_wide_roles_reach_past_a_tenant() -> None:
    book = service.shipped_roles()
    crossing = {role for role, permitted in book.roles.items() if CROSSING & set(permitted.values())}
    assert crossing == {Role.PLATFORM_ADMIN, Role.REGULATOR}


def test_a_regulator_looks_and_answers_what_it_is_told() -> None:
    permitted = service.shipped_roles().roles[Role.REGULATOR]
    assert set(permitted.values()) == {Scope.TENANTS_IN_AREA}
    asked = {"government:answer"}  # what companies themselves have reported to the authority
    assert {permission.split(":")[1] for permission in permitted.keys() - asked} <= {"read", "export"}


def test_administrators_do_not_audit_and_auditors_do_not_act() -> None:
    roles = service.shipped_roles().roles
    for admin in (Role.PLATFORM_ADMIN, Role.TENANT_ADMIN, Role.SECURITY_ADMIN):
        assert not any(permission.startswith("audit:") for permission in roles[admin])
    acting = {permission.split(":")[1] for permission in roles[Role.AUDITOR]} - {"read", "verify"}
    assert acting == set()


def test_the_platforms_administrator_sees_no_alarm_and_no_picture() -> None:
    permitted = service.shipped_roles().roles[Role.PLATFORM_ADMIN]
    assert not {"alarm:read", "evidence:read", "evidence:original", "network:read", "report:read"} & set(permitted)


def test_residents_see_their_own_reports_and_nothing_else() -> None:
    for role in (Role.RESIDENT, Role.COMMERCIAL_USER, Role.CONTRACTOR, Role.OWNER, Role.EXPERT):
        permitted = service.shipped_roles().roles[role]
        shop = {"capability:read", "capability:review"} if role is Role.EXPERT else set()  # an expert reviews others'
        assert {scope for name, scope in permitted.items() if name not in shop} == {Scope.OWN}
        assert "alarm:read" not in permitted
        assert "network:read" not in permitted, "pipe geometry is not for the public"


def test_a_device_delivers_and_reads_nothing_of_others() -> None:
    assert service.shipped_roles().roles[Role.DEVICE] == {
        "capability:invoke": Scope.TENANT,  # another system calls what a demand pays for
        "intake:create": Scope.TENANT,
        "observation:create": Scope.TENANT,
        "observation:read": Scope.OWN,
        "patrol:walk": Scope.TENANT,  # a phone's own key brings its person's points
    }


def test_an_unknown_permission_is_named(document: dict) -> None:
    document["roles"]["patroller"]["area"].append("alarm:raed")
    error = refused(document)
    assert "alarm:raed" in error.problem
    assert "roles.patroller.area" in error.problem


def test_a_permission_has_one_scope_per_role(document: dict) -> None:
    document["roles"]["dispatcher"]["tenant"].append("alarm:read")
    assert "two scopes" in refused(document).problem


def test_a_missing_role_is_named(document: dict) -> None:
    del document["roles"]["locator"]
    assert "locator" in refused(document).problem


@pytest.mark.parametrize("key", ["rolez", "extra"])
def test_an_unknown_key_is_refused(document: dict, key: str) -> None:
    document[key] = {}
    assert refused(document).field == f"roles.yaml:{key}"


def test_an_unknown_scope_or_role_is_refused(document: dict) -> None:
    document["roles"]["patroller"]["galaxy"] = ["alarm:read"]
    assert "galaxy" in refused(document).field
    del document["roles"]["patroller"]["galaxy"]
    document["roles"]["emperor"] = {"platform": ["alarm:read"]}
    assert "emperor" in refused(document).field


def test_acting_on_other_tenants_is_refused(document: dict) -> None:
    document["roles"]["regulator"]["tenants_in_area"].append("alarm:merge")
    assert "only looking" in refused(document).problem


def test_a_device_never_reaches_past_its_tenant(document: dict) -> None:
    document["roles"]["device"] = {"tenants_in_area": ["observation:read"]}
    assert "device" in refused(document).problem


def test_what_is_not_yaml_is_named() -> None:
    with pytest.raises(InputError, match="not YAML"):
        read_roles("a: [", "roles.yaml")
    with pytest.raises(InputError) as caught:
        read_roles("[]", "roles.yaml")
    assert caught.value.field == "roles.yaml"


def test_the_book_is_imported_once(city: City) -> None:
    work = city.at(PLATFORM)
    assert service.import_roles(work) == len(Role)
    assert service.import_roles(work) == 0
    for role in Role:
        assert service.permitted(work, city.a.id, role) == service.shipped_roles().roles[role]
