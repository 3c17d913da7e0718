"""Whatever is typed or sent, the answer is a refusal with a field or a plain no: never a crash, never half an act."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from pipewarden.kit.errors import InputError, PipewardenError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, NewArea, NewPerson, OrganisationKind, Role, Scope, SignInRefused
from pipewarden.people.rules import chain, lockout, passwords, tokens
from pipewarden.people.store.people import PersonRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City

# every code point, lone surrogates and NUL included, and some known troublemakers
ANYTHING = st.one_of(
    st.text(st.characters(), max_size=60),
    st.sampled_from(
        [
            "\x00",
            "a\x00b",
            "\ud800",
            "' OR 1=1 --",
            "'; DROP TABLE people_persons; --",
            "%",
            "_",
            "\\",
            "${jndi:ldap://x}",
            "<script>alert(1)</script>",
            "=cmd|' /C calc'!A0",
            "\u202egnp.exe",
            "ﬀ" * 60,
            "é" * 40,
            "x" * 5000,
        ]
    ),
)
LOOSE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LOOSE
@given(login=ANYTHING, password=ANYTHING, source=ANYTHING, agent=ANYTHING)
@example(login="a\x00b", password="\ud800" * 12, source="\x00", agent="\ud800")
def test_signing_in_with_anything_is_only_refused(
    city: City, login: str, password: str, source: str, agent: str
) -> None:
    with city.work.session.begin_nested() as point:
        answer = service.sign_in(
            city.at(PLATFORM), city.gate, login, password, source=source, agent=agent, previous_token=password
        )
        assert isinstance(answer, SignInRefused)
        point.rollback()


@LOOSE
@given(ANYTHING)
def test_any_token_and_any_key_is_nobody(city: City, text: str) -> None:
    session, now = city.work.session, city.work.now()
    for word in (text, f"pw_{text}", f"pw_aaaaaaaa_{text}"):
        assert service.actor_by_token(session, word, now) is None
        assert service.actor_by_key(session, word, now) is None
    assert not tokens.same(text + "x", text)
    assert tokens.same(text, text)


@LOOSE
@given(login=ANYTHING, name=ANYTHING, password=st.one_of(st.none(), ANYTHING))
@example(login="liwei", name="李伟", password="\ud800 and eleven more")  # noqa: S106  made up
def test_a_person_is_added_whole_or_not_at_all(city: City, login: str, name: str, password: str | None) -> None:
    session = city.work.session
    with session.begin_nested() as point:
        before = session.scalar(select(func.count()).select_from(PersonRow))
        made, field = None, None
        try:
            made = service.add_person(city.at(PLATFORM), city.gate, city.root, NewPerson(login, name, password))
        except InputError as error:
            field = error.field
        if made is None:
            assert field in {"login", "name", "password"}
            assert session.scalar(select(func.count()).select_from(PersonRow)) == before
        else:
            assert made.login == passwords.normal_login(made.login), "the stored login compares with itself"
            assert made.name.isprintable()
        point.rollback()


@LOOSE
@given(text=ANYTHING)
def test_names_keys_and_reasons_are_refused_with_their_field(city: City, text: str) -> None:
    work, root = city.at(city.a.id), city.root
    soon = work.now() + timedelta(days=1)
    acts: list[Callable[[], object]] = [
        lambda: service.add_area(work, root, NewArea(text, "名", city.north.id)),
        lambda: service.add_area(work, root, NewArea("key-1", text, city.north.id)),
        lambda: service.add_area(work, root, NewArea("key-2", "名", city.north.id, jurisdiction=text)),
        lambda: service.add_area(work, root, NewArea("key-3", "名", city.north.id, text.encode("utf-8", "replace"))),
        lambda: service.add_organisation(work, root, OrganisationKind.OTHER, text),
        lambda: service.set_switch(work, root, text, on=False, reason="x"),
        lambda: service.set_switch(work, root, "channel:sms", on=False, reason=text),
        lambda: service.make_key(work, city.gate, root, text, permissions=["observation:create"], expires_at=soon),
        lambda: service.make_key(work, city.gate, root, "box", permissions=[text], expires_at=soon),
        lambda: service.edit_role(work, root, Role.PATROLLER, {}, reason=text),
        lambda: service.edit_role(work, root, Role.PATROLLER, {text: Scope.OWN}, reason="x"),
        lambda: service.person_by_login(work, root, text),
    ]
    with work.session.begin_nested() as point:
        for act in acts:
            with suppress(PipewardenError):  # anything else is a crash
                act()
        assert service.verify(work) is None
        point.rollback()


@given(st.text(st.characters(), max_size=300), st.integers(0, 120))
def test_what_a_client_says_of_itself_can_be_stored_and_shown(text: str, longest: int) -> None:
    kept = lockout.plain(text, longest)
    assert len(kept) <= longest
    assert kept.isprintable()
    kept.encode()
    assert lockout.plain(kept, longest) == kept
    lockout.source_of(text).encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=8,
    )
)
def test_details_are_canonical_or_refused(value: object) -> None:
    try:
        text = chain.canonical({"value": value})
    except ValueError:
        return
    assert chain.canonical({"value": value}) == text
    assert "\n" not in text
    text.encode()


@pytest.mark.parametrize("word", ["\ud800" * 12, "twelve \ud83d letters"])
def test_half_a_character_is_no_password(word: str) -> None:
    with pytest.raises(InputError, match="half a character"):
        passwords.check_password(word, "liwei")
    assert passwords.hopeless(word)
    assert not passwords.hopeless("🚜 twelve letters")
