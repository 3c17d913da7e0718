"""Signing in: one answer for every failure, one fresh token for every success, ends that hold."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from pipewarden.kit.chance import SystemChance
from pipewarden.people import service
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.facts import (
    PLATFORM,
    ActorKind,
    NotFoundError,
    PersonState,
    Role,
    SignedIn,
    SignInRefused,
)
from pipewarden.people.service import Gate
from pipewarden.people.store.signin import AttemptRow, CredentialRow, SessionRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City, CountedChance, CountingHasher

    from pipewarden.people.facts import Person

PASSWORD = "three herons over ice"  # noqa: S105  a test's own
OTHER = "seven boats under moss"


@pytest.fixture
def person(city: City):
    made = city.person(password=PASSWORD, login="liwei")
    city.member(made, Role.DISPATCHER, tenant=city.a, area=city.north)
    return made


def try_in(city: City, login: str, password: str, source: str = "10.0.0.9"):
    return service.sign_in(city.at(PLATFORM), city.gate, login, password, source=source)


def test_the_right_password_opens_a_session_for_the_tenant(city: City, person: Person) -> None:
    signed = city.sign_in(person)
    assert signed.session.tenant_id == city.a.id
    assert signed.session.expires_at == city.work.now() + timedelta(hours=12)
    assert signed.must_change is False
    actor = city.holder(signed)
    assert (actor.kind, actor.id, actor.session_id) == (ActorKind.PERSON, person.id, signed.session.id)
    assert "alarm:acknowledge" in actor.permissions()
    assert [membership.role for membership in actor.memberships] == [Role.DISPATCHER]


@pytest.mark.usefixtures("person")
def test_a_login_is_found_however_it_is_typed(city: City) -> None:
    assert isinstance(try_in(city, " ＬＩWEI", PASSWORD), SignedIn)


def test_no_secret_is_stored(city: City, person: Person) -> None:
    signed = city.sign_in(person)
    session = city.work.session
    kept = "\n".join(
        row
        for table in ("people_sessions", "people_credentials", "people_attempts", "people_audit", "people_persons")
        for row in session.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608  our own names
    )
    assert signed.token not in kept
    assert signed.token.encode().hex() not in kept
    assert PASSWORD not in kept
    assert signed.csrf not in kept
    assert "$argon2id$v=19$" in kept
    assert signed.token not in repr(signed)
    assert PASSWORD not in repr(signed)


@pytest.mark.usefixtures("person")
def test_every_failure_reads_the_same_and_costs_one_hash(city: City, hasher: CountingHasher) -> None:
    city.person(login="nopassword")
    disabled = city.person(password=PASSWORD, login="disabled")
    service.set_person_state(city.at(PLATFORM), city.root, disabled.id, PersonState.DISABLED)
    answers, checks = [], []
    for number, (login, password) in enumerate(
        [
            ("liwei", "wrong password 1"),
            ("nobody", PASSWORD),
            ("nopassword", PASSWORD),
            ("disabled", PASSWORD),
            ("not a login!", PASSWORD),
            ("", ""),
        ]
    ):
        hasher.checks.clear()
        answers.append(try_in(city, login, password, source=f"10.0.1.{number}"))
        checks.append(len(hasher.checks))
    assert set(answers) == {SignInRefused(retry_after=timedelta(0))}
    assert checks == [1] * 6, "one slow hash whether or not there is somebody"


def test_failures_take_as_long_with_and_without_somebody(city: City, person: Person, chance: CountedChance) -> None:
    slow = Gate(ArgonHasher(chance, Parameters(time_cost=2, memory_kib=8192, lanes=1)), chance)
    service.reset_password(city.at(PLATFORM), slow, city.root, person.id, OTHER)

    def spent(login: str, number: int) -> float:
        begin = time.perf_counter()
        answer = service.sign_in(
            city.at(PLATFORM), slow, login, "wrong password 1", source=f"10.{number}.{len(login)}.1"
        )
        assert isinstance(answer, SignInRefused)
        return time.perf_counter() - begin

    known, unknown = [], []
    for number in range(4):  # in turns, so that a busy machine slows both
        known.append(spent("liwei", number))
        unknown.append(spent("nobody", number))
    assert median(unknown) > 0.3 * median(known)
    assert median(known) > 0.3 * median(unknown)


@pytest.mark.usefixtures("person")
def test_an_overlong_password_is_not_hashed_at_all(city: City, hasher: CountingHasher) -> None:
    hasher.checks.clear()
    assert isinstance(try_in(city, "liwei", "x" * 100_000), SignInRefused)
    assert isinstance(try_in(city, "nobody", "x" * 100_000), SignInRefused)
    assert hasher.checks == []


@pytest.mark.usefixtures("person")
def test_the_fifth_failure_locks_and_even_the_right_password_waits(city: City, later: Callable[..., None]) -> None:
    waits = [try_in(city, "liwei", f"wrong password {n}", f"10.2.0.{n}").retry_after for n in range(5)]
    assert waits == [timedelta(0)] * 4 + [timedelta(minutes=15)]
    assert try_in(city, "liwei", PASSWORD, "10.2.1.1") == SignInRefused(retry_after=timedelta(minutes=15))
    later(minutes=14)
    assert try_in(city, "liwei", PASSWORD, "10.2.1.1") == SignInRefused(retry_after=timedelta(minutes=1))
    later(minutes=1)
    assert isinstance(try_in(city, "liwei", PASSWORD, "10.2.1.1"), SignedIn)


@pytest.mark.usefixtures("person")
def test_a_sixth_failure_doubles_the_wait_and_success_forgets(city: City, later: Callable[..., None]) -> None:
    for number in range(5):
        try_in(city, "liwei", f"wrong password {number}", f"10.3.0.{number}")
    later(minutes=15)
    assert try_in(city, "liwei", "wrong password 6", "10.3.0.6").retry_after == timedelta(minutes=30)
    later(minutes=30)
    assert isinstance(try_in(city, "liwei", PASSWORD, "10.3.0.7"), SignedIn)
    assert try_in(city, "liwei", "wrong password 7", "10.3.0.8").retry_after == timedelta(0)


@pytest.mark.usefixtures("person")
def test_a_login_that_does_not_exist_locks_just_the_same(city: City) -> None:
    real = [try_in(city, "liwei", "wrong password 1", f"10.4.0.{n}").retry_after for n in range(7)]
    none = [try_in(city, "nobody", "wrong password 1", f"10.4.1.{n}").retry_after for n in range(7)]
    assert real == none


def test_an_outsider_cannot_lock_a_dispatcher_out_of_the_usual_desk(city: City, person: Person) -> None:
    city.sign_in(person, source="10.9.9.9")
    for number in range(12):
        try_in(city, "liwei", f"wrong password {number}", f"203.0.113.{number}")
    assert try_in(city, "liwei", PASSWORD, "203.0.113.99").retry_after > timedelta(0)
    assert isinstance(try_in(city, "liwei", PASSWORD, "10.9.9.9"), SignedIn)
    for number in range(5):
        answer = try_in(city, "liwei", f"wrong password {number}", "10.9.9.9")
    assert answer.retry_after == timedelta(minutes=15), "the desk has its own count"


@pytest.mark.usefixtures("person")
def test_an_address_that_tries_many_logins_waits(city: City) -> None:
    answers = [try_in(city, f"login{n}", "wrong password 1", "198.51.100.7") for n in range(20)]
    assert [answer.retry_after for answer in answers[:19]] == [timedelta(0)] * 19
    assert answers[19].retry_after == timedelta(minutes=1)
    assert try_in(city, "liwei", PASSWORD, "198.51.100.7").retry_after == timedelta(minutes=1)
    assert isinstance(try_in(city, "liwei", PASSWORD, "198.51.100.8"), SignedIn)


@pytest.mark.usefixtures("person")
@pytest.mark.usefixtures("person")
def test_a_whole_ipv6_network_waits_together(city: City) -> None:
    answers = [try_in(city, f"login{n}", "wrong password 1", f"2001:db8::{n:x}") for n in range(20)]
    assert answers[19].retry_after == timedelta(minutes=1)
    assert try_in(city, "liwei", PASSWORD, "2001:db8::ffff:1").retry_after == timedelta(minutes=1)
    assert isinstance(try_in(city, "liwei", PASSWORD, "2001:db8:0:1::1"), SignedIn)


def test_waiting_does_not_lengthen_the_wait_nor_hash(
    city: City, hasher: CountingHasher, count_statements: list[str]
) -> None:
    for number in range(5):
        try_in(city, "liwei", f"wrong password {number}", f"10.5.0.{number}")
    hasher.checks.clear()
    count_statements.clear()
    for _ in range(10):
        assert try_in(city, "liwei", "wrong again 12", "10.5.1.1").retry_after == timedelta(minutes=15)
    assert hasher.checks == []
    assert not any("INSERT INTO people_audit" in one for one in count_statements), "a flood leaves no flood of entries"


def test_what_nobody_needs_any_more_is_swept(city: City, person: Person, later: Callable[..., None]) -> None:
    """Whoever types random logins would else fill the table."""
    signed = city.sign_in(person)
    closed = city.sign_in(person)
    service.sign_out(city.at(PLATFORM), city.holder(closed))
    for number in range(3):
        try_in(city, f"random{number}", "wrong password 1", f"10.7.0.{number}")
    assert service.sweep(city.at(PLATFORM)) == (0, 0)
    later(hours=24)
    assert service.sweep(city.at(PLATFORM)) == (0, 0), "a day-old failure still counts"
    later(seconds=1)
    assert service.sweep(city.at(PLATFORM)) == (0, 9), "three of the right sign-ins, six of the random ones"
    assert city.work.session.scalars(select(AttemptRow.key)).all() == []
    later(days=199)
    assert service.sweep(city.at(PLATFORM)) == (1, 0), "signed out 200 days ago; the other ran out half a day later"
    later(hours=12)
    assert service.sweep(city.at(PLATFORM)) == (1, 0)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None
    assert service.verify(city.at(PLATFORM)) is None


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(city: City, person: Person, chance: CountedChance) -> None:
    session = city.work.session
    before = session.scalar(select(CredentialRow.password_hash).where(CredentialRow.person_id == person.id))
    dearer = Gate(ArgonHasher(chance, Parameters(time_cost=2, memory_kib=128, lanes=1)), chance)
    signed = service.sign_in(city.at(PLATFORM), dearer, "liwei", PASSWORD, source="x")
    assert isinstance(signed, SignedIn)
    after = session.scalar(select(CredentialRow.password_hash).where(CredentialRow.person_id == person.id))
    assert "m=64,t=1,p=1" in before
    assert "m=128,t=2,p=1" in after
    assert isinstance(service.sign_in(city.at(PLATFORM), dearer, "liwei", PASSWORD, source="x"), SignedIn)


def test_rotation_of_an_ended_session_is_refused(city: City, person: Person) -> None:
    actor = city.holder(city.sign_in(person))
    service.sign_out(city.at(PLATFORM), actor)
    with pytest.raises(NotFoundError):
        service.act_for(city.at(city.a.id), city.gate, actor, city.a.id)
    with pytest.raises(NotFoundError):
        service.change_password(city.at(city.a.id), city.gate, city.root, PASSWORD, OTHER, source="x")


def test_sign_ins_are_on_the_platforms_record(city: City, person: Person) -> None:
    try_in(city, "liwei", "wrong password 1")
    city.sign_in(person)
    work = city.at(PLATFORM)
    acts = [entry.act for entry in service.read(work, city.root, limit=1000)]
    assert acts[-2:] == ["session.refused", "session.opened"]
    assert service.verify(work) is None


def test_the_shipped_parameters_are_rfc_9106s_second_choice() -> None:
    hasher = ArgonHasher(SystemChance().bytes)
    encoded = hasher.hash(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert hasher.verify(encoded, PASSWORD)
    assert not hasher.verify(encoded, OTHER)
    assert not hasher.verify(None, PASSWORD)
    assert not hasher.verify("not a hash", PASSWORD)
    assert not hasher.stale(encoded)
    assert hasher.hash(PASSWORD) != encoded, "each hash has its own salt"


def test_tokens_are_looked_up_by_hash(city: City, person: Person) -> None:
    signed = city.sign_in(person)
    stored = city.work.session.scalar(select(SessionRow.token_sha256).where(SessionRow.id == signed.session.id))
    assert len(stored) == 32
    assert stored.hex() != signed.token


@pytest.mark.parametrize("how", ["oidc", "phone"])
def test_any_first_factor_opens_the_same_kind_of_session(city: City, person: Person, how: str) -> None:
    carried = city.sign_in(person)
    made = service.open_session(
        city.at(PLATFORM), city.gate, person.id, how=how, source="10.0.0.3", previous_token=carried.token
    )
    assert city.holder(made).permissions() == city.actor(Role.DISPATCHER, tenant=city.a, area=city.north).permissions()
    assert service.actor_by_token(city.work.session, carried.token, city.work.now()) is None, "none can be planted"
    opened = service.entries_of(city.at(PLATFORM), "session", made.session.id)
    assert f'"how":"{how}"' in opened[0].details


def test_no_first_factor_opens_a_session_for_nobody_or_a_disabled_person(city: City, person: Person) -> None:
    service.set_person_state(city.at(PLATFORM), city.root, person.id, PersonState.DISABLED)
    for someone in (person.id, city.a.id):
        with pytest.raises(NotFoundError):
            service.open_session(city.at(PLATFORM), city.gate, someone, how="oidc", source="10.0.0.3")
