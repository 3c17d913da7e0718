"""The plain rules of giving rights: checked over every role and scope, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import (
    CROSSING,
    PLATFORM,
    Actor,
    ActorKind,
    AreaRef,
    ForbiddenError,
    Grant,
    Membership,
    NewMembership,
    NotFoundError,
    Role,
    Scope,
    ScopedRow,
)
from pipewarden.people.rules import access

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
A, B, ME, YOU = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
NORTH, SOUTH = AreaRef(PLATFORM, "aa/bb/"), AreaRef(PLATFORM, "aa/cc/")
TREE = ["aa/", "aa/bb/", "aa/bb/dd/", "aa/cc/", "ee/"]


def actor(*grants: Grant, memberships: tuple[Membership, ...] = ()) -> Actor:
    return Actor(ActorKind.PERSON, ME, "me", A, memberships=memberships, grants=grants)


def grant(permission: str, scope: Scope, tenant: UUID = A, path: str | None = None) -> Grant:
    return Grant(permission, scope, tenant, path, Role.TENANT_ADMIN)


def wanted(role: Role = Role.DISPATCHER, tenant: UUID = A, person: UUID = YOU, **more: object) -> NewMembership:
    return NewMembership(person, tenant, role, NOW, **more)


def membership(role: Role, path: str | None = None, tenant: UUID = A) -> Membership:
    return Membership(UUID(int=9), ME, tenant, role, NOW, None, None, None, path)


rows = st.builds(
    ScopedRow,
    tenant_id=st.sampled_from([A, B, PLATFORM]),
    owner_id=st.sampled_from([ME, YOU, None]),
    areas=st.lists(st.builds(AreaRef, st.sampled_from([A, B, PLATFORM]), st.sampled_from(TREE)), max_size=3).map(tuple),
)
grants = st.builds(
    Grant,
    permission=st.sampled_from(["alarm:read", "alarm:merge"]),
    scope=st.sampled_from(Scope),
    tenant_id=st.sampled_from([A, B, PLATFORM]),
    area_path=st.sampled_from([None, *TREE]),
    role=st.just(Role.DISPATCHER),
)


@given(st.lists(grants, max_size=5), rows)
def test_more_grants_never_take_anything_away(held: list[Grant], row: ScopedRow) -> None:
    for count in range(len(held)):
        if access.allows(actor(*held[:count]), "alarm:read", row):
            assert access.allows(actor(*held), "alarm:read", row)


@given(grants, rows)
def test_one_permission_never_speaks_for_another(held: Grant, row: ScopedRow) -> None:
    other = {"alarm:read": "alarm:merge", "alarm:merge": "alarm:read"}[held.permission]
    assert not access.allows(actor(held), other, row)


@given(st.lists(grants, max_size=5), rows)
def test_without_a_crossing_scope_no_foreign_row_is_reached(held: list[Grant], row: ScopedRow) -> None:
    inside = [one for one in held if one.scope not in CROSSING and one.tenant_id != PLATFORM]
    if access.allows(actor(*inside), "alarm:read", row):
        assert row.tenant_id in {one.tenant_id for one in inside}


@given(rows, st.sampled_from([A, B, PLATFORM]), st.sampled_from(TREE))
def test_wider_scopes_reach_at_least_as_far(row: ScopedRow, tenant: UUID, path: str) -> None:
    reach = {
        scope: access.allows(actor(grant("alarm:read", scope, tenant, path)), "alarm:read", row) for scope in Scope
    }
    assert not reach[Scope.AREA] or reach[Scope.TENANT]
    assert not reach[Scope.AREA] or reach[Scope.TENANTS_IN_AREA]
    assert reach[Scope.PLATFORM]
    assert all(not reach[scope] or reach[Scope.PLATFORM] for scope in Scope)


@given(rows, st.sampled_from(TREE), st.sampled_from(TREE))
def test_an_area_further_up_reaches_at_least_as_far(row: ScopedRow, upper: str, lower: str) -> None:
    if lower.startswith(upper):
        below = access.allows(actor(grant("alarm:read", Scope.AREA, A, lower)), "alarm:read", row)
        above = access.allows(actor(grant("alarm:read", Scope.AREA, A, upper)), "alarm:read", row)
        assert above or not below


def test_a_path_is_not_mistaken_for_a_longer_sister() -> None:
    """aa/b is no ancestor of aa/bb/: the slash at the end of every path keeps them apart."""
    held = actor(grant("alarm:read", Scope.AREA, A, "aa/bb/"))
    assert access.allows(held, "alarm:read", ScopedRow(A, areas=(AreaRef(PLATFORM, "aa/bb/dd/"),)))
    assert not access.allows(held, "alarm:read", ScopedRow(A, areas=(AreaRef(PLATFORM, "aa/bbb/"),)))


def test_grants_carry_the_place_of_their_membership() -> None:
    made = access.grants_of(
        [
            (membership(Role.DISPATCHER, "aa/"), {"alarm:read": Scope.AREA, "alarm:merge": Scope.AREA}),
            (membership(Role.RESIDENT, None, PLATFORM), {"report:read": Scope.OWN}),
        ]
    )
    assert [(one.permission, one.scope, one.tenant_id, one.area_path, one.role) for one in made] == [
        ("alarm:merge", Scope.AREA, A, "aa/", Role.DISPATCHER),
        ("alarm:read", Scope.AREA, A, "aa/", Role.DISPATCHER),
        ("report:read", Scope.OWN, PLATFORM, None, Role.RESIDENT),
    ]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DEVICE}))
def test_a_tenants_administrator_gives_every_role_of_the_tenant_and_no_other(role: Role) -> None:
    permitted = service.shipped_roles().roles[role]
    admin = actor(grant("membership:grant", Scope.TENANT))
    if CROSSING & set(permitted.values()):
        with pytest.raises(ForbiddenError):
            access.check_grant(admin, wanted(role, area_id=UUID(int=7)), permitted, NORTH)
    else:
        access.check_grant(admin, wanted(role, area_id=UUID(int=7)), permitted, NORTH)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DEVICE}))
def test_who_grants_inside_an_area_opens_no_more_of_the_tenant_than_they_see(role: Role) -> None:
    permitted = service.shipped_roles().roles[role]
    foreman = actor(
        grant("membership:grant", Scope.AREA, A, NORTH.path),
        grant("area:read", Scope.TENANT),
        grant("policy:read", Scope.TENANT),
        grant("system:read", Scope.TENANT),
        grant("contractor:read", Scope.TENANT),
        grant("contractor:appeal", Scope.TENANT),
        grant("intake:place", Scope.TENANT),
        grant("capability:read", Scope.TENANT),
        grant("capability:invoke", Scope.TENANT),
    )
    harmless = {
        Role.DISPATCHER,
        Role.PATROLLER,
        Role.STANDBY_SUPERVISOR,
        Role.LOCATOR,
        Role.GRID_WORKER,
        Role.PROPERTY_MANAGER,
        Role.OWNER,
        Role.CONTRACTOR,
        Role.SUPERVISING_ENGINEER,
        Role.COMMERCIAL_USER,
        Role.RESIDENT,
    }
    if role in harmless:
        access.check_grant(foreman, wanted(role, area_id=UUID(int=7)), permitted, NORTH)
        with pytest.raises(NotFoundError):
            access.check_grant(foreman, wanted(role, area_id=UUID(int=7)), permitted, SOUTH)
        with pytest.raises(NotFoundError):
            access.check_grant(foreman, wanted(role), permitted, None)
    else:
        with pytest.raises(ForbiddenError):
            access.check_grant(foreman, wanted(role, area_id=UUID(int=7)), permitted, NORTH)


def test_the_platforms_own_memberships_come_from_the_platform() -> None:
    permitted = service.shipped_roles().roles[Role.RESIDENT]
    admin, root = actor(grant("membership:grant", Scope.TENANT)), actor(grant("membership:grant", Scope.PLATFORM))
    on_platform = actor(grant("membership:grant", Scope.TENANT, PLATFORM))
    access.check_grant(root, wanted(Role.RESIDENT, PLATFORM), permitted, None)
    with pytest.raises(NotFoundError):
        access.check_grant(admin, wanted(Role.RESIDENT, PLATFORM), permitted, None)
    with pytest.raises(ForbiddenError):
        access.check_grant(on_platform, wanted(Role.RESIDENT, PLATFORM), permitted, None)


def test_an_area_of_another_tenant_is_no_area() -> None:
    permitted = service.shipped_roles().roles[Role.DISPATCHER]
    with pytest.raises(NotFoundError):
        access.check_grant(
            actor(grant("membership:grant", Scope.PLATFORM)), wanted(area_id=YOU), permitted, AreaRef(B, "aa/")
        )
    access.check_grant(
        actor(grant("membership:grant", Scope.PLATFORM)), wanted(area_id=YOU), permitted, AreaRef(A, "aa/")
    )


@pytest.mark.parametrize("held", list(Role))
def test_duties_that_stay_separate_never_meet(held: Role) -> None:
    book = service.shipped_roles()
    apart = {Role.AUDITOR, Role.PLATFORM_ADMIN, Role.SECURITY_ADMIN, Role.TENANT_ADMIN}
    for asked in set(Role) - {Role.DEVICE}:
        tenant = PLATFORM if asked in book.platform_roles else A
        if {held, asked} <= apart and held is not asked:
            with pytest.raises(RefusedError):
                access.check_role(book, wanted(asked, tenant), [held])
        else:
            access.check_role(book, wanted(asked, tenant), [held])
    with pytest.raises(InputError):
        access.check_role(book, wanted(Role.DEVICE), [held])


def test_an_old_meeting_of_duties_does_not_block_other_roles() -> None:
    access.check_role(service.shipped_roles(), wanted(Role.PATROLLER), [Role.AUDITOR, Role.TENANT_ADMIN])


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1)])
def test_a_membership_lasts(length: timedelta) -> None:
    with pytest.raises(InputError) as caught:
        access.check_role(service.shipped_roles(), wanted(ends_at=NOW + length), [])
    assert caught.value.field == "ends_at"
    access.check_role(service.shipped_roles(), wanted(ends_at=NOW + timedelta(seconds=1)), [])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DEVICE])
def test_a_role_may_be_the_platforms_or_not(role: Role) -> None:
    book = service.shipped_roles()
    if role in book.platform_roles:
        access.check_role(book, wanted(role, PLATFORM), [])
    else:
        with pytest.raises(InputError) as caught:
            access.check_role(book, wanted(role, PLATFORM), [])
        assert caught.value.field == "tenant_id"


@given(
    st.dictionaries(
        st.sampled_from(sorted(service.shipped_roles().permissions)), st.sampled_from(Scope), min_size=1, max_size=6
    ),
    st.sampled_from([role for role in Role if role is not Role.SECURITY_ADMIN]),
)
def test_an_edit_widens_nothing_past_the_tenant(permitted: dict[str, Scope], role: Role) -> None:
    book = service.shipped_roles()
    editor = actor(grant("role:edit", Scope.TENANT), memberships=(membership(Role.SECURITY_ADMIN),))
    widened = {
        name for name, scope in permitted.items() if scope in CROSSING and book.roles[role].get(name) is not scope
    }
    kept = book.kept & (set(permitted) - set(book.roles[role]))
    if widened or kept:
        with pytest.raises(RefusedError) as caught:
            access.check_edit(editor, book, role, permitted, tenant_edit=True)
        assert all(name in caught.value.problem for name in widened or kept)
    else:
        access.check_edit(editor, book, role, permitted, tenant_edit=True)
    access.check_edit(editor, book, role, permitted, tenant_edit=False)


@pytest.mark.parametrize("name", sorted(service.shipped_roles().kept))
def test_what_keeps_administrations_apart_is_given_by_no_edit(name: str) -> None:
    """Else a tenant's own people could read the record of what they do, or give themselves the rest."""
    book = service.shipped_roles()
    editor = actor(grant("role:edit", Scope.TENANT))
    ships = {role for role, permitted in book.roles.items() if name in permitted}
    assert ships <= {Role.AUDITOR, Role.SECURITY_ADMIN, Role.PLATFORM_ADMIN}
    for role in set(Role) - ships:
        with pytest.raises(RefusedError, match="separation"):
            access.check_edit(editor, book, role, {name: Scope.OWN}, tenant_edit=True)
    for role in ships - {Role.PLATFORM_ADMIN}:
        access.check_edit(editor, book, role, {name: Scope.OWN}, tenant_edit=True)


@given(
    st.dictionaries(st.sampled_from(["a:read", "b:read", "c:set"]), st.sampled_from(Scope)),
    st.dictionaries(st.sampled_from(["a:read", "b:read", "c:set"]), st.sampled_from(Scope)),
)
def test_a_change_says_all_that_differs_and_leads_from_one_to_the_other(
    before: dict[str, Scope], after: dict[str, Scope]
) -> None:
    added, removed = access.changed(before, after)
    held = {name: scope for name, scope in before.items() if (name, scope) not in removed}
    assert held | dict(added) == after
    assert (added == removed == ()) == (before == after)
    assert (access.seen_of(before) == access.seen_of(after)) == (before == after)


def test_nobody_edits_a_role_they_hold() -> None:
    book = service.shipped_roles()
    holder = actor(memberships=(membership(Role.DISPATCHER),))
    with pytest.raises(RefusedError, match="yourself"):
        access.check_edit(holder, book, Role.DISPATCHER, {}, tenant_edit=True)
    access.check_edit(service.operator(), book, Role.PLATFORM_ADMIN, {}, tenant_edit=False)
