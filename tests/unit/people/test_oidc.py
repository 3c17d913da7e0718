"""Signing in by a real provider's server, whole and by one that misbehaves in every way we could think of."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from id_provider import CLIENT, SECRET, id_provider
from sqlalchemy import select, text

from pipewarden.kit.addresses import Opened
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.vault import Sealer
from pipewarden.people import service
from pipewarden.people.adapters.openid import OpenIdProviders
from pipewarden.people.facts import (
    PLATFORM,
    Begun,
    BoundBy,
    Browser,
    ForbiddenError,
    HandleKind,
    NewProvider,
    NotFoundError,
    OutsideRefused,
    PersonState,
    Returned,
    Role,
    SignedIn,
    SignInRefused,
    WhyRefused,
)
from pipewarden.people.service import oidc
from pipewarden.people.store.outside import ProviderRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from id_provider import IdProvider
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Person, Provider
    from pipewarden.people.service import Outside

LOOPBACK = Opened((ip_network("127.0.0.0/8"),))
SOURCE = "10.0.0.7"
ADDRESS = "zhang@gas-a.example.org"


class Nobody:
    """A messenger that reaches nobody."""

    real = False

    def hand(self, _phone: str, _words: str) -> None:
        raise AssertionError("nothing is sent here")


@dataclass(slots=True)
class Front:
    """A browser between the house and a provider."""

    city: City
    there: IdProvider
    outside: Outside
    provider: Provider
    source: str = SOURCE
    told: list[OutsideRefused] = field(default_factory=list)

    def begin(self) -> Begun:
        answer = oidc.begin(self.city.at(PLATFORM), self.city.gate, self.provider.id, source=self.source)
        assert not isinstance(answer, SignInRefused)
        provider, token = answer
        return Begun(token, oidc.address_of(self.outside, provider, token))

    def back(self, token: str, said: dict[str, str]) -> SignedIn | OutsideRefused:
        """Do what the callback does, with its three steps."""
        work = self.city.at(PLATFORM)
        answer = Returned(said.get("state", ""), said.get("code", ""), said.get("error", ""), said.get("iss", ""))
        taken = oidc.take(work, self.outside, self.provider.id, token, answer, source=self.source)
        if not isinstance(taken, OutsideRefused):
            claimed = oidc.prove(self.outside, taken, token, answer, now=work.now())
            if not isinstance(claimed, OutsideRefused):
                browser = Browser(self.source, "browser")
                done = oidc.finish(work, self.city.gate, self.outside, taken, claimed, browser=browser)
                if isinstance(done, SignedIn):
                    return done
                claimed = done
            taken = claimed
        oidc.refused(work, self.provider.id, taken, source=self.source)
        return taken

    def sign_in(self, subject: str) -> SignedIn | OutsideRefused:
        begun = self.begin()
        return self.back(begun.token, self.there.at_authorize(begun.address, subject))


def wanted(there: IdProvider, **more: Any) -> NewProvider:
    return NewProvider(
        **({"name": "公司账号", "issuer": there.issuer, "client_id": CLIENT, "client_secret": SECRET} | more)
    )


@pytest.fixture
def there(city: City) -> Iterator[IdProvider]:
    with id_provider(city.work.now) as made:
        yield made


@pytest.fixture
def outside() -> Outside:
    chance = SystemChance().bytes
    return service.Outside(
        identity=OpenIdProviders(Outbound(LOOPBACK), within_s=2.0),
        messenger=Nobody(),
        sealer=Sealer(b"a secret of this test run alone.", chance),
        handle_key=b"k" * 32,
        public_url="https://gas.example.org",
    )


@pytest.fixture
def front(city: City, there: IdProvider, outside: Outside) -> Front:
    made = service.add_provider(city.at(city.a.id), outside, city.root, wanted(there))
    return Front(city, there, outside, made)


@pytest.fixture
def person(city: City) -> Person:
    made = city.person()
    city.member(made, Role.DISPATCHER, tenant=city.a, area=city.north)
    return made


@pytest.fixture
def bound(city: City, front: Front, person: Person) -> Person:
    service.bind(city.at(city.a.id), city.root, front.provider.id, "sub-1", person.id)
    return person


def refused(answer: SignedIn | OutsideRefused, why: WhyRefused) -> str:
    assert isinstance(answer, OutsideRefused), "a session was opened"
    assert answer.why is why, answer.problem
    return answer.problem


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"], None])
def test_a_bound_subject_comes_in_with_its_own_roles_and_no_other(
    front: Front, bound: Person, alg: str, methods: list[str] | None
) -> None:
    front.there.alg = alg
    if methods is not None:
        front.there.more = {"token_endpoint_auth_methods_supported": methods}
    made = front.sign_in("sub-1")
    assert isinstance(made, SignedIn)
    assert made.session.person_id == bound.id
    assert made.session.tenant_id == front.city.a.id
    assert {one.role for one in front.city.holder(made).memberships} == {Role.DISPATCHER}
    opened = service.entries_of(front.city.at(PLATFORM), "session", made.session.id)
    assert '"how":"oidc"' in opened[0].details


def test_a_public_client_has_pkce_alone(city: City, outside: Outside, there: IdProvider, person: Person) -> None:
    there.secret = ""
    made = service.add_provider(city.at(city.a.id), outside, city.root, wanted(there, client_secret=""))
    service.bind(city.at(city.a.id), city.root, made.id, "sub-1", person.id)
    assert isinstance(Front(city, there, outside, made).sign_in("sub-1"), SignedIn)


def test_who_is_nobody_here_gets_no_session_and_no_person_is_made(front: Front, bound: Person) -> None:
    count = front.city.work.session.scalar(text("SELECT count(*) FROM people_persons"))
    refused(front.sign_in("sub-2"), WhyRefused.UNKNOWN)
    assert front.city.work.session.scalar(text("SELECT count(*) FROM people_persons")) == count
    assert bound.id


TWISTS = [
    "wrong nonce", "no nonce", "wrong audience", "two audiences", "two audiences, made for the other",
    "made for another client", "expired", "no end", "not yet", "of tomorrow", "of yesterday", "no time",
    "another issuer", "no issuer", "no subject", "empty subject", "a subject that is a list", "another access token",
    "time as text", "another key", "alg none", "alg NONE", "HS256 with the public key", "a symmetric key is offered",
    "its own key in the header", "unknown key", "changed after signing", "cut off", "no id token", "no keys",
    "token redirects", "jwks redirects", "token is broken", "jwks is broken", "token is garbage", "jwks is garbage",
    "token is a list", "jwks is a list", "token is endless", "jwks is endless",
]  # fmt: skip


@pytest.mark.parametrize("twist", TWISTS)
def test_a_token_that_does_not_hold_opens_nothing(front: Front, bound: Person, twist: str) -> None:
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    front.there.twist = twist
    refused(front.back(begun.token, said), WhyRefused.UNTRUSTED)
    front.there.twist = ""
    assert isinstance(front.sign_in("sub-1"), SignedIn), "the very same provider, when it behaves"
    assert bound.id


@pytest.mark.parametrize(
    "twist",
    ["openid-configuration redirects", "openid-configuration is broken", "openid-configuration is garbage",
     "openid-configuration is a list", "openid-configuration is endless", "metadata of another issuer"],
)  # fmt: skip
def test_metadata_that_do_not_hold_lead_nobody_anywhere(front: Front, twist: str) -> None:
    front.there.twist = twist
    with pytest.raises(UnavailableError, match="does not answer as it should"):
        front.begin()


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://host/", "https://user@host/", "https://host/#here", "", None, 7, "https://ho st/"],
)
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_metadata_with_a_wrong_address_lead_nobody_anywhere(front: Front, name: str, address: object) -> None:
    front.there.more = {name: address}
    with pytest.raises(UnavailableError):
        front.begin()


def test_a_provider_cannot_make_the_house_ask_inside(front: Front, bound: Person) -> None:
    """Its metadata may name any address; the guard lets the house speak to none of its own networks."""
    for name in ("token_endpoint", "jwks_uri"):
        begun = front.begin()
        said = front.there.at_authorize(begun.address, "sub-1")
        front.there.more = {name: "http://10.0.0.1:1/"}
        assert "not allowed" in refused(front.back(begun.token, said), WhyRefused.UNREACHABLE)
        front.there.more = {}
    assert bound.id


def test_an_answer_is_taken_once(front: Front, bound: Person) -> None:
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    assert isinstance(front.back(begun.token, said), SignedIn)
    refused(front.back(begun.token, said), WhyRefused.EXPIRED)
    assert len(front.there.redeemed) == 1
    assert bound.id


def test_a_code_that_was_redeemed_before_opens_nothing(front: Front, bound: Person) -> None:
    first = front.begin()
    used = front.there.at_authorize(first.address, "sub-1")
    assert isinstance(front.back(first.token, used), SignedIn)
    second = front.begin()
    fresh = front.there.at_authorize(second.address, "sub-1")
    refused(front.back(second.token, fresh | {"code": used["code"]}), WhyRefused.UNTRUSTED)
    assert bound.id


def test_another_browser_cannot_use_an_answer(front: Front, bound: Person) -> None:
    """Neither a stolen answer, nor one that an attacker has begun and lets a victim's browser finish."""
    mine, theirs = front.begin(), front.begin()
    said = front.there.at_authorize(mine.address, "sub-1")
    for token in (theirs.token, "", "x" * 43):
        refused(front.back(token, said), WhyRefused.EXPIRED)
    assert isinstance(front.back(mine.token, said), SignedIn), "and the owner's own was not used up by it"
    assert bound.id


