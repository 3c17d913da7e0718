"""Who plays in the demo: made-up people for every role that has something to see, each in the area that is theirs."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from pipewarden.main.demo.keyring import Sealed
from pipewarden.people import service as people
from pipewarden.people.facts import (
    PLATFORM,
    ROLE_NAMES,
    NewMembership,
    NewPerson,
    OrganisationKind,
    PersonState,
    Role,
    Scope,
)
from pipewarden.people.store import signin
from pipewarden.people.store.people import PersonRow
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.main.demo.keyring import Keyring
    from pipewarden.people.ports import Entropy
    from pipewarden.people.service import Gate
    from pipewarden.people.store.people import AnyRow

KEPT_FOR = timedelta(days=7)  # a demo left lying about lets nobody in after that; the next start renews it
_PASSWORD_LENGTH = 13  # two groups of six: 60 random bits, and short enough to type on a phone


@dataclass(frozen=True, slots=True)
class Part:
    """One part in the demo.

    Attributes:
        key: the login is ``demo-`` and this, or that and a number where somebody has it.
        area: key of the area the role is bound to; None for none.
    """

    key: str
    name: str
    role: Role
    area: str | None


_LOOK_AT = {
    Role.DISPATCHER: "告警逐条到来：接警、并案、拆案 · alarms as they come",
    Role.SAFETY_MANAGER: "全市告警、依据、经过 · every alarm, its clause and history",
    Role.PATROLLER: "告警，上报线索 · alarms; reports works",
    Role.STANDBY_SUPERVISOR: "只看一个片区的告警 · the alarms of one district only",
    Role.GRID_WORKER: "告警，上报线索 · alarms; reports works",
    Role.PROPERTY_MANAGER: "小区内施工：上报、备案 · works in a compound: reports and files them",
    Role.REGULATOR: "告警与摄像机，只读 · alarms and cameras, changes nothing",
    Role.CONTRACTOR: "看不到告警，只见自己的上报 · no alarms, own reports only",
    Role.RESIDENT: "看不到告警，只见自己的上报 · no alarms, own reports only",
    Role.TENANT_ADMIN: "人员、密钥、摄像机 · people, keys, cameras",
    Role.SECURITY_ADMIN: "角色、登录、第二因素 · roles, sign-ins, second factors",
    Role.AUDITOR: "什么都能看，什么都不能改 · reads everything, changes nothing",
    Role.PLATFORM_ADMIN: "租户与人员，看不到告警 · tenants and people, no alarms",
}
_ON_DUTY = (Role.PATROLLER, Role.DISPATCHER, Role.SAFETY_MANAGER)
_NO_AREA = frozenset({Role.CONTRACTOR, Role.RESIDENT, Role.PLATFORM_ADMIN})
_ONE_DISTRICT = {Role.STANDBY_SUPERVISOR: "south"}
_COMPANIES = {
    OrganisationKind.GAS_COMPANY: ("示范燃气有限公司 (虚构)", frozenset({
        Role.DISPATCHER, Role.SAFETY_MANAGER, Role.PATROLLER, Role.STANDBY_SUPERVISOR, Role.TENANT_ADMIN,
        Role.SECURITY_ADMIN, Role.AUDITOR,
    })),
    OrganisationKind.STREET_OFFICE: ("示范街道办事处 (虚构)", frozenset({Role.GRID_WORKER})),
    OrganisationKind.REGULATOR: ("示范城市管理局 (虚构)", frozenset({Role.REGULATOR})),
    OrganisationKind.CONTRACTOR: ("示范市政工程有限公司 (虚构)", frozenset({Role.CONTRACTOR})),
}  # fmt: skip


def parts() -> list[Part]:
    """Return every part, in the order in which a visitor should try them; the day's own reporters among them."""
    city = next(one.key for one in sim.city_areas() if one.parent is None)
    told = [Part(one.key, one.name, Role(one.role), one.area) for one in sim.demo_people()]
    reporting = {one.role for one in told}
    others = [
        Part(
            key=role.value.replace("_", "-"),
            name=f"{ROLE_NAMES[role].zh}甲 (虚构)",
            role=role,
            area=None if role in _NO_AREA else _ONE_DISTRICT.get(role, city),
        )
        for role in _LOOK_AT
        if role not in reporting
    ]
    order = list(_LOOK_AT)
    return sorted([*told, *others], key=lambda part: order.index(part.role))


@dataclass(frozen=True, slots=True)
class Seat:
    """A part with the sign-in of its person, and what that person should look at first."""

    part: Part
    login: str
    password: str = field(repr=False)

    @property
    def look_at(self) -> str:
        """What is worth a look in this role."""
        return _LOOK_AT[self.part.role]


