"""The capability shop: experts build without code, others review, a manager sells, a buyer calls; and on the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import cv2
import foundry_api
import foundry_town
import numpy as np
import pytest
from foundry_town import NEAR
from map_page_town import CHROMIUM
from money_till import YUAN
from playwright.sync_api import expect

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.foundry import Ask, Kind, Purpose
from pipewarden.market.service import budgets, foundry, foundry_evaluating, foundry_examples, foundry_life, invoking
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from phone_visit import Phones
    from playwright.sync_api import Page

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

pytestmark = pytest.mark.system(CHROMIUM)


@pytest.fixture(autouse=True)
def cheap(desk: DeskTown) -> None:
    """Let the town look with nets that see colours: the real ones take seconds to open."""
    foundry_api.cheap(desk)


def drawn(number: int, *, machine: bool) -> bytes:
    """Draw something red with an arm, or something blue with wheels, each another one."""
    side, shade = 90 + number, 150 + number * 3 % 100
    colour = (10, number * 7 % 60, shade) if machine else (shade, number * 7 % 60, 10)
    picture = np.full((side, side, 3), colour, np.uint8)
    done, encoded = cv2.imencode(".png", picture)
    assert done
    return encoded.tobytes()


def folder(at: Path, each: int) -> Path:
    """Return a folder with a class each, and one that is no class."""
    for name, machine in (("挖掘机", True), ("形似物", False)):
        (at / name).mkdir(parents=True)
        for number in range(each):
            (at / name / f"{number:02}.png").write_bytes(drawn(number, machine=machine))
    (at / "其他").mkdir()
    (at / "其他" / "x.png").write_bytes(drawn(1, machine=True))
    (at / "挖掘机" / "99.png").write_bytes(b"no picture at all")
    return at


def actor(desk: DeskTown, work: Work, login: str) -> Actor:
    found = people.actor_of(work, desk.ids[login])
    assert found is not None
    return found


def ready(page: Page, name: str = "capability") -> None:
    page.wait_for_selector(f"main[data-page={name}][data-state=idle]")


def tab(page: Page, name: str) -> None:
    page.click(f"main [data-tab={name}]")
    page.wait_for_selector(f"main[data-page=capability][data-tab-is={name}]")


def accept(desk: DeskTown, slug: str, *logins: str) -> None:
    with desk.home.work() as work:
        for one in logins:
            foundry_life.review(work, actor(desk, work, one), slug, 1, accept=True, words="图片和数据都看过")


def funded(desk: DeskTown, slug: str, *, calls: int = 0) -> None:
    """Bring money, and where asked for let the pipeline call so often."""
    with desk.home.work() as work:
        root, day = people.operator(work.tenant_id), work.now().date()
        budgets.deposit(work, root, Asset.CNY, 500 * YUAN, number=str(uuid4()), value_date=day)
        if calls:
            invoking.open_demand(work, root, slug, f"流水线 {uuid4().hex[:4]}", wanted=1000, units=100 * YUAN)
        for number in range(calls):
            asked = invoking.Request(f"pipeline-{number}", Ask(given=NEAR))
            invoking.invoke(work, root, foundry_town.runners(), slug, asked)


def sold(desk: DeskTown, author: str, title: str) -> str:
    """Let a rule card be live with a demand, through the services."""
    slug = foundry_api.slug_of("pit")
    with desk.home.work() as work:
        root, me = people.operator(work.tenant_id), actor(desk, work, author)
        foundry.make_line(work, me, slug=slug, kind=Kind.RULE, title=title, content=foundry_town.RULE)
        foundry_evaluating.evaluate(work, root, slug, 1)
    accept(desk, slug, *(desk.login(Role.EXPERT, name=f"审 {number}") for number in range(2)))
    with desk.home.work() as work:
        foundry_life.set_price(work, root, slug, 1, 1300)
        foundry_life.try_as_canary(work, root, slug, 1, 50)
    funded(desk, slug, calls=20)
    with desk.home.work() as work:
        foundry_life.go_live(work, root, slug, 1)
    return slug


def frozen(desk: DeskTown, author: str, slug: str) -> None:
    """Bring six more of each that are never trained on, past the page: a browser is slow."""
    with desk.home.work() as work:
        for number in range(30, 36):
            for machine, label in ((True, "excavator"), (False, "look_alike")):
                picture = drawn(number, machine=machine)
                foundry_examples.add_example(
                    work,
                    actor(desk, work, author),
                    foundry_town.runners(),
                    slug,
                    picture,
                    label=label,
                    purpose=Purpose.FROZEN,
                    source="",
                )


def test_an_expert_builds_a_classifier_of_a_folder(visits: Visits, desk: DeskTown, tmp_path: Path) -> None:
    author, colleague = desk.login(Role.EXPERT, name="造分类器的专家"), desk.login(Role.EXPERT, name="来评审的专家")
    visit = visits.by(author, "/capabilities", viewport={"width": 1440, "height": 900})
    page = visit.page
    page.click("[data-act=new]")
    page.fill("[name=title]", "挖掘机识别")
    rows = page.locator("[data-build=example] [data-row]")
    for at, (zh, en) in enumerate((("挖掘机", "Excavator"), ("形似物", "look-alike"))):
        rows.nth(at).locator("[data-field=zh]").fill(zh)
        rows.nth(at).locator("[data-field=en]").fill(en)
    visit.shot("capability-new")
    page.click("[data-act=build]")
    ready(page)
    expect(page.locator("[data-missing]")).to_have_attribute("data-missing", "3")
    expect(page.locator("[data-missing]")).to_contain_text("挖掘机 还差 10 张训练图片")
    expect(page.locator("[data-act=evaluate]")).to_be_disabled()

    # a folder with a class each: what is no class and what is no picture are said, the others are there
    visit.expect("422")
    page.locator("input[name=folder]").set_input_files(folder(tmp_path / "street", 14))
    expect(page.locator("[data-unknown]")).to_contain_text("文件夹“其他”不是类别名，1 张没有上传")
    expect(page.locator("[data-failed]")).to_contain_text("99.png")
    expect(page.locator("[data-examples]")).to_have_attribute("data-examples", "idle")
    expect(page.locator("[data-class=excavator] [data-train]")).to_have_text("11/10")
    expect(page.locator("[data-class=excavator] [data-frozen]")).to_have_text("3")
    expect(page.locator("[data-missing='1']")).to_contain_text("还差 4 张评估图片")
    visit.shot("capability-pictures")
    slug = page.url.split("/")[-1].split("?")[0]
    frozen(desk, author, slug)
    page.reload()
    expect(page.locator("[data-missing='0']")).to_contain_text("图片够了")
    page.click("[data-act=evaluate]")
    page.wait_for_selector("[data-figures] [data-set=cross_validated]")
    expect(page.locator("[data-set=cross_validated]").first).to_contain_text("95 % 区间")
    expect(page.locator("[data-abstain]").first).to_be_visible()
    expect(page.locator("[data-figures] .cannot").first).to_contain_text("只认识所列标签")

    # tried, with a picture of one's own
    tab(page, "about")
    page.locator("input[name=picture]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": drawn(30, machine=True)}
    )
    page.click("[data-act=try]")
    expect(page.locator("[data-call=answered]")).to_contain_text("挖掘机")
    visit.shot("capability-figures")
    tab(page, "review")
    page.click("[data-act=ask]")
    expect(page.locator("[data-accepted='0']")).to_contain_text("作者已提请评审")

    # a colleague finds it, looks, and accepts it
    other = visits.by(colleague, "/capabilities?tab=review").page
    other.click(f"[data-capability={slug}] a")
    ready(other)
    tab(other, "review")
    other.fill("[name=words]", "图片和数据都看过，通过")
    other.click("[data-act=accept]")
    expect(other.locator("[data-accepted='1']")).to_contain_text("1/2 位专家通过")
    expect(other.locator("[data-against=twice]")).to_contain_text("已经通过过这个版本")


def test_a_rule_card_is_written_and_sold_and_called(visits: Visits, desk: DeskTown) -> None:
    author, admin = desk.login(Role.EXPERT, name="写规则的专家"), desk.enrolled(Role.TENANT_ADMIN, name="管能力的人")
    visit = visits.by(author, "/capabilities/new", viewport={"width": 1440, "height": 900})
    slug = rule_card(visit)
    accept(desk, slug, *(desk.login(Role.EXPERT, name=f"审 {number}") for number in range(2)))
    page = visit.page
    tab(page, "sell")
    page.reload()
    ready(page)
    page.fill("[name=price]", "0.13")
    page.click("[data-act=price]")
    expect(page.locator("header [data-life=priced]")).to_be_visible()
    expect(page.locator("[data-contract='7000']")).to_contain_text("0.091 元")

    boss = visits.by(admin, f"/capabilities/{slug}?tab=sell", viewport={"width": 1440, "height": 900})
    page = boss.page
    ready(page)
    page.click("[data-act=canary]")
    expect(page.locator("[data-asks]")).to_contain_text("让版本 1 回答 10 % 的调用？")
    page.click("[data-act=sure]")
    expect(page.locator("[data-answered='0']")).to_contain_text("已答 0/20 次")
    expect(page.locator("[data-act=live]")).to_be_disabled()
    funded(desk, slug)
    tab(page, "calls")
    page.fill("[name=wanted]", "100")
    page.click("[data-act=buy]")
    expect(page.locator("[data-asks]")).to_contain_text("从资金池拨 13.00 元，购买 100 次调用？")
    page.click("[data-asks] [data-act=sure]")
    expect(page.locator("[data-demand] [data-taken]")).to_have_text("0/100")
    page.fill("[data-form=invoke] [name=field_1]", "0.3")
    page.click("[data-act=invoke]")
    expect(page.locator("[data-call=answered] [data-then]")).to_have_text("立即停工")
    expect(page.locator("[data-call] [data-by]")).to_contain_text("收费 0.13 元")
    expect(page.locator("[data-demand] [data-taken]")).to_have_text("1/100")
    boss.shot("capability-calls")
    tab(page, "sell")
    page.fill("[name=reason]", "冬天判错")
    page.click("[data-form=rollback] [data-act=rollback]")
    expect(page.locator("[data-asks]")).to_contain_text("回滚版本 1？")
    page.click("[data-asks] [data-act=sure]")
    expect(page.locator("header [data-life=rolled_back]")).to_be_visible()
    tab(page, "history")
    expect(page.locator("[data-event=rolled_back]")).to_contain_text("冬天判错")


def rule_card(visit: Visit) -> str:
    """Write a rule card by its form and let it be measured; a case that comes out otherwise is said."""
    page = visit.page
    page.check("input[name=kind][value=rule]")
    page.fill("[name=title]", "离管距离判定")
    page.fill("[data-field-row='0'] [data-field=zh]", "与管道距离")
    page.fill("[data-field-row='0'] [data-field=unit]", "m")
    page.fill("[data-rule-row='0'] [data-field=than]", "0.5")
    page.fill("[data-rule-row='0'] [data-field=then]", "立即停工")
    page.fill("[data-rule-row='0'] [data-field=clause]", "GB 55009-2021 5.1.6")
    page.click("[data-act=case]")
    for at, (given, outcome) in enumerate((("0.3", "立即停工"), ("4", "其它情形"))):
        row = page.locator(f"[data-case-row='{at}']")
        row.locator("[data-given=field_1]").fill(given)
        row.locator("[data-field=outcome]").select_option(label=outcome)
    visit.shot("capability-rule")
    page.click("[data-act=build]")
    ready(page)
    page.click("[data-act=evaluate]")
    expect(page.locator("[data-set=cases]").first).to_contain_text("2/2")
    expect(page.locator("[data-next]")).to_contain_text("提请评审")
    return page.url.split("/")[-1].split("?")[0]


def test_the_shop_in_the_hand(phones: Phones, desk: DeskTown) -> None:
    slug = sold(desk, desk.login(Role.EXPERT, name="卖能力的专家"), "探坑距离判定，名字长得一行放不下的那一种能力卡片")
    visit = phones.by(desk.login(Role.PATROLLER), "/m/capabilities")
    page = visit.page
    card = page.locator(f"[data-capability={slug}]")
    expect(card.locator("[data-headline]")).to_contain_text("3/3")
    expect(card.locator("[data-price='1300']")).to_have_text("0.13 元/次")
    expect(card.locator("[data-calls]")).to_have_text("能力调用 20 次")
    expect(card).to_contain_text("没有写到的情形一律按“其它情形”处理")
    visit.shot("phone-capabilities")
    card.locator("a").tap()
    ready(page)
    form: Any = page.locator("[data-form=try]")
    form.locator("[name=distance]").fill("0.3")
    form.locator("[name=digging]").select_option("yes")
    form.locator("[name=ground]").select_option("soil")
    form.locator("[data-act=try]").tap()
    expect(form.locator("[data-call=answered] [data-then]")).to_have_text("立即停工")
    expect(form.locator("[data-by]")).to_contain_text("试用，不收费")
    visit.shot("phone-capability")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    targets = page.locator("main button, main a, main input, main select")
    heights = targets.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