def test_a_code_stolen_from_another_sign_in_fails_for_its_verifier(front: Front, bound: Person) -> None:
    victim, attacker = front.begin(), front.begin()
    stolen = front.there.at_authorize(victim.address, "sub-1")
    own = front.there.at_authorize(attacker.address, "sub-9")
    refused(front.back(attacker.token, own | {"code": stolen["code"]}), WhyRefused.UNTRUSTED)
    assert bound.id


def test_an_answer_comes_in_time(front: Front, bound: Person, later: Any) -> None:
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    later(minutes=10, seconds=1)
    refused(front.back(begun.token, said), WhyRefused.EXPIRED)
    assert bound.id


def test_mixed_up_issuers(front: Front, bound: Person, outside: Outside) -> None:
    """An attacker's provider gets the answer of an honest one, or sends its own to the honest one's address."""
    city = front.city
    with id_provider(city.work.now) as evil:
        other = service.add_provider(city.at(city.a.id), outside, city.root, wanted(evil, name="evil"))
        begun = front.begin()
        said = front.there.at_authorize(begun.address, "sub-1")
        at_evil = Front(city, evil, outside, other)
        refused(at_evil.back(begun.token, said), WhyRefused.EXPIRED)
        assert evil.street is not None
        assert not [one for one in evil.street.asked if one.path == "/token"], "no code went to the other one"
        refused(front.back(begun.token, said | {"iss": evil.issuer}), WhyRefused.UNTRUSTED)
        front.there.more = {"authorization_response_iss_parameter_supported": True}
        begun = front.begin()
        said = front.there.at_authorize(begun.address, "sub-1")
        del said["iss"]
        refused(front.back(begun.token, said), WhyRefused.UNTRUSTED)
    assert bound.id


