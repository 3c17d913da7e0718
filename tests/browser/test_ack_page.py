"""The link of a message in a real browser on a phone: no sign-in, one button, a policy that lets nothing else run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from act_office import MAIL, Desk, Way
from map_page_town import CHROMIUM
from playwright.sync_api import expect
from test_desk_messages import shoot

from pipewarden.act import jobs, service
from pipewarden.casework.facts import Call, Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visits

pytestmark = pytest.mark.system(CHROMIUM)
PHONE = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def called(desk: DeskTown) -> Iterator[tuple[Desk, UUID, str]]:
    """Somebody is called by mail; return casework, the call and the link's path."""
    mail, office = Way(), Desk()
    real = desk.app.state.post
    post = replace(real, casework=office, channels={"email": mail}, public_url=desk.address)
    login = desk.login(Role.SAFETY_MANAGER)
    made: list[UUID] = []

    def run() -> None:
        root = people.operator(desk.home.tenant_id)
        with desk.home.work() as work:
            person = people.person_by_login(work, root, login)
            people.set_contacts(work, root, person.id, [MAIL])
            one = Call(
                work.ids.new(), work.tenant_id, person.id, Urgency.ALARM, (), None, 0, 0, "duty.accept", {}, work.now(),
                None,
            )  # fmt: skip
            office.known[one.id] = one
            made.append(one.id)
            service.deliver(work, post, [one.id])
        jobs.send_waiting(desk.home.factory.begin, post, hands=1)

    desk._apart(run)
    desk.app.state.post = post
    try:
        yield office, made[0], mail.sent[-1].body.rpartition(desk.address)[2].strip()
    finally:
        desk.app.state.post = real


def test_one_press_says_that_i_have_it(visits: Visits, called: tuple[Desk, UUID, str]) -> None:
    office, call, path = called
    visit = visits.stranger(**PHONE)
    visit.go(path)
    page = visit.page
    expect(page.locator("h1")).to_have_text("【立即】待办：接单")
    button = page.locator("button")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 48, "for a thumb"
    assert box["width"] > 300
    shoot(visit, "ack-open")
    assert office.acked == {}
    button.click()
    expect(page.locator("p")).to_contain_text("已确认收到")
    expect(page.locator("button")).to_have_count(0)
    shoot(visit, "ack-done")
    assert set(office.acked) == {call}
    page.reload()
    assert page.evaluate("document.cookie") == ""


def test_a_link_that_is_none_says_where_to_go(visits: Visits, desk: DeskTown) -> None:
    _ = desk
    visit = visits.stranger(**PHONE)
    visit.expect("404")
    visit.go(f"/v1/ack/{'A' * 43}")
    expect(visit.page.locator("p")).to_contain_text("链接无效")
    expect(visit.page.locator("button")).to_have_count(0)
