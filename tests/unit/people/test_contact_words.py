"""Whatever is typed as an address is kept in a form that can be sent, or refused by name; a hint gives none away."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import ContactKind, NewContact
from pipewarden.people.rules.contact import LONGEST, address_of, hook_secret, masked

HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PHONES = [ContactKind.SMS, ContactKind.VOICE]
TYPED = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="[]:/@#?&=%.ahtps0\n ", max_size=60),
    st.sampled_from(["https://", "http://", "https://[", "mailto:"]).flatmap(
        lambda start: st.text(alphabet="[]:/@#?&=%.a1\t", max_size=30).map(lambda rest: start + rest)
    ),
)


def given_or_refused(wanted: NewContact) -> tuple[str, str] | InputError:
    try:
        return address_of(wanted, "items.5")
    except InputError as refused:
        return refused


@given(kind=st.sampled_from(sorted(ContactKind)), address=TYPED, secret=st.sampled_from(["", HOOK, "SECabc12345"]))
def test_whatever_is_typed_is_kept_or_refused_by_name(kind: ContactKind, address: str, secret: str) -> None:
    found = given_or_refused(NewContact(kind, address, secret))
    if isinstance(found, InputError):
        assert found.field in {"items.5.address", "items.5.secret"}
        assert len(address.strip()) < 8 or address.strip() not in f"{found.problem} {found.fix}"
    else:
        assert address_of(NewContact(kind, *found), "again") == found, "what is kept can be given once more"


@pytest.mark.parametrize(
    "url",
    [
        "https://[",
        "https://[::1/path",
        "http://[not-an-address]/x",
        "https://hook.example.org:99999/x",
        "https://hook.example.org:port/x",
        "https://hook.example.org:0/x",
        "https://管道.example.org/x",
        "https:///only-a-path",
        "https://hook.example.org/x#part",
        "HTTPS://user@hook.example.org/x",
        "//hook.example.org/x",
        "https://hook.example.org/a\nHost: other",
        "https://hook.example.org/a b",
    ],
)
def test_an_address_that_can_never_be_posted_to_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(InputError) as caught:
        address_of(NewContact(ContactKind.WEBHOOK, url, HOOK), "items.0")
    assert caught.value.field == "items.0.address"


@pytest.mark.parametrize("kind", [ContactKind.WECOM, ContactKind.DINGTALK, ContactKind.FEISHU])
@pytest.mark.parametrize("url", ["https://[", "https://[x]/?key=abcdefgh", "https://", "https://host?access_token="])
def test_a_robots_address_that_is_none_is_refused(kind: ContactKind, url: str) -> None:
    with pytest.raises(InputError) as caught:
        address_of(NewContact(kind, url), "items.1")
    assert (caught.value.field, kind.value in caught.value.problem) == ("items.1.address", True)


def test_of_two_keys_in_an_address_the_first_counts_and_its_neighbours_do_not() -> None:
    url = "https://qyapi.example.org/cgi-bin/webhook/send?debug=1&key=first-key-1&key=second-key-2"
    assert address_of(NewContact(ContactKind.WECOM, url), "x")[0] == "first-key-1"
    signed = "https://oapi.example.org/robot/send?access_token=abcdefgh1&timestamp=1&sign=x%2Fy"
    assert address_of(NewContact(ContactKind.DINGTALK, signed), "x")[0] == "abcdefgh1"


def test_a_robot_of_one_vendor_is_not_another_vendors() -> None:
    """DingTalk's alphabet is the narrowest: a WeCom key has dashes, and apprise would refuse it in the night."""
    key = "693a91f6-7bc4-4bc4-97a0-0ec2sifa5aaa"
    assert address_of(NewContact(ContactKind.WECOM, key), "x")[0] == key
    with pytest.raises(InputError, match="dingtalk"):
        address_of(NewContact(ContactKind.DINGTALK, key), "x")


@given(st.binary(max_size=80))
def test_a_signing_key_has_the_length_of_the_standard(raw: bytes) -> None:
    """Standard Webhooks 1.0: 24 to 64 bytes."""
    secret = f"whsec_{base64.b64encode(raw).decode()}"
    if 24 <= len(raw) <= 64:
        assert hook_secret(secret, "s") == secret
    else:
        with pytest.raises(InputError, match="24-64"):
            hook_secret(secret, "s")


@pytest.mark.parametrize("secret", ["", HOOK.removeprefix("whsec_"), HOOK.upper(), "whsec_whsec_" + HOOK])
def test_what_is_written_otherwise_is_no_signing_key(secret: str) -> None:
    with pytest.raises(InputError) as caught:
        hook_secret(secret, "items.0.secret")
    assert caught.value.field == "items.0.secret"
    assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize(("digits", "taken"), [(4, False), (5, True), (15, True), (16, False)])
def test_a_number_has_as_many_digits_as_numbers_have(digits: int, taken: bool) -> None:
    """E.164: at most 15 digits; a short number of an operator has 5."""
    wanted = NewContact(ContactKind.SMS, "1" * digits)
    if taken:
        assert address_of(wanted, "x") == ("1" * digits, "")
    else:
        with pytest.raises(InputError, match="sms"):
            address_of(wanted, "x")


def test_digits_of_other_alphabets_are_no_number() -> None:
    for typed in ("١٢٣٤٥٦٧", "１３８００００１２３４", "138 0000 12three"):
        with pytest.raises(InputError):
            address_of(NewContact(ContactKind.VOICE, typed), "x")


@given(st.sampled_from(PHONES), st.from_regex(r"\A\+?[0-9]{5,15}\Z"))
def test_a_hint_of_a_number_leaves_something_to_guess(kind: ContactKind, number: str) -> None:
    kept, _ = address_of(NewContact(kind, number), "x")
    shown = masked(kind, kept)
    assert "…" in shown
    hidden = len(re.sub(r"\D", "", kept)) - len(re.sub(r"\D", "", shown))
    assert hidden >= 3, shown


@given(st.from_regex(r"\A[0-9]{6,20}\Z"), st.integers(1, 65535))
def test_a_hint_of_a_webhook_is_its_host_alone(secret: str, port: int) -> None:
    """Keys of foreign webhooks stand in paths and in queries, and a port tells who runs it."""
    for url in (f"https://hook.example.org:{port}/{secret}", f"https://hook.example.org/?key={secret}"):
        shown = masked(ContactKind.WEBHOOK, url)
        assert "hook.example.org" in shown
        assert not any(ch.isdigit() for ch in shown), shown


def test_the_longest_address_is_taken_and_one_more_is_not() -> None:
    start = "https://hook.example.org/"
    just = start + "x" * (LONGEST - len(start))
    assert address_of(NewContact(ContactKind.WEBHOOK, f"  {just}  ", HOOK), "x") == (just, HOOK)
    with pytest.raises(InputError, match=str(LONGEST)):
        address_of(NewContact(ContactKind.WEBHOOK, f"{just}x", HOOK), "x")