def test_a_provider_that_says_no_is_believed(front: Front, bound: Person) -> None:
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    refused(front.back(begun.token, {"state": said["state"], "error": "access_denied"}), WhyRefused.DENIED)
    refused(front.back(begun.token, said), WhyRefused.EXPIRED)
    assert bound.id


def test_a_provider_that_hangs_is_given_up(front: Front, bound: Person) -> None:
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    assert front.there.street is not None
    front.there.street.how = "hang"
    refused(front.back(begun.token, said), WhyRefused.UNREACHABLE)
    assert bound.id


def test_a_subject_of_another_provider_is_somebody_else(front: Front, bound: Person, outside: Outside) -> None:
    with id_provider(front.city.work.now) as second:
        made = service.add_provider(front.city.at(front.city.a.id), outside, front.city.root, wanted(second, name="b"))
        refused(Front(front.city, second, outside, made).sign_in("sub-1"), WhyRefused.UNKNOWN)
    assert bound.id


def test_a_tenants_provider_opens_no_door_of_another_tenant_or_of_the_platform(front: Front, bound: Person) -> None:
    """Else who runs the identity provider of one tenant would run every other."""
    city = front.city
    city.member(bound, Role.PATROLLER, tenant=city.b, area=city.south)
    refused(front.sign_in("sub-1"), WhyRefused.UNKNOWN)


