"""An expert with a phone: a QR code leads to registering, a commission is agreed to, and pictures get their word."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from desk_town import PASSWORD
from expert_market import ExpertMarket
from map_page_town import CHROMIUM
from phone_roles import go_offline
from playwright.sync_api import expect

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
TAPPED = "main button, main summary, main input:not([type=checkbox], [type=file]), main textarea"


@pytest.fixture
def market(desk: DeskTown) -> ExpertMarket:
    return ExpertMarket(desk)


def fits(visit: Visit, width: int = 390) -> None:
    """Nothing scrolls sideways, and whatever is tapped is as large as a thumb."""
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('main').scrollWidth") <= width
    small = page.evaluate(
        """(tapped) => [...document.querySelectorAll(tapped)]
        .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 44)
        .map((one) => one.outerHTML.slice(0, 90))""",
        TAPPED,
    )
    assert small == []


def test_a_code_that_a_phone_reads_leads_to_work(phones: Phones, market: ExpertMarket) -> None:
    own, login = f"标注{uuid4().hex[:5]}", f"li-{uuid4().hex[:6]}"
    token = market.link("请来帮我们看户内燃气的隐患图片。", frozenset({own}))
    visit = phones.anybody(f"/experts/{token}")  # the code's address is the desk's
    page = visit.page
    page.wait_for_url(f"**/m/experts/{token}")
    form = page.locator("[data-form=join]")
    said = {"name": "李工", "login": login, "password": PASSWORD, "employer": "廊坊新奥燃气", "job": "综合服务站站长"}
    for field, words in said.items():
        form.locator(f"[data-field={field}]").fill(words)
    fits(visit)
    visit.shot("exh-phone-join")
    form.locator("[data-act=register]").tap()
    page.locator("[data-join=done] [data-act=sign-in]").tap()
    page.wait_for_selector("main[data-page=expert] [data-home=idle]")
    expect(page.locator("[data-grade]")).to_have_text("C级专家")
    expect(page.locator("[data-parts] .empty")).to_contain_text("还没有承接需求")
    fits(visit)
    visit.shot("exh-phone-home")

    market.desk.ids[login] = market.person(login)
    commission = market.published(f"户内隐患图片标注 {own}", tags=frozenset({own}))
    part = market.offer(commission, login)
    page.locator("nav.ways [data-act=hall]").tap()
    page.locator("[data-filter=tag]").fill(own)
    page.locator("[data-act=filter]").tap()
    card = page.locator(f"[data-commission='{commission.id}']")
    expect(card).to_contain_text("已推送")
    fits(visit)
    visit.shot("exh-phone-hall")
    card.locator("h2 a").tap()
    page.locator("[data-act=agree]").tap()
    expect(page.locator(f"[data-part='{part.id}'][data-part-is=begun] [data-act=tool]")).to_be_visible()
    page.locator("[data-talk] [data-field=words]").fill("请问图片什么时候给？")
    page.locator("[data-act=say]").tap()
    expect(page.locator("[data-said=expert]")).to_contain_text("什么时候给")
    fits(visit)
    visit.shot("exh-phone-one")

    gone = phones.anybody(f"/m/experts/{uuid4().hex}")
    gone.expect("404")
    expect(gone.page.locator("[data-join=wrong]")).to_contain_text("这个邀请打不开")
    expect(gone.page.locator("[data-act=to-sign-in]")).to_have_text("专家创值登录")


def test_pictures_get_their_word_one_after_the_other(phones: Phones, market: ExpertMarket) -> None:
    login = market.expert("鉴别的专家")
    third, second, first = (market.shown(login) for _ in range(3))
    visit = phones.by(login, "/m/")
    page = visit.page
    page.locator("[data-tile=pool]").tap()
    page.wait_for_selector(f"[data-pooled='{first}'] img")
    expect(page.locator("[data-pool]")).to_contain_text("有 3 张安全自检照片可能存在隐患，需要您的权威鉴别")
    expect(page.locator("[data-done]")).to_have_text("已审核 0")
    page.evaluate("document.querySelector('figure img').decode()")  # it is a picture
    send = page.locator("[data-form=pool] [data-act=answer]")
    expect(send).to_be_disabled()
    page.locator("[data-match=yes]").tap()
    page.locator("[data-item=hose_long]").check()
    fits(visit)
    visit.shot("exh-phone-pool")
    page.evaluate("document.querySelector('main').scrollTo(0, 0)")
    visit.shot("exh-phone-pool-top")
    page.locator("[data-match=no]").tap()
    expect(page.locator("[data-item]")).to_have_count(0)
    page.locator("[data-match=yes]").tap()
    expect(page.locator("[data-item]:checked")).to_have_count(0)
    page.locator("[data-item=hose_strained]").check()
    send.tap()
    expect(page.locator("[data-said]")).to_be_visible()
    expect(page.locator("[data-done]")).to_have_text("已审核 1")
    page.wait_for_selector(f"[data-pooled='{second}']")

    market.answered_elsewhere(second)  # while it lies on this screen
    visit.expect("409")
    page.locator("[data-match=no]").tap()
    send.tap()
    expect(page.locator("[data-form=pool] [role=alert]")).to_contain_text("somebody else")
    page.wait_for_selector(f"[data-pooled='{third}']")
    go_offline(visit)
    expect(page.locator("[data-act=aside]")).to_have_text("没有网络")
    expect(page.locator("[data-act=aside]")).to_be_disabled()
    page.context.set_offline(False)
    page.locator("[data-act=aside]").tap()
    expect(page.locator("[data-pool] .empty")).to_contain_text("现在没有等您鉴别的照片")
    assert market.waiting(login) == 0
