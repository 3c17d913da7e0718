"""The second factor as a person uses it: set up, given, used once, guessed in vain, lost, reset."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    ForbiddenError,
    Lack,
    LackingError,
    NotFoundError,
    Role,
    SignedIn,
    SignInRefused,
    StepUpError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from second_factor import Authenticator
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor, Person

PASSWORD = "three herons over ice"  # noqa: S105  a test's own
OTHER = "seven boats under moss"


@pytest.fixture
def person(city: City):
    made = city.person(password=PASSWORD, login="liwei")
    city.member(made, Role.SAFETY_MANAGER, tenant=city.a)
    return made


@pytest.fixture
def enrolled(city: City, person: Person, later: Callable[..., None]):
    signed, device = city.enrol(city.sign_in(person))
    later(minutes=1)
    return signed, device


def give(city: City, actor: Actor, code: str, source: str = "10.0.0.1"):
    return service.give_factor(city.at(PLATFORM), city.gate, actor, code, source=source)


def dead(city: City, signed: SignedIn) -> bool:
    return service.actor_by_token(city.work.session, signed.token, city.work.now()) is None


def test_the_first_sign_in_starts_the_days_of_grace_and_they_end(
    city: City, person: Person, later: Callable[..., None]
) -> None:
    first = city.sign_in(person)
    assert first.lacks is None
    assert first.enrol_by == city.work.now() + timedelta(days=7)
    later(days=6)
    again = city.sign_in(person)
    assert again.enrol_by == first.enrol_by, "a later sign-in does not lengthen it"
    assert "alarm:read" in {one.permission for one in city.holder(again).grants}
    later(days=1)
    over = city.sign_in(person)
    assert over.lacks is Lack.ENROLMENT
    actor = city.holder(over)
    assert actor.grants == actor.waiting == ()
    with pytest.raises(LackingError, match="time to set it up is over"):
        service.require(actor, "alarm:read")
    done, _ = city.enrol(over)
    assert done.lacks is None
    assert "alarm:read" in {one.permission for one in city.holder(done).grants}


def test_the_days_end_in_a_session_that_is_open(city: City, person: Person, later: Callable[..., None]) -> None:
    city.sign_in(person)
    later(days=7, minutes=-5)
    signed = city.sign_in(person)
    assert city.holder(signed).lacks is None
    later(minutes=5)
    assert city.holder(signed).lacks is Lack.ENROLMENT


def test_who_decides_nothing_is_never_asked(city: City, later: Callable[..., None]) -> None:
    resident = city.person(password=PASSWORD)
    city.member(resident, Role.RESIDENT)
    assert city.sign_in(resident).enrol_by is None
    later(days=30)
    signed = city.sign_in(resident)
    assert (signed.lacks, signed.enrol_by) == (None, None)
    standing = service.my_factor(city.at(PLATFORM), city.holder(signed))
    assert (standing.owes, standing.enrol_by) == (False, None)


def test_a_password_alone_opens_nothing_any_more(city: City, person: Person, enrolled: object) -> None:
    _ = enrolled
    signed = city.sign_in(person)
    assert signed.lacks is Lack.FACTOR
    actor = city.holder(signed)
    assert (actor.grants, actor.waiting) == ((), ())
    assert actor.permissions() == frozenset()
    here = city.at(PLATFORM)
    for act in (
        lambda: service.require(actor, "alarm:read"),
        lambda: service.change_password(here, city.gate, actor, PASSWORD, OTHER, source="x"),
        lambda: service.sessions_of(here, city.gate, actor, person.id),
        lambda: service.revoke_session(here, actor, signed.session.id),
        lambda: service.renew_codes(here, city.gate, actor),
        lambda: service.begin_factor(here, city.gate, actor),
    ):
        with pytest.raises(ForbiddenError) as caught:
            act()
        assert caught.value.more["code"] in {"lacks_factor", "step_up"}


def test_a_code_opens_the_session_and_rotates_it(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]
) -> None:
    _, device = enrolled
    half = city.sign_in(person)
    whole = give(city, city.holder(half), device.code(city.work.now()))
    assert isinstance(whole, SignedIn)
    assert whole.lacks is None
    assert whole.token != half.token
    assert dead(city, half), "the half-open session is over"
    assert whole.session.expires_at == half.session.expires_at, "no longer shift by it"
    actor = city.holder(whole)
    assert {"alarm:read", "evidence:export"} <= {one.permission for one in actor.grants}


def test_a_code_is_good_once(city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]) -> None:
    """Seen over a shoulder, or caught on the way, it opens no second session (RFC 6238 5.2)."""
    _, device = enrolled
    code = device.code(city.work.now())
    assert isinstance(give(city, city.holder(city.sign_in(person)), code), SignedIn)
    assert isinstance(give(city, city.holder(city.sign_in(person)), code), SignInRefused)
    earlier = device.code(city.work.now(), steps=-1)
    assert isinstance(give(city, city.holder(city.sign_in(person)), earlier), SignInRefused)
    following = device.code(city.work.now(), steps=1)
    assert isinstance(give(city, city.holder(city.sign_in(person)), following), SignedIn)


def test_the_code_that_confirmed_is_used_up_too(city: City, person: Person) -> None:
    _, device = city.enrol(city.sign_in(person))
    half = city.holder(city.sign_in(person))
    assert isinstance(give(city, half, device.code(city.work.now())), SignInRefused)


def test_recovery_codes_open_once_each(city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]) -> None:
    _, device = enrolled
    assert len(set(device.recovery)) == 10
    for number, code in enumerate(device.recovery, start=1):
        whole = give(city, city.holder(city.sign_in(person)), code.upper())
        assert isinstance(whole, SignedIn)
        assert service.my_factor(city.at(PLATFORM), city.holder(whole)).codes_left == 10 - number
    for code in device.recovery[:4]:
        assert isinstance(give(city, city.holder(city.sign_in(person)), code), SignInRefused)


def test_new_recovery_codes_end_the_old_ones(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator], later: Callable[..., None]
) -> None:
    signed, device = enrolled
    fresh = service.renew_codes(city.at(PLATFORM), city.gate, city.holder(signed))
    assert not set(fresh) & set(device.recovery)
    assert isinstance(give(city, city.holder(city.sign_in(person)), device.recovery[0]), SignInRefused)
    assert isinstance(give(city, city.holder(city.sign_in(person)), fresh[0]), SignedIn)
    later(minutes=10)
    with pytest.raises(StepUpError):
        service.renew_codes(city.at(PLATFORM), city.gate, city.holder(signed))


def test_wrong_codes_lock_out_together_with_wrong_passwords(
    city: City, enrolled: tuple[SignedIn, Authenticator], later: Callable[..., None]
) -> None:
    _, device = enrolled
    far = "10.9.9.9"

    def half() -> SignedIn | SignInRefused:
        return service.sign_in(city.at(PLATFORM), city.gate, "liwei", PASSWORD, source=far)

    here = half()
    assert isinstance(here, SignedIn)
    wrong = device.code(city.work.now(), steps=9)
    for _ in range(2):
        refused = give(city, city.holder(here), wrong, far)
        assert refused == SignInRefused(retry_after=timedelta(0))
    for _ in range(2):
        service.sign_in(city.at(PLATFORM), city.gate, "liwei", "no such password", source=far)
    here = half()
    assert isinstance(here, SignedIn), "four are free, and a right password bought no new ones"
    refused = give(city, city.holder(here), wrong, far)
    assert refused == SignInRefused(retry_after=timedelta(minutes=15))
    right = device.code(city.work.now())
    assert isinstance(give(city, city.holder(here), right, far), SignInRefused), "not even the right one, while waiting"
    assert isinstance(half(), SignInRefused)
    later(minutes=15)
    back = half()
    assert isinstance(give(city, city.holder(back), device.code(city.work.now()), far), SignedIn)


def test_the_right_password_from_many_places_buys_no_tries(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]
) -> None:
    """Who has the password must not come from a known address by it: every place counts together."""
    _, device = enrolled
    wrong = device.code(city.work.now(), steps=9)
    waits = []
    for place in range(5):
        source = f"10.7.{place}.1"
        here = service.sign_in(city.at(PLATFORM), city.gate, "liwei", PASSWORD, source=source)
        assert isinstance(here, SignedIn)
        waits.append(give(city, city.holder(here), wrong, source).retry_after)
    assert waits == [timedelta(0)] * 4 + [timedelta(minutes=15)]
    desk = city.sign_in(person)
    right = give(city, city.holder(desk), device.code(city.work.now()))
    assert isinstance(right, SignedIn), "the desk they always sit at is not locked by it"


def test_a_half_open_session_ends_after_ten_minutes(
    city: City, person: Person, enrolled: object, later: Callable[..., None]
) -> None:
    _ = enrolled
    half = city.sign_in(person)
    later(minutes=9)
    assert city.holder(half).lacks is Lack.FACTOR
    later(minutes=1)
    assert dead(city, half)


def test_grave_acts_wait_for_a_fresh_code(
    city: City, enrolled: tuple[SignedIn, Authenticator], later: Callable[..., None]
) -> None:
    signed, device = enrolled
    service.require(city.holder(signed), "evidence:export")
    later(minutes=9)
    stale = city.holder(signed)
    with pytest.raises(StepUpError) as caught:
        service.require(stale, "evidence:export")
    assert caught.value.more == {"code": "step_up", "needs": "factor"}
    service.require(stale, "alarm:read")
    assert "evidence:export" in stale.permissions(), "menus go on showing it"
    again = give(city, stale, device.code(city.work.now()))
    service.require(city.holder(again), "evidence:export")
    later(minutes=10)
    with pytest.raises(StepUpError):
        service.require(city.holder(again), "evidence:export")


def test_without_a_second_factor_there_are_no_grave_acts_even_right_after_the_password(
    city: City, person: Person
) -> None:
    with pytest.raises(StepUpError) as caught:
        service.require(city.holder(city.sign_in(person)), "evidence:export")
    assert caught.value.more == {"code": "step_up", "needs": "enrolment"}


def test_setting_up_ends_every_other_session(city: City, person: Person, later: Callable[..., None]) -> None:
    desk, thief = city.sign_in(person), city.sign_in(person, source="10.6.6.6")
    signed, device = city.enrol(desk)
    assert dead(city, thief)
    assert dead(city, desk)
    phone = city.sign_in(person)
    later(minutes=1)
    whole = give(city, city.holder(phone), device.code(city.work.now()))
    second, _ = city.enrol(whole)
    assert dead(city, signed)
    assert not dead(city, second)


def test_a_factor_is_replaced_only_with_the_old_one_at_hand(
    city: City, enrolled: tuple[SignedIn, Authenticator], later: Callable[..., None]
) -> None:
    signed, old = enrolled
    later(minutes=10)
    with pytest.raises(StepUpError):
        service.begin_factor(city.at(PLATFORM), city.gate, city.holder(signed))
    signed = give(city, city.holder(signed), old.code(city.work.now()))
    signed, new = city.enrol(signed)
    later(minutes=1)
    assert isinstance(give(city, city.holder(signed), old.code(city.work.now())), SignInRefused)
    assert isinstance(give(city, city.holder(signed), old.recovery[0]), SignInRefused)
    assert isinstance(give(city, city.holder(signed), new.code(city.work.now())), SignedIn)


def test_an_unconfirmed_secret_counts_for_nothing(city: City, person: Person, later: Callable[..., None]) -> None:
    signed = city.sign_in(person)
    here = city.at(PLATFORM)
    with pytest.raises(InputError, match="no secret that waits"):
        service.confirm_factor(here, city.gate, city.holder(signed), "123456", source="x")
    service.begin_factor(here, city.gate, city.holder(signed))
    assert city.sign_in(person).lacks is None
    assert isinstance(service.confirm_factor(here, city.gate, city.holder(signed), "000000", source="x"), SignInRefused)
    later(minutes=9, seconds=59)
    with pytest.raises(NotFoundError):
        give(city, city.holder(signed), "123456")
    later(seconds=1)
    with pytest.raises(ForbiddenError):
        service.confirm_factor(here, city.gate, city.holder(signed), "123456", source="x")


def test_a_first_factor_is_set_up_soon_after_the_password(
    city: City, person: Person, later: Callable[..., None]
) -> None:
    """An open desk must not be enough to put somebody else's telephone in."""
    signed = city.sign_in(person)
    later(minutes=10)
    with pytest.raises(ForbiddenError, match="password"):
        service.begin_factor(city.at(PLATFORM), city.gate, city.holder(signed))
    signed = service.prove(city.at(PLATFORM), city.gate, city.holder(signed), PASSWORD, source="10.0.0.1")
    service.begin_factor(city.at(PLATFORM), city.gate, city.holder(signed))