def test_a_platform_administrator_is_not_let_in_by_a_tenants_provider(front: Front, bound: Person) -> None:
    front.city.member(bound, Role.PLATFORM_ADMIN)
    refused(front.sign_in("sub-1"), WhyRefused.UNKNOWN)


def test_the_platforms_own_provider_signs_in_whom_the_operator_bound(
    city: City, there: IdProvider, outside: Outside, person: Person
) -> None:
    made = service.add_provider(city.at(PLATFORM), outside, city.root, wanted(there))
    service.bind(city.at(PLATFORM), city.root, made.id, "sub-1", person.id)
    city.member(person, Role.PATROLLER, tenant=city.b, area=city.south)
    assert isinstance(Front(city, there, outside, made).sign_in("sub-1"), SignedIn)


@pytest.mark.parametrize("how", ["disabled", "membership over", "unbound", "provider removed"])
def test_who_may_not_come_in_any_more_does_not(front: Front, bound: Person, how: str) -> None:
    city = front.city
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    if how == "disabled":
        service.set_person_state(city.at(city.a.id), city.root, bound.id, PersonState.DISABLED)
    elif how == "membership over":
        ((_, held),) = service.memberships(city.at(city.a.id), city.root)
        service.end_membership(city.at(city.a.id), city.root, held.id)
    elif how == "unbound":
        (binding,) = service.bindings(city.at(city.a.id), city.root, bound.id)
        service.unbind(city.at(city.a.id), city.root, binding.id)
    else:
        assert service.remove_provider(city.at(city.a.id), city.root, front.provider.id) == 1
    answer = front.back(begun.token, said)
    refused(answer, WhyRefused.EXPIRED if how == "provider removed" else WhyRefused.UNKNOWN)


class TestByEmail:
    @pytest.fixture
    def mail(self, city: City, there: IdProvider, outside: Outside, person: Person) -> Front:
        there.email = ADDRESS
        asked = wanted(there, by_email=True, domains=("gas-a.example.org",))
        made = service.add_provider(city.at(city.a.id), outside, city.root, asked)
        service.add_handle(
            city.at(city.a.id), outside, city.root, person.id, kind=HandleKind.EMAIL, address=ADDRESS.upper()
        )
        return Front(city, there, outside, made)

    def test_a_verified_address_binds_once_and_then_the_subject_counts(self, mail: Front, person: Person) -> None:
        made = mail.sign_in("sub-5")
        assert isinstance(made, SignedIn)
        assert made.session.person_id == person.id
        (binding,) = service.bindings(mail.city.at(mail.city.a.id), mail.city.root, person.id)
        assert (binding.subject, binding.how) == ("sub-5", BoundBy.EMAIL)
        mail.there.email = "now-other@gas-a.example.org"
        assert isinstance(mail.sign_in("sub-5"), SignedIn)

    def test_a_second_subject_with_the_same_address_is_nobody(self, mail: Front) -> None:
        """An address that the company gives to somebody else later must not give them the first one's account."""
        assert isinstance(mail.sign_in("sub-5"), SignedIn)
        refused(mail.sign_in("sub-6"), WhyRefused.UNKNOWN)

    @pytest.mark.parametrize("verified", [False, "true", 1, None])
    def test_only_verified_is_verified(self, mail: Front, verified: object) -> None:
        mail.there.email_verified = verified
        refused(mail.sign_in("sub-5"), WhyRefused.UNKNOWN)

    @pytest.mark.parametrize(
        "address", ["zhang@evil.example.org", "zhang@sub.gas-a.example.org", "zhang@gas-a.example.org.evil.org",
                    "zhang", "li@gas-a.example.org", "zhang@GAS-A.example.org@evil.org", "z hang@gas-a.example.org"],
    )  # fmt: skip
    def test_another_domain_or_another_address_is_nobody(self, mail: Front, address: str) -> None:
        mail.there.email = address
        refused(mail.sign_in("sub-5"), WhyRefused.UNKNOWN)

    def test_not_where_the_tenant_does_not_say_so(self, front: Front, person: Person, outside: Outside) -> None:
        at, city = front.city.at(front.city.a.id), front.city
        service.add_handle(at, outside, city.root, person.id, kind=HandleKind.EMAIL, address=ADDRESS)
        front.there.email = ADDRESS
        refused(front.sign_in("sub-5"), WhyRefused.UNKNOWN)


