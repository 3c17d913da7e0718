"""Signing in by a code to a phone: six digits, five minutes, five tries, and no word about whose number it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.vault import Sealer
from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    Browser,
    CodeAsked,
    HandleKind,
    PersonState,
    Role,
    SignedIn,
    SignInRefused,
)
from pipewarden.people.rules import codes as rules

if TYPE_CHECKING:
    from uuid import UUID

    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Handle, Person
    from pipewarden.people.service import Outside

PHONE, STRANGE = "+8613800000000", "+8613900000000"


@dataclass(slots=True)
class Box:
    """A messenger that keeps what it was given."""

    real: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)

    def hand(self, phone: str, words: str) -> None:
        self.sent.append((phone, words))

    @property
    def code(self) -> str:
        return self.sent[-1][1].partition("验证码 ")[2][:6]


@dataclass(slots=True)
class Front:
    """The door, as somebody with a phone sees it."""

    city: City
    outside: Outside
    box: Box
    person: Person
    handle: Handle
    tries: int = 0

    def ask(
        self, phone: str = PHONE, source: str = "10.0.0.1", tenant: UUID | None = None
    ) -> CodeAsked | SignInRefused:
        tenant_id = self.city.a.id if tenant is None else tenant
        at = self.city.at(PLATFORM)
        return service.ask_code(at, self.city.gate, self.outside, tenant_id, phone, source=source)

    def asked(self, phone: str = PHONE, source: str = "10.0.0.1", tenant: UUID | None = None) -> UUID:
        answer = self.ask(phone, source, tenant)
        assert isinstance(answer, CodeAsked)
        return answer.challenge

    def use(self, challenge: UUID, code: str | None = None, source: str = "10.0.0.1") -> SignedIn | SignInRefused:
        at, browser = self.city.at(PLATFORM), Browser(source, "browser")
        return service.use_code(at, self.city.gate, self.outside, challenge, code or self.box.code, browser=browser)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def front(city: City, box: Box) -> Front:
    outside = service.Outside(
        identity=None,  # type: ignore[arg-type]  # no provider is asked here
        messenger=box,
        sealer=Sealer(b"a secret of this test run alone.", SystemChance().bytes),
        handle_key=b"k" * 32,
    )
    person = city.person()
    city.member(person, Role.PATROLLER, tenant=city.a, area=city.north)
    handle = service.add_handle(
        city.at(city.a.id), outside, city.root, person.id, kind=HandleKind.PHONE, address="138-0000-0000"
    )
    return Front(city, outside, box, person, handle)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_comes_and_opens_the_persons_own_session(front: Front) -> None:
    made = front.use(front.asked())
    assert isinstance(made, SignedIn)
    assert made.session.person_id == front.person.id
    assert made.session.tenant_id == front.city.a.id
    assert {one.role for one in front.city.holder(made).memberships} == {Role.PATROLLER}
    ((phone, words),) = front.box.sent
    assert phone == PHONE
    assert "管卫" in words
    assert "切勿告诉他人" in words
    opened = service.entries_of(front.city.at(PLATFORM), "session", made.session.id)
    assert '"how":"phone"' in opened[0].details


def test_an_unknown_number_gets_the_same_answer_and_no_message(front: Front) -> None:
    known, unknown = front.ask(PHONE), front.ask(STRANGE, "10.0.0.2")
    assert isinstance(known, CodeAsked)
    assert isinstance(unknown, CodeAsked)
    assert (known.valid, known.again) == (unknown.valid, unknown.again) == (timedelta(minutes=5), timedelta(minutes=1))
    assert [phone for phone, _ in front.box.sent] == [PHONE]
    rows = front.city.work.session.execute(
        text("SELECT tenant_id, octet_length(code_mac), tries, ended_at FROM people_codes ORDER BY id")
    ).all()
    assert rows[0] == rows[1]


def test_an_unknown_number_costs_the_same_questions(front: Front, count_statements: list[str]) -> None:
    front.city.work.session.connection()
    counted = []
    for number, phone in enumerate((PHONE, STRANGE)):
        count_statements.clear()
        front.ask(phone, f"10.1.0.{number}")
        counted.append([one.partition("WHERE")[0] for one in count_statements])
    assert counted[0] == counted[1]
    assert len(counted[0]) > 5


def test_every_refusal_of_a_try_is_the_same(front: Front) -> None:
    """Wrong, unknown challenge, unknown number: none tells whether there was anything to guess."""
    mine, strange = front.asked(), front.asked(STRANGE, "10.0.0.2")
    answers = [
        front.use(mine, wrong(front.box.code), "10.2.0.1"),
        front.use(strange, "000000", "10.2.0.2"),
        front.use(front.city.work.ids.new(), "000000", "10.2.0.3"),
        front.use(mine, "", "10.2.0.4") if front.box.code else None,
        front.use(mine, "一二三四五六", "10.2.0.5"),
        front.use(mine, "\ud800", "10.2.0.6"),
    ]
    assert answers[3] is not None
    assert {str(one) for one in answers if not isinstance(one, SignedIn)} == {str(SignInRefused(timedelta(0)))}


def test_five_tries_and_the_right_code_is_worth_nothing(front: Front) -> None:
    challenge = front.asked()
    for number in range(5):
        assert isinstance(front.use(challenge, wrong(front.box.code), f"10.3.0.{number}"), SignInRefused)
    assert isinstance(front.use(challenge, source="10.3.0.9"), SignInRefused)


def test_four_tries_and_the_fifth_is_right(front: Front) -> None:
    challenge = front.asked()
    for number in range(4):
        front.use(challenge, wrong(front.box.code), f"10.3.0.{number}")
    assert isinstance(front.use(challenge, source="10.3.0.9"), SignedIn)


def test_a_code_opens_one_session(front: Front) -> None:
    challenge = front.asked()
    assert isinstance(front.use(challenge), SignedIn)
    assert isinstance(front.use(challenge), SignInRefused)


@pytest.mark.parametrize(("seconds", "kind"), [(299, SignedIn), (300, SignInRefused), (3600, SignInRefused)])
def test_a_code_is_good_for_five_minutes(front: Front, later: Any, seconds: int, kind: type) -> None:
    challenge = front.asked()
    later(seconds=seconds)
    assert isinstance(front.use(challenge), kind)


def test_a_new_code_ends_the_one_before(front: Front, later: Any) -> None:
    first = front.asked()
    old = front.box.code
    later(seconds=61)
    second = front.asked()
    assert isinstance(front.use(first, old), SignInRefused)
    assert isinstance(front.use(second), SignedIn)


def test_a_code_belongs_to_its_own_challenge(front: Front, later: Any) -> None:
    front.asked()
    old = front.box.code
    later(seconds=61)
    second = front.asked()
    if old != front.box.code:
        assert isinstance(front.use(second, old), SignInRefused)


@pytest.mark.parametrize("phone", [PHONE, STRANGE])
def test_one_a_minute_and_ten_a_day_whosever_the_number_is(front: Front, later: Any, phone: str) -> None:
    for number in range(10):
        front.asked(phone, f"10.4.0.{number}")
        too_soon = front.ask(phone, f"10.5.0.{number}")
        assert isinstance(too_soon, SignInRefused)
        later(seconds=60)
    answer = front.ask(phone, "10.6.0.1")
    assert isinstance(answer, SignInRefused)
    assert answer.retry_after == timedelta(days=1) - timedelta(minutes=10)
    later(hours=24)
    front.asked(phone, "10.6.0.2")


def test_five_a_minute_and_a_hundred_a_day_from_one_address(front: Front, later: Any) -> None:
    for number in range(100):
        if number % 5 == 0:
            later(seconds=60)
        front.asked(f"+861370000{number:04d}", "10.7.0.1")
        if number % 5 == 4:
            assert isinstance(front.ask("+8613600000000", "10.7.0.1"), SignInRefused)
    later(seconds=60)
    answer = front.ask("+8613600000000", "10.7.0.1")
    assert isinstance(answer, SignInRefused)
    assert answer.retry_after > timedelta(hours=23)
    front.asked("+8613600000000", "10.7.0.2")


def test_wrong_codes_count_with_wrong_passwords(front: Front) -> None:
    for _ in range(20):
        front.use(front.city.work.ids.new(), "000000", "10.8.0.1")
    answer = front.ask(PHONE, "10.8.0.1")
    assert isinstance(answer, SignInRefused)
    assert isinstance(front.use(front.asked(), source="10.8.0.1"), SignInRefused)


@pytest.mark.parametrize("role", [Role.TENANT_ADMIN, Role.AUDITOR, Role.PLATFORM_ADMIN])
def test_who_rules_over_others_access_never_comes_in_by_a_number(front: Front, role: Role) -> None:
    city, person = front.city, front.city.person()
    platform = role is Role.PLATFORM_ADMIN
    city.member(person, role, tenant=None if platform else city.a)
    at = city.at(PLATFORM if platform else city.a.id)
    service.add_handle(at, front.outside, city.root, person.id, kind=HandleKind.PHONE, address=STRANGE)
    front.asked(STRANGE, tenant=PLATFORM if platform else None)
    assert front.box.sent == []


@pytest.mark.parametrize("how", ["disabled", "handle ended", "membership elsewhere", "membership over", "made grave"])
def test_who_may_not_come_in_any_more_does_not(front: Front, how: str) -> None:
    city, at = front.city, front.city.at(front.city.a.id)
    challenge = front.asked()
    if how == "disabled":
        service.set_person_state(at, city.root, front.person.id, PersonState.DISABLED)
    elif how == "handle ended":
        service.end_handle(at, city.root, front.handle.id)
    elif how == "membership elsewhere":
        city.member(front.person, Role.PATROLLER, tenant=city.b, area=city.south)
    elif how == "made grave":
        city.member(front.person, Role.TENANT_ADMIN, tenant=city.a)
    else:
        ((_, held),) = service.memberships(at, city.root)
        service.end_membership(at, city.root, held.id)
    assert isinstance(front.use(challenge), SignInRefused)


def test_a_number_of_another_tenant_is_unknown_here(front: Front) -> None:
    front.asked(PHONE, tenant=front.city.b.id)
    assert front.box.sent == []


def test_where_no_messenger_is_the_door_says_so_to_everybody(front: Front) -> None:
    front.box.real = False
    said = set()
    for phone in (PHONE, STRANGE, "no number"):
        with pytest.raises(UnavailableError, match="no messenger") as caught:
            front.ask(phone)
        said.add(str(caught.value))
    assert len(said) == 1


@pytest.mark.parametrize(
    "phone", ["", "12", "+", "+0123456789", "12800000000", "+86 1380000000x", "+12345678901234567"]
)
def test_what_is_no_number_is_refused_without_repeating_it(front: Front, phone: str) -> None:
    with pytest.raises(InputError) as caught:
        front.ask(phone)
    assert caught.value.field == "phone"
    assert not phone or phone not in caught.value.problem


@pytest.mark.parametrize("written", ["13800000000", "138 0000 0000", "0086-138-0000-0000", "+86 (138) 0000.0000"])
def test_however_it_is_written_it_is_one_number(written: str) -> None:
    assert rules.normal_phone(written) == PHONE


def test_nothing_of_number_or_code_is_stored_in_clear(front: Front) -> None:
    front.asked()
    session = front.city.work.session
    dump = str(session.execute(text("SELECT * FROM people_codes")).all())
    dump += str(session.execute(text("SELECT * FROM people_handles")).all())
    dump += str(session.execute(text("SELECT details FROM people_audit")).all())
    assert "13800000000" not in dump
    assert f"'{front.box.code}'" not in dump
    assert "kkkkkkkk" not in repr(front.outside)


def test_failed_tries_are_on_record(front: Front) -> None:
    challenge = front.asked()
    front.use(challenge, wrong(front.box.code))
    (entry,) = service.entries_of(front.city.at(PLATFORM), "challenge", challenge)
    assert entry.act == "session.refused"
    assert '"how":"phone"' in entry.details


@given(st.binary(min_size=16, max_size=16))
def test_a_code_has_six_digits(entropy: bytes) -> None:
    code = rules.code_of(entropy)
    assert len(code) == 6
    assert code.isdigit()


def test_codes_are_spread_evenly() -> None:
    """10,000 codes over ten first digits: chi-squared below its 0.9999 quantile for nine degrees of freedom."""
    chance = SystemChance().bytes
    counts = [0] * 10
    for _ in range(10_000):
        counts[int(rules.code_of(chance(16))[0])] += 1
    assert sum((one - 1000) ** 2 / 1000 for one in counts) < 33.7
