"""An expert at a desk: invited, registered, in the demand hall, at work offline, and in talk with the client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from desk_town import PASSWORD
from expert_market import ExpertMarket, pack
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.market.facts.commissions import Tool
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator

    from pipewarden.market.facts.commissions import Commission

pytestmark = pytest.mark.system(CHROMIUM)
WIDE = {"width": 1440, "height": 900}
DECK = (
    "预算", "19,468.00 元", "能力定价", "0.13 元/次", "能力调用需求", "150,000 次", "达成进度", "0 %", "发布日期",
    "截止日期", "智造工具", "意图标签", "匹配度",
)  # fmt: skip


@pytest.fixture
def market(desk: DeskTown) -> ExpertMarket:
    return ExpertMarket(desk)


def fits(visit: Visit) -> None:
    """Nothing scrolls sideways."""
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.page.evaluate("(main => main.scrollWidth <= main.clientWidth)(document.querySelector('main'))")


def tag(form: Locator, field: str, words: str) -> None:
    form.locator(f"[data-field={field}]").fill(words)
    form.locator(f"[data-field={field}]").press("Enter")


def test_an_invitation_becomes_an_expert_who_finds_work(visits: Visits, desk: DeskTown, market: ExpertMarket) -> None:
    own = f"标注{uuid4().hex[:5]}"
    tags = frozenset({own, "燃气安全"})
    commission = market.published(f"专家完成隐患图片标注，预计15万张 {own}", tags=tags)
    visit = visits.stranger(viewport=WIDE)
    visit.go(f"/experts/{market.link('请来帮我们看户内燃气的隐患图片。', tags)}")
    expect(visit.page.locator(f"[data-form=join] [data-tag='{own}']")).to_be_visible()
    register(visit, taken=desk.login(Role.EXPERT, name="名字被占的人"))
    settle_in(visit, commission)
    find(visit, commission, own)
    apply(visit, market)


def register(visit: Visit, taken: str) -> None:
    """Fill the form in, with slips, and sign in."""
    page = visit.page
    form = page.locator("[data-form=join]")
    expect(form.locator("[data-invitation]")).to_contain_text("请来帮我们看户内燃气的隐患图片。")
    for field, words in (("name", "王工"), ("employer", "廊坊燃气"), ("job", "服务，技术专员"), ("password", PASSWORD)):
        form.locator(f"[data-field={field}]").fill(words)
    tag(form, "tags", "隐患排查治理，居民用户安全")
    tag(form, "conflicts", "某某燃气有限公司")
    form.locator("[data-field=login]").fill(taken)
    form.locator("[data-field=floor]").fill("一毛")
    expect(form.locator("[data-why=floor]")).to_be_visible()
    expect(form.locator("[data-act=register]")).to_be_disabled()
    form.locator("[data-field=floor]").fill("0.13")
    visit.shot("exh-join")
    visit.expect("422|409")
    form.locator("[data-act=register]").click()
    expect(form.locator("[role=alert]")).to_contain_text("login")
    form.locator("[data-field=login]").fill(f"wang-{uuid4().hex[:6]}")
    form.locator("[data-act=register]").click()
    expect(page.locator("[data-join=done]")).to_contain_text("注册成功")
    page.locator("[data-act=sign-in]").click()


def settle_in(visit: Visit, commission: Commission) -> None:
    """Read the own page, take no work for a while, change what is said there, and take work again."""
    page = visit.page
    page.wait_for_selector("main[data-page=expert] [data-home=idle]")
    menu = page.locator("nav a").all_inner_texts()
    assert (menu[0], "需求大厅" in menu) == ("专家主页", True)
    expect(page.locator("[data-grade]")).to_have_text("C级专家")
    expect(page.locator("[data-next=B]")).to_contain_text("标准题 0/50")
    expect(page.locator("[data-next=A]")).to_contain_text("尚未实名")
    expect(page.locator("[data-rating]")).to_have_text("暂无")
    expect(page.locator("[data-happened=registered]")).to_be_visible()
    page.locator("[data-act=available]").click()
    expect(page.locator("[data-act=available]")).to_have_attribute("aria-checked", "false")
    fits(visit)
    visit.shot("exh-home-new")
    visit.go(f"/hall/{commission.id}")
    expect(page.locator("[data-cannot]")).to_be_visible()
    expect(page.locator("[data-against]")).to_contain_text("暂不接单")
    visit.go("/expert")
    page.locator("[data-act=edit]").click()
    page.locator("[data-form=profile] [data-field=words]").fill("检查软管八年")
    page.locator("[data-form=profile] [data-act=save]").click()
    expect(page.locator("[data-form=profile]")).to_have_count(0)
    page.locator("[data-act=available]").click()
    expect(page.locator("[data-act=available]")).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-home]")).to_contain_text("检查软管八年")
    expect(page.locator("[data-home]")).to_contain_text("0.13 元/次")


def find(visit: Visit, commission: Commission, own: str) -> None:
    """Narrow the hall to a tag, and read the deck's words and the match."""
    page = visit.page
    page.locator("header [data-act=hall]").click()
    page.locator("[data-filter=tag]").fill(own)
    page.locator("[data-act=filter]").click()
    card = page.locator(f"[data-commission='{commission.id}']")
    expect(page.locator("[data-commission]")).to_have_count(1)
    for words in DECK:
        expect(card).to_contain_text(words)
    card.locator("summary").click()
    expect(card.locator("[data-reason=tags]")).to_contain_text("标签相符 2/2")
    assert page.url.endswith(f"tag={quote(own)}")
    fits(visit)
    visit.shot("exh-hall")
    card.locator("h2 a").click()


