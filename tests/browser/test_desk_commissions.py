"""The client's side of commissions: drafted, published, matched, talked about, judged, accepted; on both faces."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from client_town import YUAN, ClientTown
from desk_town import day
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.market.facts.experts import Grade
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from phone_visit import Phones
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.system(CHROMIUM)
DESK = {"width": 1440, "height": 900}
LONG = "廊坊市临空经济区城镇燃气安全与户内隐患排查治理技术服务有限责任公司第三分公司"


@pytest.fixture
def market(desk: DeskTown) -> ClientTown:
    return ClientTown(desk)


def ready(page: Page, name: str) -> None:
    page.wait_for_selector(f"main[data-page={name}][data-state=idle]")


def fits(visit: Visit, name: str) -> None:
    """Nothing scrolls sideways in either language; where pictures are kept, one by night, too."""
    page = visit.page
    night = [("zh", "dark")] if "PIPEWARDEN_PICTURES" in os.environ else []
    for language, theme in (*night, ("en", "light"), ("zh", "light")):
        page.evaluate(f"localStorage.setItem('pipewarden.language', '{language}')")
        page.evaluate(f"localStorage.setItem('pipewarden.theme', '{theme}')")
        page.reload()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, language)
        visit.shot(f"{name}-{language}-{theme}")


def fill(form: Locator, **given: str) -> None:
    for name, text in given.items():
        form.locator(f"[data-field={name}]").fill(text)


def sure(where: Locator, name: str, reason: str = "") -> None:
    """Ask for an act, give its reason, and say yes."""
    where.locator(f"[data-act={name}]").click()
    form = where.locator(f"[data-form={name}]")
    if reason:
        form.locator("[data-field=reason]").fill(reason)
    form.locator("[data-act=sure]").click()
    expect(form).to_have_count(0)


def drafted(visit: Visit, tag: str) -> UUID:
    """Write the deck's own commission: its budget pays less than it wants, and the form says so at once."""
    page = visit.page
    form = page.locator("[data-form=commission]")
    expect(form.locator("[data-act=save]")).to_be_disabled()
    fill(form, title="专家通过线下方式完成隐患图片标注，预计15万张", words="按户内隐患分类圈出隐患")
    form.locator("[data-way=offline]").check()
    fill(form, tags=f"{tag}、标注，线下方式", budget="19,468", price="0.13", volume="150,000", due=day(-1))
    expect(form.locator("[data-pays]")).to_contain_text("预算够付 149,753/150,000 次；其余 247 次")
    expect(form.locator("[data-why]")).to_contain_text("截止日期已过")
    fill(form, due=day(20))
    visit.shot("commission-draft")
    form.locator("[data-act=save]").click()
    ready(page, "commission")
    page.click("[data-act=edit]")
    ready(page, "commission-draft")
    expect(form.locator("[data-field=budget]")).to_have_value("19468")
    fill(form, words="按户内隐患分类圈出隐患，框要贴边")
    form.locator("[data-act=save]").click()
    expect(page.locator("[data-facts]")).to_contain_text("框要贴边")
    expect(page.locator("[data-facts]")).to_contain_text("19,468.00 元")
    return UUID(page.url.rsplit("/", 1)[1])


def published(visit: Visit, desk: DeskTown, login: str) -> None:
    """Publish it: money is set aside, so the second factor is asked once more."""
    page = visit.page
    expect(page.locator("[data-matches=idle] [data-act=offer]")).to_have_count(0)
    expect(page.locator("[data-purse][data-short=false]")).to_be_visible()
    code = desk.age_factor(login)
    visit.expect("403")
    page.click("[data-act=publish]")
    expect(page.locator("[data-form=publish] [data-asks]")).to_contain_text("划出 19,468.00 元")
    page.click("[data-form=publish] [data-act=sure]")
    page.fill("input[name=step-up-code]", code)
    page.click("[data-step-up] button[type=submit]")
    expect(page.locator("main[data-is=published]")).to_be_visible()