def test_begun_sign_ins_are_counted_by_address(front: Front) -> None:
    for _ in range(20):
        front.begin()
    answer = oidc.begin(front.city.at(PLATFORM), front.city.gate, front.provider.id, source=SOURCE)
    assert isinstance(answer, SignInRefused)
    front.source = "10.0.0.8"
    front.begin()


def test_failures_count_with_wrong_passwords(front: Front, bound: Person) -> None:
    for _ in range(20):
        refused(front.back("x" * 43, {"state": "y", "code": "z"}), WhyRefused.EXPIRED)
    assert isinstance(
        oidc.begin(front.city.at(PLATFORM), front.city.gate, front.provider.id, source=SOURCE), SignInRefused
    )
    answer = service.sign_in(front.city.at(PLATFORM), front.city.gate, bound.login, "wrong horse", source=SOURCE)
    assert isinstance(answer, SignInRefused)
    assert answer.retry_after.total_seconds() > 0


def test_what_is_stored_opens_nothing(front: Front) -> None:
    """Of client secret, state, nonce and verifier the database holds no byte in clear."""
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    session = front.city.work.session
    dump = str(session.execute(text("SELECT * FROM people_providers")).all())
    dump += str(session.execute(text("SELECT * FROM people_flows")).all())
    for secret in (SECRET, begun.token, said["state"], front.there.codes[said["code"]]["nonce"]):
        assert secret not in dump
        assert secret.encode().hex() not in dump
    assert SECRET not in repr(front.outside)
    assert SECRET not in repr(wanted(front.there))
    assert session.scalar(select(ProviderRow.secret_sealed)) is not None
    service.remove_provider(front.city.at(front.city.a.id), front.city.root, front.provider.id)
    assert session.scalar(select(ProviderRow.secret_sealed)) is None


def test_what_failed_is_on_record_without_a_token(front: Front, bound: Person) -> None:
    begun = front.begin()
    said = front.there.at_authorize(begun.address, "sub-1")
    front.there.twist = "wrong audience"
    front.back(begun.token, said)
    (entry,) = service.entries_of(front.city.at(PLATFORM), "provider", front.provider.id)
    assert entry.act == "session.refused"
    assert "aud" in entry.details
    assert said["code"] not in entry.details
    assert begun.token not in entry.details
    assert bound.id


def test_without_an_address_of_its_own_the_house_sends_nobody_out(front: Front) -> None:
    front.outside = service.Outside(
        front.outside.identity, front.outside.messenger, front.outside.sealer, front.outside.handle_key
    )
    with pytest.raises(RefusedError, match="is not set"):
        front.begin()