def apply(visit: Visit, market: ExpertMarket) -> None:
    """Ask for a part of the volume; once the client agrees, the tool is a link."""
    page = visit.page
    page.wait_for_selector("[data-hall-one=idle] [data-form=apply]")
    page.locator("[data-form=apply] [data-field=own]").check()
    page.locator("[data-form=apply] [data-field=volume]").fill("150001")
    expect(page.locator("[data-why=volume]")).to_be_visible()
    page.locator("[data-form=apply] [data-field=volume]").fill("9000")
    page.locator("[data-act=apply]").click()
    part = page.locator("[data-part]")
    expect(part).to_have_attribute("data-part-is", "applied")
    expect(part).to_contain_text("9,000 次")
    market.agree(UUID(part.get_attribute("data-part")))
    page.reload()
    expect(page.locator("[data-part-is=begun] [data-act=tool]")).to_have_attribute("href", re.compile("^/label/"))
    visit.shot("exh-hall-one")


def test_somebody_with_an_account_becomes_an_expert_too(visits: Visits, desk: DeskTown, market: ExpertMarket) -> None:
    login = desk.login(Role.PATROLLER, name="巡线也鉴别的人")
    visit = visits.by(login, "/sign-ins", viewport=WIDE)
    page = visit.page
    page.locator("header [data-act=join]").click()
    form = page.locator("[data-form=join]")
    expect(form.locator("[data-own]")).to_contain_text("巡线也鉴别的人")
    expect(form.locator("[data-field=password]")).to_have_count(0)
    form.locator("[data-field=employer]").fill("廊坊燃气")
    page.once("dialog", lambda asked: asked.dismiss())
    page.locator("nav [data-page=report]").click()
    expect(form.locator("[data-field=employer]")).to_have_value("廊坊燃气")  # asked, and stayed
    form.locator("[data-field=job]").fill("巡线员")
    visit.expect("401")  # a new role ends the session that was there without it
    form.locator("[data-act=register]").click()
    expect(page.locator("[data-join=done]")).to_contain_text("请重新登录")
    page.locator("[data-act=sign-in]").click()
    visit.fill_sign_in(login)
    page.wait_for_selector("main[data-page=expert] [data-home=idle]")
    expect(page.locator("nav [data-page=expert]")).to_be_visible()
    expect(page.locator("[data-parts] .empty")).to_contain_text("还没有承接需求")
    picture = market.shown(login)
    page.locator("[data-way=pool]").click()
    page.wait_for_selector(f"[data-pooled='{picture}'] img")
    page.evaluate("document.querySelector('figure img').decode()")
    page.locator("[data-match=yes]").click()
    page.locator("[data-item=pipe_bathroom]").check()
    fits(visit)
    visit.shot("exh-pool")
    page.keyboard.press("Tab")
    page.locator("[data-form=pool] [data-act=answer]").press("Enter")
    expect(page.locator("[data-done]")).to_have_text("已审核 1")
    expect(page.locator("[data-pool] .empty")).to_be_visible()


def test_work_done_offline_goes_out_comes_back_and_ends_early(visits: Visits, market: ExpertMarket) -> None:
    login = market.expert("线下交付的专家", stars=9, ratings=2, price_floor=1300)
    market.prove(login, "隐患图片", 45, 5)
    commission = market.published("专家通过线下方式完成隐患图片标注", online=False, tool=Tool.OFFLINE, volume=100)
    declined = market.offer(market.published("另一个需求"), login)
    part = market.offer(commission, login)
    market.say(commission, login, "图片在网盘里，口令单独发您")
    visit = visits.by(login, "/expert", viewport=WIDE)
    decline(visit, declined.id)
    begin(visit, commission)
    talk(visit, market, commission, login)
    hand_in(visit, market, part.id)
    finish(visit)