def pushed(visit: Visit, person: UUID) -> None:
    """Read why somebody suits, and ask them for a thousand calls."""
    card = visit.page.locator(f"[data-match='{person}']")
    expect(card).to_contain_text(re.compile(r"匹配度 \d+ %.*未推送", re.DOTALL))
    expect(card.locator("[data-more-tags]")).to_have_text("2+")
    card.locator("summary").click()
    expect(card.locator("[data-reason]").first).to_be_visible()
    card.locator("[data-act=offer]").click()
    card.locator("[data-form=offer] [data-field=volume]").fill("1000")
    visit.shot("commission-matches")
    card.locator("[data-act=push]").click()
    expect(card).to_have_attribute("data-card-is", "offered")


def test_a_commission_is_drafted_published_and_pushed(visits: Visits, desk: DeskTown, market: ClientTown) -> None:
    tag = f"隐患图片{uuid4().hex[:4]}"
    best = market.expert("专家甲", frozenset({tag, "标注", "燃气安全", "隐患排查治理", "居民用户安全", "城市生命线"}))
    more = {"employer": LONG, "price_floor": 1_800, "stars": 0, "ratings": 0}
    asks = market.expert("专家乙", frozenset({tag}), grade=Grade.C, **more)
    market.bring(20_000 * YUAN)
    login = desk.enrolled(Role.TENANT_ADMIN, name="发需求的人")
    visit = visits.by(login, "/commissions/new", viewport=DESK)
    page = visit.page
    commission = drafted(visit, tag)
    published(visit, desk, login)
    pushed(visit, desk.ids[best])
    market.applies(asks, commission)
    market.says(asks, commission, "截止前能交两批，可以吗？")
    page.reload()
    expect(page.locator(f"[data-match='{desk.ids[asks]}']")).to_contain_text("已申请")
    page.locator(f"[data-talker='{desk.ids[asks]}'][data-unread='1']").click()
    talk = page.locator("[data-talk=idle]")
    expect(talk).to_contain_text("截止前能交两批")
    talk.locator("textarea").fill("可以，第一批先来一千张。")
    talk.locator("[data-act=say]").click()
    expect(talk.locator("[data-said=client]")).to_contain_text("第一批先来一千张")
    visit.shot("commission-matching")
    sure(page.locator("[data-part][data-is=applied]"), "agree")
    expect(page.locator("main[data-is=running]")).to_be_visible()
    sure(page.locator("[data-part][data-is=offered]"), "withdraw", "已有人承接")
    expect(page.locator("[data-part][data-is=left]")).to_contain_text("已有人承接")
    card = page.locator(f"[data-match='{desk.ids[best]}'][data-card-is=left]")
    card.locator("[data-act=offer]").click()  # asked and taken back again, in the same words: another act each
    card.locator("[data-act=push]").click()
    sure(page.locator("[data-part][data-is=offered]"), "withdraw", "已有人承接")
    expect(page.locator("[data-part][data-is=left]")).to_be_visible()
    expect(page.locator("[data-unripe]")).to_contain_text("完成 95 % 以上才能验收，现在 0 %")
    fits(visit, "commission-running")
    visit.go("/finance?tab=budgets")
    row = page.locator("[data-budget]", has=page.locator(f"a[href$='{commission}']"))
    expect(row.locator("[data-own-life]")).to_contain_text("不能手动操作")
    expect(row.locator("[data-act=fund], [data-act=release]")).to_have_count(0)
    visit.shot("finance-commission-budget")
    visit.go(f"/commissions/{commission}")
    sure(page.locator("main"), "cancel", "今年不做了")
    expect(page.locator("main[data-is=cancelled] [data-event=cancelled]")).to_contain_text("今年不做了")