def test_a_one_time_password_is_changed_before_a_factor_is_set_up(city: City) -> None:
    fresh = city.person(password=PASSWORD, must_change=True)
    city.member(fresh, Role.SAFETY_MANAGER, tenant=city.a)
    with pytest.raises(LackingError, match="password"):
        service.begin_factor(city.at(PLATFORM), city.gate, city.holder(city.sign_in(fresh)))


def test_a_reset_password_does_not_get_past_the_factor(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]
) -> None:
    _, device = enrolled
    service.reset_password(city.at(PLATFORM), city.gate, city.root, person.id, OTHER)
    half = city.sign_in(person, OTHER)
    assert (half.lacks, half.must_change) == (Lack.FACTOR, True)
    with pytest.raises(LackingError):
        service.change_password(city.at(PLATFORM), city.gate, city.holder(half), OTHER, PASSWORD, source="x")
    whole = give(city, city.holder(half), device.code(city.work.now()))
    assert whole.lacks is Lack.PASSWORD
    changed = service.change_password(
        city.at(PLATFORM), city.gate, city.holder(whole), OTHER, PASSWORD, source="10.0.0.1"
    )
    assert changed.lacks is None
    assert "alarm:read" in city.holder(changed).permissions()


def test_a_security_administrator_resets_and_the_next_thing_is_a_new_one(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator], later: Callable[..., None]
) -> None:
    signed, device = enrolled
    guard = city.actor(Role.SECURITY_ADMIN, tenant=city.a)
    service.reset_factor(city.at(city.a.id), guard, person.id)
    assert dead(city, signed)
    after = city.sign_in(person)
    assert after.lacks is Lack.ENROLMENT, "no new week in which the password is enough"
    for code in (device.code(city.work.now()), device.recovery[0]):
        with pytest.raises(NotFoundError):
            give(city, city.holder(after), code)
    with pytest.raises(RefusedError, match="not set up"):
        service.reset_factor(city.at(city.a.id), guard, person.id)
    later(minutes=1)
    assert city.enrol(city.sign_in(person))[0].lacks is None
    acts = [one.act for one in service.entries_of(city.at(city.a.id), "person", person.id)]
    assert acts[-1] == "factor.reset"