def seat(work: Work, gate: Gate, keyring: Keyring, areas: Mapping[str, UUID]) -> list[Seat]:
    """Let every part's person sign in to the tenant of ``work``, and to no older demo; return them in order.

    A person whom the keyring knows keeps login and password. A login that somebody else has is left alone. The caller
    commits.

    Raises:
        UnavailableError: the keyring cannot be used.
    """
    known, cast, since = keyring.read(), parts(), work.now()
    sealed = {part.key: _person(work, gate, part, known.get(part.key)) for part in cast}
    _leave_older_demos(work, {one.person_id for one in sealed.values()})
    _keep_the_regulator_here(work)
    companies: dict[Role, UUID] = {}
    root = people.operator()
    for kind, (name, roles) in _COMPANIES.items():
        companies |= dict.fromkeys(roles, people.add_organisation(work, root, kind, name).id)
    for part in cast:
        wanted = NewMembership(
            person_id=sealed[part.key].person_id,
            tenant_id=PLATFORM if part.role is Role.PLATFORM_ADMIN else work.tenant_id,
            role=part.role,
            begins_at=since,
            ends_at=since + KEPT_FOR,
            organisation_id=companies.get(part.role),
            area_id=None if part.area is None else areas[part.area],
        )
        people.grant(work, root, wanted)
    _put_on_duty(work, [(part, sealed[part.key].person_id) for part in cast], areas, since)
    keyring.write(sealed)  # before the commit: a file that names too many is mended, a lost password is not
    return [Seat(part, sealed[part.key].login, sealed[part.key].password) for part in cast]


def _put_on_duty(work: Work, cast: Sequence[tuple[Part, UUID]], areas: Mapping[str, UUID], since: datetime) -> None:
    """Put everybody whose role is called on the roster of their area, so that each site finds a named person."""
    ranks: Counter[tuple[Role, str]] = Counter()
    for part, person_id in cast:
        if part.role not in _ON_DUTY or part.area is None:
            continue
        ranks[part.role, part.area] += 1
        people.put_on_duty(
            work,
            people.operator(work.tenant_id),
            person_id,
            part.role,
            areas[part.area],
            begins_at=since,
            ends_at=since + KEPT_FOR,
            rank=ranks[part.role, part.area],
        )


def _person(work: Work, gate: Gate, part: Part, known: Sealed | None) -> Sealed:
    """Return the part's person, found again or made; their password is the keyring's alone, whatever became of it."""
    root = people.operator()
    if known is not None and (found := signin.account(work.session, PersonRow.id == known.person_id)) is not None:
        if found.must_change or _proof(found) != known.proof:  # else no slow hash is needed
            people.reset_password(work, gate, root, found.id, known.password, must_change=False)
        if found.confirmed_at is not None or found.enrol_by is not None:  # what a visitor set up went with the visitor
            people.reset_factor(work, root, found.id, anew=True)
        if found.state != PersonState.ACTIVE:
            people.set_person_state(work, root, found.id, PersonState.ACTIVE)
        return _sealed(work, found.id, known.password)
    names = (f"demo-{part.key}" if n == 1 else f"demo-{part.key}-{n}" for n in count(1))
    login = next(one for one in names if signin.account(work.session, PersonRow.login == one) is None)
    password = drawn(gate.entropy, login) if known is None else known.password
    made = people.add_person(work, gate, root, NewPerson(login, part.name, password, must_change=False))
    return _sealed(work, made.id, password)


def _sealed(work: Work, person_id: UUID, password: str) -> Sealed:
    found = signin.account(work.session, PersonRow.id == person_id)
    if found is None:
        raise RuntimeError("a person just seen must be readable")
    return Sealed(person_id, str(found.login), password, _proof(found))


def _proof(account: AnyRow) -> str:
    return hashlib.sha256(str(account.password_hash).encode()).hexdigest()


def drawn(entropy: Entropy, login: str) -> str:
    """Return a fresh password that the policy takes for ``login``."""
    while True:
        word = people.one_time_password(entropy)[:_PASSWORD_LENGTH]
        if not any(part in word for part in login.split("-")):
            return word


def _leave_older_demos(work: Work, persons: set[UUID]) -> None:
    """End what the persons held in older demos, so that their next sign-in lands in this one."""
    root = people.operator()
    for person, membership in people.memberships(work, root):
        if person.id in persons:
            people.end_membership(work, root, membership.id)


def _keep_the_regulator_here(work: Work) -> None:
    """Let the demo's regulator read this tenant only: the shipped role reads every tenant inside its area.

    The home may hold older demos of the same streets, and a real tenant whose streets they are.
    """
    shipped = people.permitted(work, work.tenant_id, Role.REGULATOR)
    here = {name: Scope.AREA if scope is Scope.TENANTS_IN_AREA else scope for name, scope in shipped.items()}
    root = people.operator(work.tenant_id)
    people.edit_role(work, root, Role.REGULATOR, here, reason="the demo shows its own tenant only")