def decline(visit: Visit, part: UUID) -> None:
    """Say no to an offer, with the reason that the client reads."""
    page = visit.page
    page.wait_for_selector("[data-parts=idle]")
    expect(page.locator("[data-rating]")).to_have_text("4.5 星（2 次）")
    expect(page.locator("[data-skill='隐患图片']")).to_contain_text("45/50 正确")
    row = page.locator(f"[data-part='{part}']")
    row.locator("[data-act=refuse]").click()
    expect(row.locator("[data-act=sure]")).to_be_disabled()
    row.locator("[data-field=reason]").fill("这周没有时间")
    row.locator("[data-act=sure]").click()
    expect(row).to_have_attribute("data-part-is", "left")
    expect(row.locator("[data-why]")).to_contain_text("这周没有时间")


def begin(visit: Visit, commission: Commission) -> None:
    """Agree to another one: there is no tool for what is done elsewhere."""
    page = visit.page
    own = page.locator(f"[data-own='{commission.id}']")
    expect(own).to_contain_text("1 条未读")
    visit.shot("exh-home")
    own.locator("[data-act=agree]").click()
    expect(own.locator("[data-part]")).to_have_attribute("data-part-is", "begun")
    expect(own.locator("[data-act=tool]")).to_have_count(0)
    own.locator("h3 a").click()
    page.wait_for_selector("[data-hall-one=idle] [data-talk=idle]")


def talk(visit: Visit, market: ExpertMarket, commission: Commission, login: str) -> None:
    """Read what the client said, and answer by the keyboard."""
    page = visit.page
    expect(page.locator("[data-said=client]")).to_contain_text("图片在网盘里")
    field = page.locator("[data-talk] [data-field=words]")
    field.fill("收到，今晚开始\n有问题再问")
    field.press("Control+Enter")
    expect(page.locator("[data-said=expert]")).to_contain_text("今晚开始")
    assert market.heard(commission, login)[0] == "收到，今晚开始\n有问题再问"


def hand_in(visit: Visit, market: ExpertMarket, part: UUID) -> None:
    """Deliver a file that is none, a batch that is sent back with its reasons, and one that is accepted and paid."""
    page = visit.page
    form = page.locator("[data-form=deliver]")
    bad = {"name": "坏.zip", "mimeType": "application/zip", "buffer": b"no zip"}
    form.locator("[data-field=file]").set_input_files(bad)
    visit.expect("422")
    form.locator("[data-act=deliver]").click()
    expect(form.locator("[role=alert]")).to_contain_text("file")
    deliver(form, *(f"{one:04}.json" for one in range(1, 9)))
    expect(page.locator("[data-waits]")).to_contain_text("7 天")
    assert market.judge(part, {"*": "框没有贴边"}) == 0
    page.reload()
    back = page.locator("[data-delivery-is=rejected]")
    expect(back).to_contain_text("退回重做")
    expect(back).to_contain_text("抽检 4 件，错 4 件")
    expect(back.locator("[data-drawn=false]").first).to_contain_text("框没有贴边")
    deliver(form, *(f"{one:04}.json" for one in range(1, 11)))
    expect(page.locator("[data-waits]")).to_be_visible()
    assert market.judge(part, {}) == 10
    page.reload()
    expect(page.locator("[data-delivery-is=accepted]")).to_contain_text("计费 10 次")
    expect(page.locator("[data-worked]")).to_contain_text("完成 10/100 次")
    expect(page.locator("[data-worked]")).to_contain_text("创值 1.30 元")
    expect(page.locator("[data-progress]")).to_contain_text("10 %")
    with page.expect_download() as file:
        page.locator("[data-delivery-is=accepted] [data-act=file]").click()
    assert file.value.suggested_filename.endswith(".zip")


def deliver(form: Locator, *names: str) -> None:
    """Choose a ZIP and send it."""
    batch = {"name": "第一批.zip", "mimeType": "application/zip", "buffer": pack(*names)}
    form.locator("[data-field=file]").set_input_files(batch)
    form.locator("[data-field=words]").fill("第一批")
    form.locator("[data-act=deliver]").click()


def finish(visit: Visit) -> None:
    """End it early, and look at it in the dark and in English."""
    page = visit.page
    fits(visit)
    visit.shot("exh-offline")
    page.locator("[data-act=theme]").click()
    visit.shot("exh-offline-dark")
    page.locator("[data-act=finish]").click()
    expect(page.locator("[data-form=finish]")).to_contain_text("余下 90 次还给需求")
    page.locator("[data-form=finish] [data-act=sure]").click()
    expect(page.locator("[data-part-is=done]")).to_contain_text("已创值")
    expect(page.locator("[data-form=deliver]")).to_have_count(0)
    page.locator("[data-act=theme]").click()
    page.locator("[data-act=language]").click()
    fits(visit)
    visit.shot("exh-offline-en")
    visit.go("/expert")
    page.wait_for_selector("[data-parts=idle]")
    expect(page.locator("[data-earned]").first).to_contain_text("1.30")
    fits(visit)
    page.set_viewport_size({"width": 390, "height": 844})
    fits(visit)
