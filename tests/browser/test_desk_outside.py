"""The sign-in page beside its password: a provider's button, a code to a phone, honest words where there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import outside_api
import pytest
from id_provider import CLIENT, SECRET, id_provider
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import HandleKind, NewProvider, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from id_provider import IdProvider
    from outside_api import Box

    from pipewarden.people.facts import Provider

PHONE = "+8613812345678"


@pytest.fixture
def box(desk: DeskTown) -> Iterator[Box]:
    with outside_api.opened(desk) as made:
        desk.app.state.outside = replace(desk.app.state.outside, public_url=desk.address)
        yield made


@pytest.fixture
def there(desk: DeskTown) -> Iterator[IdProvider]:
    with id_provider(desk.home.factory.clock.now) as made:
        yield made


@pytest.fixture
def provider(desk: DeskTown, box: Box, there: IdProvider) -> Iterator[Provider]:
    assert box.sent == []
    root = people.operator()
    with desk.home.work() as work:
        wanted = NewProvider("集团统一认证", there.issuer, CLIENT, SECRET)
        made = people.add_provider(work, desk.app.state.outside, root, wanted)
    yield made
    with desk.home.work() as work:
        people.remove_provider(work, root, made.id)
        work.session.execute(text("DELETE FROM people_attempts"))


def person(desk: DeskTown, role: Role) -> tuple[UUID, str]:
    login = desk.login(role)
    with desk.home.work() as work:
        return people.person_by_login(work, people.operator(), login).id, login


def home_again(visit: Visit, there: IdProvider) -> None:
    """Let the provider's own address be asked, and no other."""
    assert any(url.startswith(there.issuer) for url in visit.asked)
    visit.asked = [url for url in visit.asked if not url.startswith(there.issuer)]


def test_a_providers_button_leads_out_and_back_in(
    visits: Visits, desk: DeskTown, provider: Provider, there: IdProvider
) -> None:
    person_id, _ = person(desk, Role.DISPATCHER)
    with desk.home.work() as work:
        people.bind(work, people.operator(), provider.id, "sub-1", person_id)
    visit = visits.stranger()
    visit.go("/sign-in")
    button = visit.page.locator(f'[data-provider="{provider.id}"]')
    expect(button).to_have_text("用“集团统一认证”登录")
    visit.shot("sign-in-outside")
    button.click()
    visit.page.wait_for_url(f"{desk.address}/")
    visit.page.wait_for_selector("nav")
    home_again(visit, there)
    visit.page.reload()
    visit.page.wait_for_selector("nav")


@pytest.mark.parametrize(
    ("subject", "twist", "words"),
    [
        ("sub-404", "", "还没有对应的人"),
        ("sub-1", "alg none", "回应不可信"),
        ("sub-1", "token is broken", "回应不可信"),
    ],
)
def test_what_fails_is_said_on_our_own_page(  # noqa: PLR0917
    visits: Visits, provider: Provider, there: IdProvider, subject: str, twist: str, words: str
) -> None:
    there.subject, there.twist = subject, twist
    visit = visits.stranger()
    visit.go("/sign-in")
    visit.page.click(f'[data-provider="{provider.id}"]')
    expect(visit.page.locator("[data-outside]")).to_contain_text(words)
    assert re.search(r"/sign-in\?outside=(unknown|untrusted)$", visit.page.url)
    home_again(visit, there)


def test_a_word_that_is_none_of_ours_is_not_shown(visits: Visits) -> None:
    visit = visits.stranger()
    visit.go("/sign-in?outside=%3Cb%3Eevil")
    expect(visit.page.locator("input[name=login]")).to_be_visible()
    assert visit.page.locator("[data-outside]").count() == 0


def test_a_code_to_a_phone(visits: Visits, desk: DeskTown, box: Box) -> None:
    person_id, _ = person(desk, Role.PATROLLER)
    with desk.home.work() as work:
        people.add_handle(
            work, desk.app.state.outside, people.operator(), person_id, kind=HandleKind.PHONE, address=PHONE
        )
    visit = visits.stranger()
    visit.expect("401")
    visit.go("/sign-in")
    page = visit.page
    page.click("[data-act=by-phone]")
    page.fill("input[name=phone]", "138 1234 5678")
    page.click("[data-act=code]")
    expect(page.locator("[role=status]")).to_contain_text("如果这个号码登记过")
    expect(page.locator("[data-act=code]")).to_contain_text("后可再次获取")
    wrong = "000000" if box.code != "000000" else "000001"
    page.fill("input[name=code]", wrong)
    page.locator(".ways button[type=submit]").click()
    expect(page.locator("[data-wrong-code]")).to_contain_text("验证码不对")
    visit.shot("sign-in-code")
    page.fill("input[name=code]", box.code)
    page.locator(".ways button[type=submit]").click()
    page.wait_for_selector("nav")
    with desk.home.work() as work:
        work.session.execute(text("DELETE FROM people_attempts"))


def test_where_no_texts_are_sent_the_page_says_so(visits: Visits) -> None:
    visit = visits.stranger()
    visit.go("/sign-in")
    expect(visit.page.locator("[data-no-phone]")).to_contain_text("没有接通短信")
    assert visit.page.locator("[data-act=by-phone]").count() == 0
    visit.shot("sign-in-plain")
