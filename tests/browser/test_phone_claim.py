"""Who reported without an account takes the reward by the report's link, once; whoever comes later gets nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from map_page_town import CHROMIUM
from money_till import till_of
from phone_roles import go_offline
from playwright.sync_api import expect

from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Wish
from pipewarden.market.service import taking
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit
    from money_till import Till
    from phone_visit import Phones
    from playwright.sync_api import Route

pytestmark = pytest.mark.system(CHROMIUM)


@pytest.fixture
def till(desk: DeskTown) -> Iterator[Till]:
    with till_of(desk) as made:
        made.fund()
        yield made


def reported(visit: Visit, step: int) -> tuple[str, UUID]:
    """Report works without an account; return the link's word and the report's id."""
    said = {
        "draft": str(uuid4()), "kind": "digging", "words": "路边有挖机", "device": str(uuid4()),
        "place": {"lon": 116.6535 + step * 0.004, "lat": 39.5235, "crs": "wgs84", "accuracy_m": 8, "source": "device"},
    }  # fmt: skip
    form = {"report": json.dumps(said)}
    answer = visit.page.request.post(f"{visit.town.address}/v1/public/reports", multipart=form)
    assert answer.status == 201, answer.text()
    told: dict[str, Any] = answer.json()
    return str(told["link"]).rpartition("/")[2], UUID(told["id"])


def confirmed(visit: Visit, state: str = "verified") -> None:
    """Let the status page hear that somebody on the spot has confirmed it: no site stands behind these reports."""

    def told(route: Route) -> None:
        got = route.fetch()
        route.fulfill(response=got, body=json.dumps(got.json() | {"state": state}))

    visit.page.route(re.compile(r"/v1/public/reports/[0-9a-f]{32}$"), told)


def waits(desk: DeskTown, report: UUID) -> None:
    """Keep a clue's reward for whoever has the report's link."""
    with desk.home.work() as work:
        site = uuid4()
        wish = Wish(PayKind.CLUE, f"site:{site}", None, work.now(), claim_key=report, site_id=None)
        made = taking.take(work, [(wish, None)])
        assert {one.state for one in made} == {"unclaimed"}


def test_the_link_and_an_account_take_the_reward(phones: Phones, desk: DeskTown, till: Till) -> None:
    stranger = phones.anybody()
    token, report = reported(stranger, 0)
    waits(desk, report)
    stranger.go(f"/m/r/{token}")
    stranger.page.wait_for_selector("[data-page=status][data-state=idle]")
    expect(stranger.page.locator("[data-claim]")).to_have_count(0)  # nobody has looked yet

    confirmed(stranger)
    stranger.page.reload()
    card = stranger.page.locator("[data-claim]")
    expect(card).to_contain_text("登录后在 30 天内领取")
    stranger.shot("phone-claim")
    card.locator("[data-act=claim-in]").tap()
    login = desk.login(Role.RESIDENT, name="后来登录的居民")
    stranger.fill_sign_in(login)
    stranger.page.wait_for_selector("[data-page=status][data-state=idle]")
    card.locator("[data-act=claim]").tap()
    expect(card).to_have_attribute("data-claimed", "2")
    expect(card.locator("[data-reward]").first).to_have_attribute("data-state-is", "held")
    expect(card).to_contain_text("现金 +5")
    expect(card).to_contain_text("积分 +50")
    stranger.shot("phone-claim-done")
    card.locator("[data-act=to-wallet]").tap()
    stranger.page.wait_for_selector("main[data-page=wallet][data-state=idle]")
    expect(stranger.page.locator("[data-held] [data-reward]")).to_have_count(2)

    stranger.go(f"/m/r/{token}")  # once more is the same
    card.locator("[data-act=claim]").tap()
    expect(card).to_have_attribute("data-claimed", "2")
    other = phones.by(desk.login(Role.RESIDENT, name="捡到链接的人"), f"/m/r/{token}")
    confirmed(other)
    other.page.reload()
    other.expect("409")
    other.page.locator("[data-act=claim]").tap()
    expect(other.page.locator("[data-claim] [role=alert]")).to_be_visible()
    assert till


def test_a_report_without_a_reward_says_so(phones: Phones, desk: DeskTown, till: Till) -> None:
    visit = phones.by(desk.login(Role.RESIDENT, name="没有奖励的居民"))
    token, _ = reported(visit, 1)
    confirmed(visit, "in_hand")
    visit.go(f"/m/r/{token}")
    visit.expect("404")
    visit.page.locator("[data-act=claim]").tap()
    expect(visit.page.locator("[data-claim] [data-nothing]")).to_contain_text("没有待领的奖励")
    expect(visit.page.locator("[data-claim] [role=alert]")).to_have_count(0)
    assert till


def test_without_a_line_nothing_is_claimed(phones: Phones, desk: DeskTown, till: Till) -> None:
    visit = phones.by(desk.login(Role.RESIDENT, name="没网的居民"))
    token, report = reported(visit, 2)
    waits(desk, report)
    confirmed(visit)
    visit.go(f"/m/r/{token}")
    button = visit.page.locator("[data-act=claim]")
    expect(button).to_be_enabled()
    go_offline(visit)
    expect(button).to_be_disabled()
    expect(button).to_have_text("没有网络")
    visit.page.context.set_offline(False)
    expect(button).to_be_enabled()
    assert till
