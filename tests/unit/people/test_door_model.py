"""The door against a model: random days of sign-ins, waits and password changes, checked after every step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipewarden.kit.clock import SetClock
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, Role, SignedIn, SignInRefused

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Person

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
WORDS = ["three herons over ice", "seven boats under moss", "nine owls behind tin"]
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)


@dataclass
class Browser:
    """What the model believes of one token."""

    token: str
    seen: datetime
    ends: datetime
    open: bool = True

    def lives(self, now: datetime) -> bool:
        return self.open and now < self.ends and now - self.seen < IDLE


@dataclass
class Model:
    """The door as the documentation describes it, without a database."""

    now: datetime = START
    word: int = 0
    browsers: list[Browser] = field(default_factory=list)
    failures: int = 0
    failed_at: datetime = START
    locked_until: datetime = START

    def locked(self) -> bool:
        return self.now < self.locked_until

    def fail(self) -> None:
        if self.now - self.failed_at > timedelta(hours=24):
            self.failures = 0
        self.failures += 1
        self.failed_at = self.now
        if self.failures > 4:
            wait = timedelta(minutes=15) * 2 ** (self.failures - 5)
            self.locked_until = self.now + min(wait, timedelta(hours=24))


STEPS = st.one_of(
    st.tuples(st.just("right"), st.just(0)),
    st.tuples(st.just("wrong"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 16, 29, 31, 120, 800, 1500])),
    st.tuples(st.just("use"), st.integers(0, 9)),
    st.tuples(st.just("out"), st.integers(0, 9)),
    st.tuples(st.just("change"), st.integers(0, 9)),
    st.tuples(st.just("prove"), st.integers(0, 9)),
)


class Door:
    """The real door and the model side by side."""

    def __init__(self, city: City, person: Person) -> None:
        self.city, self.person, self.model = city, person, Model()
        self.clock = SetClock(START)
        self.work = replace(city.work, clock=self.clock, tenant_id=PLATFORM)
        self.fresh = 0

    def try_in(self, word: str) -> SignedIn | SignInRefused:
        self.fresh += 1  # an address of its own each time: the model counts the account only
        source = f"10.{self.fresh // 250}.{self.fresh % 250}.1"
        return service.sign_in(self.work, self.city.gate, self.person.login, word, source=source)

    def right(self, _: int) -> None:
        answer = self.try_in(WORDS[self.model.word])
        assert isinstance(answer, SignInRefused) == self.model.locked()
        if isinstance(answer, SignedIn):
            self.model.failures = 0
            self.model.browsers.append(Browser(answer.token, self.model.now, self.model.now + ABSOLUTE))

    def wrong(self, times: int) -> None:
        for _ in range(times):
            was_locked = self.model.locked()
            if not was_locked:
                self.model.fail()
            answer = self.try_in("wrong words these are")
            assert isinstance(answer, SignInRefused)
            assert answer.retry_after == max(self.model.locked_until - self.model.now, timedelta(0))

    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.model.now = self.clock.now()

    def pick(self, number: int) -> Browser | None:
        living = [one for one in self.model.browsers if one.lives(self.model.now)]
        return living[number % len(living)] if living else None

    def use(self, number: int) -> None:
        browser = self.pick(number)
        if browser is not None:
            self.actor(browser)

    def actor(self, browser: Browser):
        found = service.actor_by_token(self.work.session, browser.token, self.model.now)
        assert found is not None
        if self.model.now - browser.seen >= timedelta(minutes=1):
            browser.seen = self.model.now
        return found

    def out(self, number: int) -> None:
        browser = self.pick(number)
        if browser is not None:
            service.sign_out(self.work, self.actor(browser))
            browser.open = False

    def change(self, number: int) -> None:
        browser = self.pick(number)
        if browser is None:
            return
        new = (self.model.word + 1) % len(WORDS)
        answer = service.change_password(
            self.work,
            self.city.gate,
            self.actor(browser),
            WORDS[self.model.word],
            WORDS[new],
            source=f"172.16.{self.fresh}.1",
        )
        assert isinstance(answer, SignInRefused) == self.model.locked()
        if isinstance(answer, SignedIn):
            self.model.word, self.model.failures = new, 0
            for one in self.model.browsers:
                one.open = False
            self.model.browsers.append(Browser(answer.token, self.model.now, browser.ends))

    def prove(self, number: int) -> None:
        browser = self.pick(number)
        if browser is None:
            return
        actor = self.actor(browser)
        answer = service.prove(
            self.work, self.city.gate, actor, WORDS[self.model.word], source=f"172.17.{self.fresh}.1"
        )
        assert isinstance(answer, SignInRefused) == self.model.locked()
        if isinstance(answer, SignedIn):
            self.model.failures = 0
            browser.open = False
            self.model.browsers.append(Browser(answer.token, self.model.now, browser.ends))

    def check(self) -> None:
        """Every token that was ever given opens exactly when the model says so; looking must not keep it alive."""
        for browser in self.model.browsers:
            with self.work.session.begin_nested() as point:
                found = service.actor_by_token(self.work.session, browser.token, self.model.now)
                point.rollback()
            assert (found is not None) == browser.lives(self.model.now)
            if found is not None:
                assert found.id == self.person.id
        assert len({browser.token for browser in self.model.browsers}) == len(self.model.browsers)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_the_door_does_what_its_description_says(city: City, steps: list[tuple[str, int]]) -> None:
    with city.work.session.begin_nested() as point:
        person = city.person(password=WORDS[0])
        city.member(person, Role.SAFETY_MANAGER, tenant=city.a)
        door = Door(city, person)
        for name, number in steps:
            getattr(door, name)(number)
            door.check()
        assert service.verify(door.work) is None
        point.rollback()