def test_a_seal_of_another_person_opens_nothing(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]
) -> None:
    """Who can write the database must not put their own telephone into another's row."""
    other = city.person(password=PASSWORD)
    city.member(other, Role.SAFETY_MANAGER, tenant=city.a)
    _, theirs = city.enrol(city.sign_in(other))
    taken = "(SELECT sealed FROM people_factors WHERE person_id = :b)"
    moved = f"UPDATE people_factors SET sealed = {taken} WHERE person_id = :a"  # noqa: S608  our own words
    city.work.session.execute(text(moved), {"a": person.id, "b": other.id})
    with pytest.raises(UnavailableError):
        give(city, city.holder(city.sign_in(person)), theirs.code(city.work.now(), steps=1))
    assert isinstance(give(city, city.holder(city.sign_in(person)), enrolled[1].recovery[0]), SignedIn)


def test_who_may_not_reset_is_refused(city: City, person: Person, enrolled: object) -> None:
    _ = enrolled
    here = city.at(city.a.id)
    with pytest.raises(ForbiddenError):
        service.reset_factor(here, city.actor(Role.TENANT_ADMIN, tenant=city.a), person.id)
    with pytest.raises(NotFoundError):
        service.reset_factor(city.at(city.b.id), city.actor(Role.SECURITY_ADMIN, tenant=city.b), person.id)
    guard = city.actor(Role.SECURITY_ADMIN, tenant=city.a)
    with pytest.raises(RefusedError, match="yourself"):
        service.reset_factor(here, guard, guard.id)
    admin = city.person()
    city.member(admin, Role.TENANT_ADMIN, tenant=city.a)
    with pytest.raises(RefusedError, match="kept apart"):
        service.reset_factor(here, guard, admin.id)


