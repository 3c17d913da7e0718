"""Signing in from outside over HTTP: cookies, redirects that lead nowhere else, limits, and who may administer it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from id_provider import CLIENT, SECRET, id_provider
from outside_api import opened
from robot_street import said, street
from sqlalchemy import text

from pipewarden.act.adapters.texts import Texts
from pipewarden.act.rules.sign import webhook_problem
from pipewarden.kit.addresses import Opened
from pipewarden.kit.outbound import Outbound
from pipewarden.main.outside import ChannelMessenger
from pipewarden.main.web.outside import FLOW_COOKIE, Slots
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Browser, CodeAsked, Flow, HandleKind, Returned, Role, SignedIn
from pipewarden.people.http import COOKIE
from pipewarden.people.service import oidc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from id_provider import IdProvider
    from outside_api import Box

PHONE = "+8613812340000"


@pytest.fixture
def there(town: Any) -> Iterator[IdProvider]:
    with id_provider(town.home.factory.clock.now) as made:
        yield made
        with town.home.work() as work:
            gone = "UPDATE people_providers SET removed_at = now() WHERE removed_at IS NULL"
            work.session.execute(text(gone))


@pytest.fixture
def box(town: Any) -> Iterator[Box]:
    with opened(town) as made:
        yield made


def added(town: Any, there: IdProvider, **more: Any) -> dict[str, Any]:
    body = {"name": "公司账号", "issuer": there.issuer, "client_id": CLIENT, "client_secret": SECRET} | more
    answer = town.client.as_(town.who("tenant_admin"), "POST", "/v1/providers", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def someone(town: Any, role: Role = Role.DISPATCHER) -> str:
    return str(town.person(role, area=town.east).id)


def bound(town: Any, provider: dict[str, Any], person: str, subject: str) -> dict[str, Any]:
    body = {"provider_id": provider["id"], "subject": subject}
    answer = town.client.as_(town.who("tenant_admin"), "POST", f"/v1/people/{person}/bindings", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def gone_out(town: Any, provider: dict[str, Any]) -> tuple[str, str]:
    answer = town.client.as_(None, "POST", "/v1/sign-in/oidc", json={"provider_id": provider["id"]})
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/v1/sign-in/oidc" in cookie
    return cookie.partition("=")[2].partition(";")[0], answer.json()["address"]


def came_back(town: Any, provider: dict[str, Any], token: str, query: dict[str, str]) -> Any:
    headers = {"Cookie": f"{FLOW_COOKIE}={token}"}
    path = f"/v1/sign-in/oidc/{provider['id']}/callback"
    return town.client.as_(None, "GET", path, params=query, headers=headers, follow_redirects=False)


def fresh(town: Any) -> None:
    """Forget the counts that other tests left for this address."""
    with town.home.work() as work:
        work.session.execute(text("DELETE FROM people_attempts"))
        work.session.execute(text("DELETE FROM people_flows"))
        work.session.execute(text("DELETE FROM people_codes"))


def test_the_whole_way_out_and_back(town: Any, there: IdProvider, box: Box) -> None:
    fresh(town)
    provider = added(town, there)
    assert provider["redirect"] == f"https://town.example.org/v1/sign-in/oidc/{provider['id']}/callback"
    assert SECRET not in json.dumps(provider)
    person = someone(town)
    bound(town, provider, person, "sub-1")
    ways = town.client.as_(None, "GET", "/v1/sign-in/ways").json()
    assert {"id": provider["id"], "name": "公司账号"} in ways["providers"]
    token, address = gone_out(town, provider)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["redirect_uri"] == provider["redirect"]
    assert asked["scope"] == "openid"
    answer = came_back(town, provider, token, there.at_authorize(address, "sub-1"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?outside=done")
    cookies = answer.headers.get_list("set-cookie")
    session = next(one for one in cookies if one.startswith(f"{COOKIE}="))
    assert all(word in session for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert any(one.startswith(f'{FLOW_COOKIE}="";') for one in cookies), "the flow's cookie is gone"
    mine = {"Cookie": session.partition(";")[0]}
    me = town.client.as_(None, "GET", "/v1/me", headers=mine).json()
    assert me["id"] == person
    assert [one["role"] for one in me["memberships"]] == ["dispatcher"]
    assert box.sent == []


def test_a_second_return_and_a_strange_browser_get_nothing(town: Any, there: IdProvider, box: Box) -> None:
    fresh(town)
    provider = added(town, there)
    bound(town, provider, someone(town), "sub-1")
    token, address = gone_out(town, provider)
    query = there.at_authorize(address, "sub-1")
    for strange in ("", "x" * 43):
        answer = came_back(town, provider, strange, query)
        assert answer.headers["location"] == "/sign-in?outside=expired"
    assert came_back(town, provider, token, query).headers["location"] == "/sign-in?outside=done"
    again = came_back(town, provider, token, query)
    assert again.headers["location"] == "/sign-in?outside=expired"
    assert not any(one.startswith(f"{COOKIE}=") for one in again.headers.get_list("set-cookie"))
    assert box.sent == []


@pytest.mark.parametrize(
    ("twist", "query", "why"),
    [
        ("wrong nonce", {}, "untrusted"),
        ("alg none", {}, "untrusted"),
        ("another key", {}, "untrusted"),
        ("expired", {}, "untrusted"),
        ("wrong audience", {}, "untrusted"),
        ("token redirects", {}, "untrusted"),
        ("", {"iss": "https://evil.example.org"}, "untrusted"),
        ("", {"error": "access_denied"}, "denied"),
        ("", {"state": "x"}, "expired"),
        ("", {"code": ""}, "untrusted"),
    ],
)
def test_what_fails_leads_to_our_own_page_with_one_word(  # noqa: PLR0917
    town: Any, there: IdProvider, box: Box, twist: str, query: dict[str, str], why: str
) -> None:
    fresh(town)
    provider = added(town, there)
    bound(town, provider, someone(town), "sub-1")
    token, address = gone_out(town, provider)
    returned = there.at_authorize(address, "sub-1") | query
    there.twist = twist
    answer = came_back(town, provider, token, returned)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?outside={why}")
    assert not any(one.startswith(f"{COOKIE}=") for one in answer.headers.get_list("set-cookie"))
    assert box.sent == []


def test_who_is_nobody_is_told_so(town: Any, there: IdProvider, box: Box) -> None:
    fresh(town)
    provider = added(town, there)
    token, address = gone_out(town, provider)
    answer = came_back(town, provider, token, there.at_authorize(address, "sub-77"))
    assert answer.headers["location"] == "/sign-in?outside=unknown"
    assert box.sent == []


def test_a_session_that_was_planted_ends(town: Any, there: IdProvider, box: Box) -> None:
    fresh(town)
    provider = added(town, there)
    bound(town, provider, someone(town), "sub-1")
    planted = town.person(Role.DISPATCHER, area=town.east)
    token, address = gone_out(town, provider)
    headers = {"Cookie": f"{FLOW_COOKIE}={token}; {COOKIE}={planted.token}"}
    path = f"/v1/sign-in/oidc/{provider['id']}/callback"
    query = there.at_authorize(address, "sub-1")
    town.client.as_(None, "GET", path, params=query, headers=headers, follow_redirects=False)
    assert town.client.as_(planted, "GET", "/v1/me").status_code == 401
    assert box.sent == []


def test_a_provider_that_is_away_is_said_to_be(town: Any, there: IdProvider, box: Box) -> None:
    fresh(town)
    provider = added(town, there)
    there.twist = "openid-configuration is broken"
    answer = town.client.as_(None, "POST", "/v1/sign-in/oidc", json={"provider_id": provider["id"]})
    assert answer.status_code == 503
    assert answer.json()["field"] == "provider"
    assert box.sent == []


def test_begun_sign_ins_are_limited_by_address(town: Any, there: IdProvider, box: Box) -> None:
    fresh(town)
    provider = added(town, there)
    for _ in range(20):
        gone_out(town, provider)
    answer = town.client.as_(None, "POST", "/v1/sign-in/oidc", json={"provider_id": provider["id"]})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    fresh(town)
    assert box.sent == []


def test_few_go_out_at_once_and_nobody_waits_with_a_connection(town: Any, there: IdProvider, box: Box) -> None:
    """A provider that hangs takes the slots of sign-ins, and nothing else of the house."""
    fresh(town)
    provider = added(town, there)
    town.app.state.outside_slots = Slots(1)
    assert there.street is not None
    there.street.how = "hang"
    answers: list[Any] = []
    ask = {"provider_id": provider["id"]}
    slow = threading.Thread(target=lambda: answers.append(town.client.as_(None, "POST", "/v1/sign-in/oidc", json=ask)))
    slow.start()
    for _ in range(100):
        if there.street.asked:
            break
        threading.Event().wait(0.05)
    with town.home.work() as work:
        held = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        assert work.session.scalar(text(held)) == 0
    full = town.client.as_(None, "POST", "/v1/sign-in/oidc", json=ask)
    assert full.status_code == 409
    assert full.headers["retry-after"] == "5"
    slow.join()
    assert answers[0].status_code == 503
    town.app.state.outside_slots = Slots()
    assert box.sent == []


def test_without_a_public_address_no_provider_is_shown(town: Any, there: IdProvider) -> None:
    added(town, there)
    ways = town.client.as_(None, "GET", "/v1/sign-in/ways").json()
    assert ways["providers"] == []
    assert ways["phone"] is False
    assert "no messenger" in ways["phone_problem"]


def test_ways_of_a_tenant_that_does_not_exist_are_none(town: Any, there: IdProvider, box: Box) -> None:
    provider = added(town, there)
    shown = town.client.as_(None, "GET", "/v1/sign-in/ways?tenant=no-such").json()
    assert provider["id"] not in {one["id"] for one in shown["providers"]}
    assert shown["phone"] is True
    assert box.sent == []


class TestPhone:
    def asked(self, town: Any, phone: str) -> Any:
        return town.client.as_(None, "POST", "/v1/sign-in/code", json={"phone": phone})

    def with_phone(self, town: Any, phone: str = PHONE) -> str:
        person = someone(town, Role.PATROLLER)
        with town.at(town.a) as work:
            people.add_handle(
                work, town.app.state.outside, people.operator(town.a), UUID(person),
                kind=HandleKind.PHONE, address=phone,
            )  # fmt: skip
        return person

    def test_a_code_opens_a_session(self, town: Any, box: Box) -> None:
        fresh(town)
        person = self.with_phone(town)
        answer = self.asked(town, "138 1234 0000")
        assert answer.status_code == 202
        assert answer.json()["valid_s"] == 300
        assert answer.json()["again_s"] == 60
        path = f"/v1/sign-in/code/{answer.json()['challenge']}"
        bad = town.client.as_(None, "POST", path, json={"code": "000000" if box.code != "000000" else "000001"})
        assert bad.status_code == 401
        good = town.client.as_(None, "POST", path, json={"code": box.code})
        assert good.status_code == 201
        assert good.json()["person_id"] == person
        assert "HttpOnly" in good.headers["set-cookie"]
        assert town.client.as_(None, "POST", path, json={"code": box.code}).status_code == 401

    def test_known_and_unknown_look_the_same(self, town: Any, box: Box) -> None:
        fresh(town)
        self.with_phone(town, "+8613812340001")
        answers = [self.asked(town, phone) for phone in ("+8613812340001", "+8613812340002")]
        shapes = [(one.status_code, sorted(one.json()), one.json()["valid_s"]) for one in answers]
        assert shapes[0] == shapes[1]
        known, unknown = (sorted(set(one.headers) - {"date"}) for one in answers)
        assert known == unknown
        assert len(box.sent) == 1
        again = [self.asked(town, phone) for phone in ("+8613812340001", "+8613812340002")]
        assert {one.status_code for one in again} == {429}
        assert all(0 < int(one.headers["retry-after"]) <= 60 for one in again)
        assert {one.json()["detail"].partition(";")[0] for one in again} == {"codes are asked for too often"}

    def test_where_the_channel_is_switched_off_the_door_says_so(self, town: Any, box: Box) -> None:
        fresh(town)
        with town.at(town.a) as work:
            people.set_switch(work, people.operator(), "channel:sms", on=False, reason="t", everywhere=True)
        try:
            answer = self.asked(town, PHONE)
            assert answer.status_code == 503
            assert answer.json()["field"] == "phone"
        finally:
            with town.at(town.a) as work:
                people.set_switch(work, people.operator(), "channel:sms", on=True, reason="t", everywhere=True)
        assert box.sent == []

    def test_a_number_that_is_none_is_refused(self, town: Any, box: Box) -> None:
        answer = self.asked(town, "abc")
        assert answer.status_code == 422
        assert answer.json()["field"] == "phone"
        assert box.sent == []


def test_the_gateway_gets_a_signed_message_and_the_answer_does_not_wait_for_it(town: Any) -> None:
    key = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    with street(lambda _asked: said({"ok": True})) as gateway:
        channel = Texts(Outbound(Opened((ip_network("127.0.0.0/8"),))), f"{gateway.url}/send", key)
        messenger = ChannelMessenger(channel, town.home.factory.clock, town.home.factory.ids)
        assert messenger.real
        messenger.hand(PHONE, "【管卫】登录验证码 123456")
        messenger.hands.shutdown(wait=True)
        (got,) = gateway.asked
    assert got.json == {"to": PHONE, "text": "【管卫】登录验证码 123456"}
    now = town.home.factory.clock.now()
    assert webhook_problem(got.headers, got.body, key, now) is None


def test_a_channel_that_breaks_does_not_stop_the_next_code(town: Any) -> None:
    class Broken:
        real, limit, sent = True, 100, 0

        def send(self, _message: Any, *, within_s: float) -> Any:
            del within_s
            self.sent += 1
            raise ValueError("broken")

    broken = Broken()
    messenger = ChannelMessenger(broken, town.home.factory.clock, town.home.factory.ids)
    for _ in range(3):
        messenger.hand(PHONE, "x")
    messenger.hands.shutdown(wait=True)
    assert broken.sent == 3
    assert not ChannelMessenger(None, town.home.factory.clock, town.home.factory.ids).real


def test_administration(town: Any, there: IdProvider, box: Box) -> None:
    provider, person = added(town, there, name="verwaltet"), someone(town)
    admin = town.who("tenant_admin")
    binding = bound(town, provider, person, "sub-9")
    path = f"/v1/people/{person}"
    handle = town.client.as_(admin, "POST", f"{path}/handles", json={"kind": "email", "address": "W@Gas.example.org"})
    assert handle.status_code == 201
    assert "gas" not in handle.json()["shown"].partition("@")[0]
    page = town.client.as_(admin, "GET", f"{path}/outside").json()
    assert [one["id"] for one in page["bindings"]] == [binding["id"]]
    assert [one["id"] for one in page["handles"]] == [handle.json()["id"]]
    listed = town.client.as_(admin, "GET", "/v1/providers").json()["items"]
    assert provider["id"] in {one["id"] for one in listed}
    assert SECRET not in json.dumps(listed)
    assert town.client.as_(admin, "DELETE", f"/v1/bindings/{binding['id']}").status_code == 204
    assert town.client.as_(admin, "DELETE", f"/v1/bindings/{binding['id']}").status_code == 404
    assert town.client.as_(admin, "DELETE", f"/v1/handles/{handle.json()['id']}").status_code == 204
    assert town.client.as_(admin, "DELETE", f"/v1/providers/{provider['id']}").status_code == 204
    assert town.client.as_(admin, "GET", f"{path}/outside").json() == {"bindings": [], "handles": []}
    assert box.sent == []


class TestAtOnce:
    """Eight at the same moment, each in a transaction of its own that really commits."""

    def at_once(self, town: Any, act: Any) -> list[Any]:
        start = threading.Barrier(8)

        def go(number: int) -> Any:
            start.wait(timeout=30)
            with town.at(PLATFORM) as work:
                return act(work, number)

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(go, range(8)))

    def sent(self, town: Any, box: Box, phone: str) -> CodeAsked:
        fresh(town)
        person = someone(town, Role.PATROLLER)
        root, doors = people.operator(town.a), town.app.state.outside
        with town.at(town.a) as work:
            people.add_handle(work, doors, root, UUID(person), kind=HandleKind.PHONE, address=phone)
            asked = people.ask_code(work, town.gate, doors, town.a, phone, source="10.50.0.1")
        assert isinstance(asked, CodeAsked)
        assert box.sent
        return asked

    def test_one_code_opens_one_session(self, town: Any, box: Box) -> None:
        asked, doors = self.sent(town, box, "+8613812349001"), town.app.state.outside

        def use(work: Any, number: int) -> Any:
            browser = Browser(f"10.51.0.{number}")
            return people.use_code(work, town.gate, doors, asked.challenge, box.code, browser=browser)

        assert sum(isinstance(one, SignedIn) for one in self.at_once(town, use)) == 1

    def test_guesses_get_five_tries(self, town: Any, box: Box) -> None:
        asked, doors = self.sent(town, box, "+8613812349002"), town.app.state.outside
        wrong = f"{(int(box.code) + 1) % 1_000_000:06d}"

        def guess(work: Any, number: int) -> Any:
            browser = Browser(f"10.52.0.{number}")
            return people.use_code(work, town.gate, doors, asked.challenge, wrong, browser=browser)

        assert not any(isinstance(one, SignedIn) for one in self.at_once(town, guess))
        with town.home.work() as work:
            kept = text("SELECT tries, ended_at FROM people_codes WHERE id = :id")
            tries, ended_at = work.session.execute(kept, {"id": asked.challenge}).one()
        assert tries == 5
        assert ended_at is not None

    def test_one_code_is_sent(self, town: Any, box: Box) -> None:
        self.sent(town, box, "+8613812349003")
        fresh(town)
        box.sent.clear()
        doors = town.app.state.outside

        def ask(work: Any, number: int) -> Any:
            return people.ask_code(work, town.gate, doors, town.a, "+8613812349003", source=f"10.53.0.{number}")

        assert sum(isinstance(one, CodeAsked) for one in self.at_once(town, ask)) == 1
        assert len(box.sent) == 1

    def test_an_answer_is_taken_once(self, town: Any, there: IdProvider, box: Box) -> None:
        fresh(town)
        provider, doors = added(town, there), town.app.state.outside
        token, address = gone_out(town, provider)
        query = there.at_authorize(address, "sub-1")
        said_ = Returned(query["state"], query["code"])

        def take(work: Any, number: int) -> Any:
            return oidc.take(work, doors, UUID(provider["id"]), token, said_, source=f"10.54.0.{number}")

        assert sum(isinstance(one, Flow) for one in self.at_once(town, take)) == 1
        assert box.sent == []