class TestAdministration:
    def test_only_who_manages_persons_adds_binds_and_ends(self, front: Front, person: Person, outside: Outside) -> None:
        city = front.city
        at = city.at(city.a.id)
        dispatcher = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
        admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
        other = city.actor(Role.TENANT_ADMIN, tenant=city.b)
        with pytest.raises(ForbiddenError):
            service.add_provider(at, outside, dispatcher, wanted(front.there, client_id="x"))
        with pytest.raises(NotFoundError):
            service.add_provider(at, outside, other, wanted(front.there, client_id="x"))
        with pytest.raises(ForbiddenError):
            service.bind(at, dispatcher, front.provider.id, "s", person.id)
        with pytest.raises(NotFoundError):
            service.bind(at, other, front.provider.id, "s", person.id)
        with pytest.raises(NotFoundError):
            service.bind(city.at(city.b.id), other, front.provider.id, "s", person.id)
        binding = service.bind(at, admin, front.provider.id, "s", person.id)
        with pytest.raises(NotFoundError):
            service.unbind(at, other, binding.id)
        with pytest.raises(NotFoundError):
            service.remove_provider(city.at(city.b.id), other, front.provider.id)
        assert [one.id for one in service.providers(at, admin)] == [front.provider.id]
        service.unbind(at, admin, binding.id)
        assert service.bindings(at, admin, person.id) == []

    def test_nobody_binds_themself_or_an_auditor(self, front: Front) -> None:
        city = front.city
        admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
        auditor = city.actor(Role.AUDITOR, tenant=city.a)
        for one in (admin, auditor):
            with pytest.raises(RefusedError):
                service.bind(city.at(city.a.id), admin, front.provider.id, "s", one.id)

    def test_a_person_with_a_membership_elsewhere_is_out_of_reach(self, front: Front, person: Person) -> None:
        city = front.city
        city.member(person, Role.PATROLLER, tenant=city.b, area=city.south)
        admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
        with pytest.raises(NotFoundError):
            service.bind(city.at(city.a.id), admin, front.provider.id, "s", person.id)

    def test_one_subject_is_one_person(self, front: Front, bound: Person) -> None:
        city, other = front.city, front.city.person()
        city.member(other, Role.DISPATCHER, tenant=city.a, area=city.north)
        with pytest.raises(RefusedError, match="bound already"):
            service.bind(city.at(city.a.id), city.root, front.provider.id, "sub-1", other.id)
        assert bound.id

    def test_one_address_is_one_person(self, front: Front, person: Person, outside: Outside) -> None:
        city, at = front.city, front.city.at(front.city.a.id)
        other = city.person()
        city.member(other, Role.DISPATCHER, tenant=city.a, area=city.north)
        kept = service.add_handle(at, outside, city.root, person.id, kind=HandleKind.PHONE, address="138 0000 0000")
        assert kept.shown == "+86…00"
        with pytest.raises(RefusedError, match="somebody's already"):
            service.add_handle(at, outside, city.root, other.id, kind=HandleKind.PHONE, address="+8613800000000")
        assert service.handles(at, city.root, person.id) == [kept]
        service.end_handle(at, city.root, kept.id)
        service.add_handle(at, outside, city.root, other.id, kind=HandleKind.PHONE, address="+8613800000000")
        assert "13800000000" not in str(city.work.session.execute(text("SELECT * FROM people_handles")).all())

    @pytest.mark.parametrize(
        ("field", "more"),
        [
            ("name", {"name": " "}), ("name", {"name": "a\nb"}), ("issuer", {"issuer": "ftp://id.example.org"}),
            ("issuer", {"issuer": "https://"}), ("issuer", {"issuer": "https://a@id.example.org"}),
            ("issuer", {"issuer": "https://id.example.org?a=b"}), ("issuer", {"issuer": "https://[::1"}),
            ("issuer", {"issuer": "https://id.example.org/#a"}), ("client_id", {"client_id": ""}),
            ("client_id", {"client_id": "a\nb"}), ("client_secret", {"client_secret": "x" * 301}),
            ("domains", {"by_email": True}), ("domains", {"by_email": True, "domains": ("@x.org",)}),
            ("domains", {"domains": ("localhost",)}),
        ],
    )  # fmt: skip
    def test_what_cannot_be_a_provider_is_refused(
        self, city: City, outside: Outside, there: IdProvider, field: str, more: dict[str, Any]
    ) -> None:
        with pytest.raises(InputError) as caught:
            service.add_provider(city.at(city.a.id), outside, city.root, wanted(there, **more))
        assert caught.value.field == field

    def test_ten_and_no_more_and_none_twice(self, front: Front, outside: Outside) -> None:
        at, city = front.city.at(front.city.a.id), front.city
        with pytest.raises(RefusedError, match="here already"):
            service.add_provider(at, outside, city.root, wanted(front.there))
        for number in range(9):
            service.add_provider(at, outside, city.root, wanted(front.there, client_id=f"c{number}"))
        with pytest.raises(RefusedError, match="10 already"):
            service.add_provider(at, outside, city.root, wanted(front.there, client_id="c10"))
        shown: list[UUID] = [one.id for one in service.open_providers(at, city.a.id)]
        assert len(shown) == 10
        assert service.open_providers(at, None) == []


def test_old_sign_ins_are_forgotten(front: Front, later: Any) -> None:
    front.begin()
    later(days=2, seconds=1)
    assert service.forget_outside(front.city.at(PLATFORM)) == 1