def test_who_looks_after_sign_ins_sees_who_owes_one(
    city: City, person: Person, enrolled: tuple[SignedIn, Authenticator]
) -> None:
    _, device = enrolled
    guard = city.actor(Role.SECURITY_ADMIN, tenant=city.a)
    late = city.person(password=PASSWORD)
    city.member(late, Role.DISPATCHER, tenant=city.a, area=city.north)
    city.sign_in(late)
    worker = city.actor(Role.GRID_WORKER, tenant=city.a, area=city.north)
    stranger = city.actor(Role.DISPATCHER, tenant=city.b, area=city.north)
    found = {one.person_id: one for one in service.factors(city.at(city.a.id), guard)}
    assert found[person.id].standing.confirmed_at is not None
    assert found[person.id].standing.codes_left == len(device.recovery)
    assert found[late.id].standing.enrol_by == city.work.now() + timedelta(days=7)
    assert (found[worker.id].standing.owes, found[worker.id].standing.enrol_by) == (False, None)
    assert stranger.id not in found
    order = [one.person_id for one in service.factors(city.at(city.a.id), guard)]
    assert order.index(late.id) < order.index(person.id)
    with pytest.raises(ForbiddenError):
        service.factors(city.at(city.a.id), worker)


def test_nothing_of_it_is_stored_in_clear_or_on_record(city: City, enrolled: tuple[SignedIn, Authenticator]) -> None:
    _, device = enrolled
    assert isinstance(give(city, city.holder(enrolled[0]), device.recovery[3]), SignedIn)
    session = city.work.session
    kept = "\n".join(
        row
        for table in ("people_factors", "people_recovery_codes", "people_sessions", "people_audit", "people_attempts")
        for row in session.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608  our own names
    )
    secret = base64.b32decode(device.text + "=" * (-len(device.text) % 8))
    for canary in (device.text, secret.hex(), *device.recovery, *(one.replace("-", "") for one in device.recovery)):
        assert canary not in kept
        assert canary.upper() not in kept
    assert "recovery code" in kept, "that one was used is on record"