def test_a_delivery_is_judged_item_by_item_and_the_work_is_rated(
    visits: Visits, desk: DeskTown, market: ClientTown
) -> None:
    tags = frozenset({f"验收{uuid4().hex[:4]}"})
    worker = market.expert("交活的专家", tags)
    title = f"线下标注 {uuid4().hex[:4]}"
    commission = market.published(title, tags)
    part = market.begins(worker, commission.id)
    market.delivers(worker, part.id, "0001", "0002", "0003", "0004", early=True)
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/commissions?state=running", viewport=DESK)
    page = visit.page
    ready(page, "commissions")
    fits(visit, "commissions-list")
    page.locator(f"[data-commission='{commission.id}'] a").click()
    ready(page, "commission")
    expect(page.locator("[data-act=publish]")).to_have_count(0)
    form = page.locator("[data-delivery][data-is=sampled] [data-form=judge]")
    for name in ("0001", "0002"):
        form.locator(f"[data-drawn='{name}'] [data-say=wrong]").check()
        form.locator(f"[data-drawn='{name}'] [data-field=why]").fill("框没有贴边")
    form.locator("[data-act=rest-right]").click()
    expect(form.locator("[data-verdict]")).to_contain_text("超过 1 件：整批退回")
    expect(form.locator("[data-act=judge]")).to_have_text("退回")
    form.locator("[data-drawn='0002'] [data-say=right]").check()
    form.locator("[data-drawn='0001'] [data-field=why]").fill("")
    expect(form.locator("[data-act=judge]")).to_be_disabled()
    form.locator("[data-drawn='0001'] [data-field=why]").fill("漏标了软管")
    visit.shot("commission-judging")
    form.locator("[data-act=judge]").click()
    done = page.locator("[data-delivery][data-is=accepted]")
    expect(done).to_contain_text("计 3 次")
    expect(done.locator("[data-wrong-items]")).to_contain_text("漏标了软管")
    expect(page.locator("[data-progress]")).to_contain_text("75 %")
    row = page.locator(f"[data-part='{part.id}'][data-is=done]")
    expect(row.locator("[data-why]")).to_contain_text("专家提前交付")
    row.locator("[data-act=rate-part]").click()
    row.locator("[data-star='5']").check(force=True)
    row.locator("[data-field=said]").fill("非常专业，效率超高")
    row.locator("[data-act=rate]").click()
    expect(row.locator("[data-stars='5']")).to_contain_text("非常专业")
    sure(page.locator("main"), "accept", "问题解决了")
    expect(page.locator("main[data-is=accepted] [data-settles]")).to_be_visible()
    whole = page.locator("main form[data-form=rating]")
    whole.locator("[data-star='4']").check(force=True)
    whole.locator("[data-field=said]").fill("下次有问题再来")
    whole.locator("[data-act=rate]").click()
    expect(page.locator("[data-client-rating] [data-stars='4']")).to_contain_text("下次有问题再来")
    fits(visit, "commission-accepted")
    reader = visits.by(desk.enrolled(Role.AUDITOR, name="只看需求的人"), f"/commissions/{commission.id}").page
    expect(reader.locator(f"[data-part='{part.id}']")).to_contain_text("非常专业")
    expect(
        reader.locator("[data-act=talk], [data-talks], [data-matches], [data-deliveries], [data-form]")
    ).to_have_count(0)


@pytest.fixture
def addressed(desk: DeskTown) -> Iterator[None]:
    """A house with a public address; monkeypatch would leave the state without any post."""
    real = desk.app.state.post
    desk.app.state.post = replace(real, public_url="https://pipewarden.example")
    yield
    desk.app.state.post = real


