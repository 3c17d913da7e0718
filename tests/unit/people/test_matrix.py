"""Role by permission by row: the matrix written by hand beside the role book, asked of the database (safety test Z1).

A change of ``policy/roles.yaml`` that touches one of these permissions must be made here too, by somebody who means it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert, select

from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ForbiddenError, Role
from pipewarden.people.store.scope import ScopedTable, scope_filter

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor

ROWS = Table(
    "people_test_matrix",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid),
    Column("area_path", Text),
    prefixes=["TEMPORARY"],
)
TABLE = ScopedTable(tenant_id=ROWS.c.tenant_id, owner_id=ROWS.c.owner_id, area_path=ROWS.c.area_path)

MINE, COLLEAGUE, BELOW = "mine, my area", "a colleague's, my area", "a colleague's, below my area"
OTHER_AREA, NOWHERE = "my tenant, other area", "my tenant, no area"
FOREIGN, FAR = "other tenant, my area", "other tenant, other area"
MINE_ABROAD = "mine, other tenant"

REACH = {
    "-": None,  # 403
    "O": {MINE},
    "o": {MINE, MINE_ABROAD},  # held for the whole platform
    "h": set(),  # a tenant's, held for the platform: its own rows alone
    "A": {MINE, COLLEAGUE, BELOW},
    "T": {MINE, COLLEAGUE, BELOW, OTHER_AREA, NOWHERE},
    "R": {MINE, COLLEAGUE, BELOW, FOREIGN},
    "P": {MINE, COLLEAGUE, BELOW, OTHER_AREA, NOWHERE, FOREIGN, FAR, MINE_ABROAD},
}
ORDER = [
    Role.PLATFORM_ADMIN,
    Role.TENANT_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDITOR,
    Role.SAFETY_MANAGER,
    Role.DISPATCHER,
    Role.PATROLLER,
    Role.STANDBY_SUPERVISOR,
    Role.LOCATOR,
    Role.REGULATOR,
    Role.GRID_WORKER,
    Role.PROPERTY_MANAGER,
    Role.OWNER,
    Role.CONTRACTOR,
    Role.SUPERVISING_ENGINEER,
    Role.COMMERCIAL_USER,
    Role.RESIDENT,
    Role.EXPERT,
]
#                           admins     au sm di pa st lo re gr pr   own con sup com res exp
MATRIX = {
    "alarm:read": "           - T -    T  T  A  A  A  A  R  A  -    -   -   -   -   -   -",
    "alarm:acknowledge": "    - - -    -  T  A  A  -  -  -  -  -    -   -   -   -   -   -",
    "alarm:merge": "          - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "alarm:split": "          - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "alarm:export": "         - - -    -  T  -  -  -  -  R  -  -    -   -   -   -   -   -",
    "review:read": "          - T -    T  T  A  A  -  -  -  -  -    -   -   -   -   -   -",
    "review:decide": "        - - -    -  T  A  A  -  -  -  -  -    -   -   -   -   -   -",
    "hold:set": "             - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "evidence:read": "        - - -    T  T  A  A  A  A  R  -  -    -   -   -   -   -   -",
    "evidence:original": "    - - -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "evidence:export": "      - - -    -  T  A  -  -  -  R  -  -    -   -   -   -   -   -",
    "network:read": "         - T -    T  T  A  A  A  A  -  -  -    -   -   -   -   -   -",
    "network:import": "       - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "network:activate": "     - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "network:decide": "       - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "network:export": "       - - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "camera:read": "          - T -    T  T  A  A  A  -  R  -  -    -   -   -   -   -   -",
    "camera:manage": "        - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "channel:read": "         - T -    T  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "channel:manage": "       - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "camera:credential": "    - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "report:create": "        - - -    -  T  A  A  A  A  -  A  A    O   o   o   O   o   o",
    "report:read": "          - - -    T  T  A  A  O  O  R  O  O    O   o   o   O   o   o",
    "intake:create": "        - - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "intake:place": "         - - -    -  T  T  -  -  -  -  -  -    -   -   -   -   -   -",
    "observation:create": "   - - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "observation:read": "     - - -    T  T  A  O  O  O  -  O  O    -   -   -   -   -   -",
    "person:read": "          P T T    T  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "person:manage": "        P T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "membership:grant": "     P - T    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "role:edit": "            P - T    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "session:revoke": "       P - T    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "factor:reset": "         - - T    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "api_key:manage": "       - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "tenant:manage": "        P - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "audit:read": "           - - -    T  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "audit:verify": "         - - -    T  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "switch:set": "           P T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "policy:edit": "          - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "roster:manage": "        - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "indoor:check": "         - - -    -  T  -  O  -  -  -  -  -    -   -   -   O   o   -",
    "indoor:read": "          - - -    -  T  -  O  -  -  -  -  -    -   -   -   O   o   -",
    "indoor:review": "        - - -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "duty:read": "            - T -    T  T  A  A  A  O  -  O  -    -   -   -   -   -   -",
    "duty:pause": "           - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "duty:shelve": "          - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "call:read": "            - O -    T  T  O  O  O  O  -  O  -    -   -   -   -   -   -",
    "call:acknowledge": "     - O -    -  T  O  O  O  O  -  O  -    -   -   -   -   -   -",
    "strike:read": "          - T -    T  T  A  A  A  A  R  A  O    O   o   o   O   o   o",
    "strike:work": "          - - -    -  T  A  A  A  A  -  -  -    -   -   -   -   -   -",
    "strike:decide": "        - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "outcome:read": "         - T -    T  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "shift:read": "           - - -    T  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "shift:write": "          - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "government:answer": "    - - -    -  -  -  -  -  -  R  -  -    -   -   -   -   -   -",
    "filing:create": "        - - -    -  T  A  -  -  -  -  -  O    O   o   o   -   -   -",
    "filing:read": "          - T -    T  T  A  A  A  A  R  A  O    O   o   o   -   -   -",
    "filing:answer": "        - - -    -  T  A  -  -  A  -  -  -    -   -   -   -   -   -",
    "contractor:read": "      - T -    T  T  T  T  -  -  -  -  -    -   o   -   -   -   -",
    "contractor:appeal": "    - - -    -  T  T  -  -  -  -  -  -    -   o   -   -   -   -",
    "contractor:decide": "    - - -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "filing:import": "        - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "document:issue": "       - - -    -  T  A  A  A  A  -  -  -    -   -   -   -   -   -",
    "document:read": "        - T -    T  T  A  A  A  A  R  -  -    -   -   -   -   -   -",
    "site:read": "            - T -    T  T  A  A  A  A  R  A  -    -   -   -   -   -   -",
    "site:work": "            - - -    -  T  A  A  A  A  -  -  -    -   -   -   -   -   -",
    "patrol:walk": "          - - -    -  -  -  O  -  -  -  -  -    -   -   -   -   -   -",
    "task:create": "          - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "task:answer": "          - - -    -  -  -  A  -  -  -  A  A    -   -   -   -   -   -",
    "site:decide": "          - - -    -  T  A  -  -  -  -  -  -    -   -   -   -   -   -",
    "finance:read": "         - T -    T  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "finance:manage": "       - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "reward:read": "          - T -    T  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "reward:decide": "        - - -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "finance:reconcile": "    P T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "expert:manage": "        P T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "commission:manage": "    - T -    -  T  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "commission:publish": "   - T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "commission:work": "      - - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   o",
    "capability:build": "     - - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   o",
    "capability:review": "    - - -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   h",
    "capability:manage": "    P T -    -  -  -  -  -  -  -  -  -    -   -   -   -   -   -",
    "capability:invoke": "    - T -    -  T  T  T  -  -  -  -  -    -   -   -   -   -   -",
    "wallet:use": "           - - -    -  -  -  O  O  O  -  O  O    -   -   -   O   o   o",
    "wallet:withdraw": "      - - -    -  -  -  O  O  O  -  O  O    -   -   -   O   o   o",
    "stream:read": "          - T -    -  T  A  A  A  -  R  -  -    -   -   -   -   -   -",
}
ON_PLATFORM = {
    Role.PLATFORM_ADMIN,
    Role.REGULATOR,
    Role.CONTRACTOR,
    Role.SUPERVISING_ENGINEER,
    Role.RESIDENT,
    Role.EXPERT,
}
WITH_AREA = {
    Role.DISPATCHER,
    Role.PATROLLER,
    Role.STANDBY_SUPERVISOR,
    Role.LOCATOR,
    Role.REGULATOR,
    Role.GRID_WORKER,
    Role.PROPERTY_MANAGER,
}


def member(city: City, role: Role) -> Actor:
    """Somebody in one role, working for tenant a, in the north where the role is bound to an area."""
    person = city.person()
    city.member(
        person,
        role,
        tenant=None if role in ON_PLATFORM else city.a,
        area=city.north if role in WITH_AREA else None,
    )
    found = service.actor_of(city.at(city.a.id), person.id)
    assert found is not None
    return found


def fill(city: City, actor: Actor) -> None:
    a, b, north, south, beat = city.a.id, city.b.id, city.north.path, city.south.path, city.beat.path
    other = UUID(int=4711)
    rows = [
        (MINE, a, actor.id, north),
        (COLLEAGUE, a, other, north),
        (BELOW, a, None, beat),
        (OTHER_AREA, a, other, south),
        (NOWHERE, a, other, None),
        (FOREIGN, b, other, north),
        (FAR, b, other, south),
        (MINE_ABROAD, b, actor.id, south),
    ]
    keys = ("name", "tenant_id", "owner_id", "area_path")
    city.work.session.execute(insert(ROWS), [dict(zip(keys, row, strict=True)) for row in rows])


def test_the_matrix_is_whole() -> None:
    assert set(ORDER) == set(Role) - {Role.DEVICE}
    assert all(len(cells.split()) == len(ORDER) for cells in MATRIX.values())
    acting = {p for p in service.shipped_roles().permissions if p.split(":")[1] != "read"}
    unreviewed = acting - set(MATRIX)
    assert unreviewed == {"area:manage", "organisation:manage"}, "every other right to act has a reviewed row"


@pytest.mark.parametrize("role", ORDER)
def test_a_role_reaches_what_the_matrix_says_and_nothing_more(city: City, role: Role) -> None:
    actor = member(city, role)
    session = city.work.session
    ROWS.create(session.connection())
    fill(city, actor)
    for permission, cells in MATRIX.items():
        expected = REACH[cells.split()[ORDER.index(role)]]
        if expected is None:
            with pytest.raises(ForbiddenError):
                scope_filter(actor, permission, TABLE)
            continue
        seen = set(session.scalars(select(ROWS.c.name).where(scope_filter(actor, permission, TABLE))))
        assert seen == expected, f"{role} {permission}"


def test_a_device_reaches_its_own_and_its_tenant(city: City) -> None:
    made = service.make_key(
        city.at(city.a.id),
        city.gate,
        city.root,
        "box",
        permissions=["observation:create", "observation:read"],
        expires_at=city.work.now() + timedelta(days=1),
    )
    device = service.actor_by_key(city.work.session, made.text, city.work.now())
    assert device is not None
    session = city.work.session
    ROWS.create(session.connection())
    fill(city, device)
    for permission, letter in (("observation:create", "T"), ("observation:read", "O")):
        seen = set(session.scalars(select(ROWS.c.name).where(scope_filter(device, permission, TABLE))))
        assert seen == REACH[letter]
    with pytest.raises(ForbiddenError):
        scope_filter(device, "alarm:read", TABLE)


def test_the_operator_of_the_machine_reaches_all_and_is_named_so(city: City) -> None:
    session = city.work.session
    ROWS.create(session.connection())
    fill(city, city.root)
    for permission in service.shipped_roles().permissions:
        seen = set(session.scalars(select(ROWS.c.name).where(scope_filter(city.root, permission, TABLE))))
        assert seen == REACH["P"]
    assert (city.root.kind, city.root.id) == ("operator", PLATFORM)


def test_somebody_without_a_role_reaches_nothing(city: City) -> None:
    nobody = service.actor_of(city.at(city.a.id), city.person().id)
    assert nobody is not None
    for permission in service.shipped_roles().permissions:
        with pytest.raises(ForbiddenError):
            scope_filter(nobody, permission, TABLE)