def test_a_gate_without_a_sealer_lets_nobody_past_a_factor(
    city: City, enrolled: tuple[SignedIn, Authenticator]
) -> None:
    _, device = enrolled
    bare = replace(city.gate, second=None)
    half = service.sign_in(city.at(PLATFORM), bare, "liwei", PASSWORD, source="10.0.0.1")
    assert half.lacks is Lack.FACTOR
    with pytest.raises(UnavailableError):
        service.give_factor(city.at(PLATFORM), bare, city.holder(half), device.code(city.work.now()), source="x")
    with pytest.raises(UnavailableError):
        service.begin_factor(city.at(PLATFORM), bare, city.holder(half))


def test_every_session_in_reach_is_listed_with_its_person(
    city: City, person: Person, later: Callable[..., None]
) -> None:
    signed = city.sign_in(person, source="10.0.0.8")
    stranger = city.person(password=PASSWORD)
    city.member(stranger, Role.DISPATCHER, tenant=city.b, area=city.north)
    city.sign_in(stranger)
    guard = city.actor(Role.SECURITY_ADMIN, tenant=city.a)
    listed = service.all_sessions(city.at(city.a.id), city.gate, guard)
    assert [(one.id, one.source, one.agent, who.login) for one, who in listed] == [
        (signed.session.id, "10.0.0.8", "browser", "liwei")
    ]
    later(minutes=30)
    assert service.all_sessions(city.at(city.a.id), city.gate, guard) == [], "nobody can use it any more"
    with pytest.raises(ForbiddenError):
        service.all_sessions(city.at(city.a.id), city.gate, city.actor(Role.PATROLLER, tenant=city.a, area=city.north))