@pytest.mark.usefixtures("addressed")
def test_experts_are_seen_verified_and_invited_once(visits: Visits, desk: DeskTown, market: ClientTown) -> None:
    name = f"待核实的专家{uuid4().hex[:3]}"
    person = desk.ids[market.expert(name, frozenset({"燃气安全", "老旧改专项", "标注", "核价"}), grade=Grade.C)]
    visit = visits.by(desk.enrolled(Role.TENANT_ADMIN, name="管专家的人"), "/experts", viewport=DESK)
    page = visit.page
    page.wait_for_selector("[data-experts=idle]")
    page.select_option("[data-filter=grade]", "C")
    row = page.locator(f"[data-expert='{person}']")
    expect(row).to_contain_text("C级专家")
    row.locator("[data-act=open]").click()
    detail = row.locator("[data-detail=idle]")
    expect(detail).to_contain_text("入户安检八年")
    fits(visit, "experts")
    sure(detail, "verify", "看过工作证")
    expect(row.locator("[data-verified=true]")).to_be_visible()
    expect(detail.locator("[data-act=verify]")).to_have_count(0)
    page.click("[data-tab=links]")
    page.wait_for_selector("[data-links=idle]")
    form = page.locator("[data-form=link]")
    words = f"请加入户内隐患专家 {uuid4().hex[:4]}"
    fill(form, words=words, tags="燃气安全、标注", days="91")
    expect(form.locator("[data-act=make]")).to_be_disabled()
    fill(form, days="30", most="20")
    form.locator("[data-act=make]").click()
    made = page.locator("[data-link-made]")
    expect(made).to_have_attribute("data-address", re.compile(r"^https://pipewarden\.example/experts/[0-9a-f]{32}$"))
    assert made.locator("[data-qr]").evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
    visit.shot("experts-invitation")
    token = str(made.get_attribute("data-address")).rsplit("/", 1)[1]
    fits(visit, "experts-links")
    expect(page.locator("[data-links=idle]")).to_be_visible()
    assert token not in page.content(), "its word is shown once"
    link = page.locator("[data-link]", has_text=words)
    expect(link).to_contain_text("0/20")
    sure(link, "end")
    expect(link).to_have_attribute("data-is", "ended")


def test_a_commission_is_followed_in_the_hand(phones: Phones, desk: DeskTown, market: ClientTown) -> None:
    tags = frozenset({f"掌上{uuid4().hex[:4]}"})
    worker, asks = market.expert("张工", tags), market.expert("想承接的李工", tags, employer=LONG)
    commission = market.published(f"线下标注 {LONG[:20]}", tags, volume=40, budget=52_000)
    part = market.begins(worker, commission.id)
    market.delivers(worker, part.id, *(f"图片-{at:04d}" for at in range(4)))
    market.applies(asks, commission.id)
    market.says(asks, commission.id, "我也能做一部分")
    visit = phones.by(desk.login(Role.SAFETY_MANAGER), "/m/")
    page = visit.page
    page.locator("[data-tile=commissions]").tap()
    ready(page, "commissions")
    visit.shot("phone-commissions")
    page.locator(f"[data-commission='{commission.id}']").tap()
    ready(page, "commission")
    page.wait_for_selector("[data-deliveries=idle]")
    visit.shot("phone-commission")
    form = page.locator("[data-form=judge]")
    form.locator("[data-act=rest-right]").tap()
    form.locator("[data-act=judge]").tap()
    expect(page.locator("[data-delivery][data-is=accepted]")).to_contain_text("计 4 次")
    applied = page.locator("[data-part][data-is=applied]")
    applied.locator("[data-act=talk]").tap()
    talk = page.locator("[data-talk=idle]")
    expect(talk).to_contain_text("我也能做一部分")
    talk.locator("textarea").fill("这次人够了，下次请您。")
    talk.locator("[data-act=say]").tap()
    expect(talk.locator("[data-said=client]")).to_be_visible()
    visit.shot("phone-commission-talk")
    applied.locator("[data-act=refuse]").tap()
    page.context.set_offline(True)
    expect(page.locator("[data-form=refuse] [data-act=sure]")).to_be_disabled()
    page.context.set_offline(False)
    page.locator("[data-form=refuse] [data-field=reason]").fill("这次人够了")
    page.locator("[data-form=refuse] [data-act=sure]").tap()
    expect(page.locator("[data-part][data-is=left]")).to_contain_text("这次人够了")
    for target in page.locator("main button:visible, main summary:visible, main a:visible").all():
        box = target.bounding_box()
        assert box is None or box["height"] >= 44, target.inner_text()
    for language in ("en", "zh"):
        page.evaluate(f"localStorage.setItem('pipewarden.language', '{language}')")
        page.reload()
        ready(page, "commission")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.querySelector('main').scrollWidth") <= 390
        visit.shot(f"phone-commission-{language}")
