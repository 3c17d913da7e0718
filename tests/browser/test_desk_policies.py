"""Weights are changed in a form, tried on what happened, let act by somebody else, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pipewarden.casework import service as casework
from pipewarden.casework.facts import PolicyKind
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from desk_visit import Visit, Visits

WIDE = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def shipped_again(desk: DeskTown) -> Iterator[None]:
    """What the tests beside this one weigh by: the shipped weights rule again whatever happens here."""
    yield
    with desk.home.work() as work:
        root = people.operator(desk.home.tenant_id)
        if casework.policy_ruling(work, root, PolicyKind.RISK).own:
            casework.roll_back(work, root, PolicyKind.RISK, "the test is over")
    with desk.home.work() as work, pytest.raises(RefusedError):
        casework.roll_back(work, people.operator(desk.home.tenant_id), PolicyKind.RISK, "nothing is left")


@pytest.mark.usefixtures("shipped_again")
def test_weights_are_turned_tried_and_let_act_by_somebody_else(visits: Visits, desk: DeskTown) -> None:
    second_login = desk.login(Role.SAFETY_MANAGER, name="第二双眼")  # somebody else could look: four eyes are asked for
    author = visits.by(desk.login(Role.TENANT_ADMIN, name="改权重的"), "/policies", **WIDE)
    page = author.page
    expect(page.locator("[data-pack=CN-HE-langfang]")).to_contain_text("GB 55009-2021 5.1.6")
    author.shot("policies-1-packs")
    page.click("[data-go=risk]")
    page.click("[data-act=begin]")
    field = page.locator('[data-weight="papers.filed"]')
    expect(field).to_have_value("1.2")
    field.fill("0.5")
    field.press("Tab")
    expect(page.locator("[data-slip]")).to_contain_text("filed")
    expect(page.locator("[data-act=propose]")).to_be_disabled()
    field.fill("1.3")
    field.press("Tab")
    expect(page.locator("[data-slip]")).to_have_count(0)
    expect(page.locator("[data-changes]")).to_contain_text("1.2 → 1.3")
    page.fill("[data-field=why]", "交底前多看一眼")
    author.shot("policies-2-weights")
    page.click("[data-act=propose]")
    row = page.locator('[data-version^="own-risk@"]').first
    expect(row).to_have_attribute("data-state", "draft")
    name = row.get_attribute("data-version")
    row.locator("[data-act=preview]").click()
    page.wait_for_selector(f'[data-tried="{name}"]')
    expect(page.locator("[data-tried] [role=status]")).to_contain_text("过去 30 天")
    author.shot("policies-3-tried")
    author.expect("409")
    page.once("dialog", lambda asked: asked.accept())
    row.locator("[data-act=activate]").click()
    expect(page.locator("main [role=alert]")).to_contain_text("somebody else")
    second = visits.by(second_login, "/policies/risk", **WIDE)
    other = second.page
    other.once("dialog", lambda asked: asked.accept())
    other.click(f'[data-version="{name}"] [data-act=activate]')
    expect(other.locator(f'[data-holds="{name}"]')).to_contain_text("本城自己的版本")
    other.once("dialog", lambda asked: asked.accept("太吵"))
    other.click("[data-act=rollback]")
    expect(other.locator("[data-holds]")).to_contain_text("产品自带")
    rules_are_written_with_their_law(second)
    page.goto(desk.address + "/rules")
    expect(page.locator("[data-act=policies]")).to_have_attribute("href", "/policies/risk")


def rules_are_written_with_their_law(second: Visit) -> None:
    """Say beside the form that a rule which is law cannot begin later."""
    other = second.page
    other.click("[data-go=supervision]")
    other.click("[data-act=begin]")
    other.click("[data-rule=V-UNBRIEFED] summary")
    since = other.locator('[data-said="V-UNBRIEFED.since"]')
    since.fill("2030-01-01")
    since.press("Tab")
    expect(other.locator("[data-slip]")).to_contain_text("is law")
    second.shot("policies-4-rules")
    since.fill("2010-01-01")
    since.press("Tab")
    expect(other.locator("[data-slip]")).to_have_count(0)
