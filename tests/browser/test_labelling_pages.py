"""Labelling on desk and phone: an expert's turns by mouse, keys and touch; a client's items from picture to ZIP."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from label_kitchen import Bench, kitchen
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.market.facts.commissions import Tool
from pipewarden.market.rules import labels_drawing
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from phone_visit import Phones
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.system(CHROMIUM)


@pytest.fixture
def bench(desk: DeskTown) -> Bench:
    return Bench(desk)


@pytest.fixture
def golds(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the next item drawn is gold; none by themselves: chance is tested elsewhere."""
    coming: list[bool] = []
    monkeypatch.setattr(labels_drawing, "gold_due", lambda *_: coming.pop(0) if coming else False)
    return coming


def board(page: Page) -> Locator:
    found = page.locator("[data-board=idle]")
    expect(found).to_be_visible()
    return found


def pull(page: Page, *places: tuple[float, float]) -> None:
    """Press at the first place of the picture, shares of the frame, and let go at the last."""
    box = board(page).bounding_box()
    assert box is not None
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()


def marks(page: Page, n: int) -> None:
    expect(board(page)).to_have_attribute("data-marks", str(n))


def given(bench: Bench, item_id: UUID) -> tuple[str, ...]:
    (one,) = bench.answers(item_id)
    return tuple(f"{shape.kind} {shape.label} {round(shape.points[0][0], 2)}" for shape in one.said.shapes)


def answer_gold(visit: Visit) -> None:
    """Say no to gold that is yes, read why, and mend it by keys."""
    page = visit.page
    page.click("[data-act=send]")
    expect(page.locator("[data-lacks]")).to_contain_text("业务场景是否匹配")
    expect(page.locator("[data-lacks]")).to_be_in_viewport()
    page.click("[data-match=no]")
    page.click("[data-act=send]")
    expect(page.locator("[data-told=returned]")).to_be_visible()
    expect(page.locator("[data-reason]")).to_contain_text("管身发硬、有裂纹")
    visit.shot("label-desk-returned")
    page.keyboard.press("y")
    page.keyboard.press("r")
    expect(page.locator("[data-item=hose_old]")).to_be_checked()
    page.keyboard.press("Control+Enter")


def draw_by_mouse(visit: Visit) -> None:
    """Take the proposal, pull a box, go back and forth, and press an outline."""
    page = visit.page
    page.keyboard.press("g")
    marks(page, 1)
    page.keyboard.press("w")
    pull(page, (0.2, 0.2), (0.3, 0.6))
    marks(page, 2)
    page.keyboard.press("Control+z")
    marks(page, 1)
    page.keyboard.press("Control+y")
    marks(page, 2)
    page.keyboard.press("Escape")
    pull(page, (0.25, 0.4))  # a tap draws nothing: it takes the mark below
    expect(page.locator("[data-mark='2'].chosen")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    for place in ((0.6, 0.3), (0.8, 0.3), (0.8, 0.6), (0.6, 0.3)):
        pull(page, place)
    marks(page, 3)
    visit.shot("label-desk-drawn")


def draw_by_keys(visit: Visit) -> None:
    """Set a box by arrows, take it away, and read which keys there are."""
    page = visit.page
    page.keyboard.press("b")
    for key in ("ArrowLeft", "Enter", "Shift+ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    marks(page, 4)
    page.keyboard.press("Delete")
    marks(page, 3)
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_contain_text("提交审核")
    visit.shot("label-desk-keys")
    page.keyboard.press("Escape")


def test_an_expert_labels_by_mouse_and_keys_and_what_was_wrong_comes_back(
    visits: Visits, bench: Bench, golds: list[bool]
) -> None:
    commission = bench.published()
    gold, plain = bench.gold(commission, 1), bench.guessed(commission, 2)
    golds += [True]
    login = bench.expert("标注的专家")
    part = bench.part(commission, login)
    visit = visits.by(login, f"/label/{part.id}", viewport={"width": 1440, "height": 900})
    page = visit.page
    expect(page.locator("[data-part]")).to_have_attribute("data-standing", "trial")
    expect(page.locator("[data-left]")).to_contain_text("归您还有 29:")
    marks(page, 0)
    visit.shot("label-desk-new")
    answer_gold(visit)
    expect(page.locator("[data-guess=open] [data-score]")).to_contain_text("62")
    expect(board(page)).to_have_attribute("data-guessed", "1")
    visit.shot("label-desk-guess")
    draw_by_mouse(visit)
    draw_by_keys(visit)
    page.click("[data-mark='2'] .name")
    page.fill("[data-mark='2'] [data-side=left]", "5")
    page.fill("[data-field=comment]", "接口处有胶带")
    page.evaluate("localStorage.setItem('pipewarden.language', 'en'); localStorage.setItem('pipewarden.theme', 'dark')")
    page.reload()  # what is filled in outlives the page
    marks(page, 3)
    expect(page.locator("[data-field=comment]")).to_have_value("接口处有胶带")
    visit.shot("label-desk-en-dark")
    page.click("[data-act=send]")
    expect(page.locator("[data-empty=nothing]")).to_be_visible()
    expect(page.locator("[data-part]")).to_have_attribute("data-done", "2")
    assert given(bench, plain.id)[:2] == ("box hose_old 0.55", "box hose_long 0.05")
    assert given(bench, plain.id)[2].startswith("polygon hose_long 0.6")
    assert bench.answers(gold.id)[0].state == "wrong"
    assert bench.answers(plain.id)[0].said.comment == "接口处有胶带"
    page.click(".mine summary")
    expect(page.locator("[data-answered][data-state-is=wrong]")).to_contain_text("管身发硬")
    visit.shot("label-desk-empty")


def touch(page: Page, *moves: list[tuple[float, float]]) -> None:
    """Put fingers down at the first places of the picture, move them, and take them off."""
    box = board(page).bounding_box()
    assert box is not None
    hand = page.context.new_cdp_session(page)
    for at, places in enumerate(moves):
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": n}
            for n, (x, y) in enumerate(places)
        ]
        kind = "touchStart" if at == 0 else "touchMove"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.usefixtures("golds")
def test_an_expert_prices_by_touch_hands_back_and_judges_a_dispute(phones: Phones, bench: Bench) -> None:
    commission = bench.published(title="隐患核价", tool=Tool.PRICING)
    items = [bench.picture(commission, seed) for seed in (3, 4)]
    login = bench.expert("拿手机的专家")
    part = bench.part(commission, login)
    visit = phones.by(login, f"/m/label/{part.id}")
    page = visit.page
    board(page)
    visit.shot("label-phone-new")
    page.locator("[data-match=yes]").tap()
    page.locator("[data-draw=hose_old]").tap()
    touch(page, [(0.6, 0.3)], [(0.7, 0.5)], [(0.8, 0.8)])
    marks(page, 1)
    near = float(board(page).get_attribute("data-scale") or "0")
    touch(page, [(0.5, 0.5), (0.6, 0.6)], [(0.4, 0.4), (0.7, 0.7)], [(0.3, 0.3), (0.8, 0.8)])
    marks(page, 1)  # two fingers draw nothing
    assert float(board(page).get_attribute("data-scale") or "0") > near * 2
    visit.shot("label-phone-drawn")
    page.locator("[data-act=large]").tap()
    page.locator("[data-act=whole]").tap()
    page.select_option("[data-field=next]", "hose_long")
    visit.shot("label-phone-large")
    page.locator("[data-act=large]").tap()
    page.locator("[data-act=send]").tap()
    expect(page.locator("[data-lacks]")).to_contain_text("还没填金额")
    page.fill("[data-field=price]", "36.5")
    visit.shot("label-phone-price")
    page.locator("[data-act=send]").tap()
    expect(page.locator("[data-told=sent]")).to_be_visible()
    expect(page.locator("[data-part]")).to_have_attribute("data-done", "1")
    page.locator("[data-act=hand-back]").tap()
    page.locator("[data-act=hand-back-sure]").tap()
    expect(page.locator("[data-empty=nothing]")).to_be_visible()
    found = [one for item in items for one in bench.answers(item.id)]
    assert sorted((one.state, one.said and one.said.price) for one in found) == [("given", 365_000), ("lapsed", None)]

    disputed = bench.published(title="方案争议复核", tool=Tool.PLAN_REVIEW)
    item = bench.dispute(disputed, "施工方：5 m 外可机械开挖。\n管理方：先人工探沟，见到管再定。")
    visit.go(f"/m/label/{bench.part(disputed, login, volume=1).id}")
    expect(page.locator("[data-dispute]")).to_contain_text("先人工探沟")
    page.locator("[data-choice=changed]").tap()
    page.fill("[data-field=comment]", "探沟是条例要求")
    visit.shot("label-phone-dispute")
    page.locator("[data-act=send]").tap()
    expect(page.locator("[data-empty=full]")).to_contain_text("约定的 1 题都做完了")
    assert bench.answers(item.id)[0].said.choice == "changed"
    visit.shot("label-phone-empty")


def put_pictures(visit: Visit, files: list[Path], broken: Path) -> None:
    """Put in two pictures, one that is none, and one whose answer is known."""
    page = visit.page
    page.click("[data-tab=add]")
    visit.expect("422")
    page.set_input_files("[data-field=pictures]", [str(one) for one in (*files[:2], broken)])
    expect(page.locator("[data-adding=false][data-done='2'][data-failed='1']")).to_be_visible()
    expect(page.locator("[data-file='坏的.jpg']")).to_contain_text("picture")
    page.set_input_files("[data-field=gold]", str(files[2]))
    page.click("[data-match=yes]")
    page.click("[data-draw=hose_old]")
    pull(page, (0.5, 0.2), (0.8, 0.9))
    page.fill("[data-field=gold-reason]", "管身有裂纹")
    visit.shot("items-add")
    page.click("[data-form=gold] [data-act=send]")
    expect(page.locator("[data-saved]")).to_be_visible()


def bring_labels(visit: Visit, pack: Path) -> None:
    """Import a ZIP of another tool with one picture more than labels, as a guess."""
    page = visit.page
    page.set_input_files("[data-field=import]", str(pack))
    page.select_option("[data-field=format]", "voc")
    page.fill("[data-field=model]", "old-net@2")
    page.click("[data-act=import]")
    expect(page.locator("[data-imported='2']")).to_contain_text("新放入 2 题")


def decide(visit: Visit, item: str) -> None:
    """Send one answer back with the reason, and settle by one's own."""
    page = visit.page
    page.locator(f"[data-item='{item}'] [data-act=open]").click()
    expect(page.locator("[data-answer-of]")).to_have_count(2)
    board(page)
    visit.shot("items-review")
    first = page.locator("[data-answer-of]", has_text="看法一")
    first.locator("[data-act=reject]").click()
    expect(first.locator("[data-act=reject-sure]")).to_be_disabled()
    first.locator("[data-field=reason]").fill("请标出位置")
    first.locator("[data-act=reject-sure]").click()
    expect(page.locator("[data-answer-of][data-state-is=returned]")).to_contain_text("请标出位置")
    page.click("[data-act=fix]")
    page.keyboard.press("y")
    page.keyboard.press("w")
    visit.shot("items-fix")
    page.click("[data-act=send]")
    expect(page.locator("[data-item-open][data-item-state=settled]")).to_be_visible()
    page.click("[data-act=next-review]")
    expect(page.locator("[data-items=idle]")).to_contain_text("没有待裁定的题")


def gild(visit: Visit) -> None:
    """Answer an item that nobody had, and let it measure people from now on."""
    page = visit.page
    page.click("[data-tab=list]")
    page.locator("[data-item]", has_text="入户-1.jpg").locator("[data-act=open]").click()
    page.click("[data-act=fix]")
    page.keyboard.press("y")
    page.keyboard.press("Control+Enter")
    page.click("[data-act=gild]")
    page.fill("[data-field=gold-reason]", "没有隐患")
    page.click("[data-act=gild-sure]")
    expect(page.locator("[data-told=gold_now]")).to_be_visible()
    expect(page.locator("[data-counts]")).to_contain_text("金标 2")


@pytest.mark.usefixtures("golds")
def test_a_client_puts_items_in_decides_and_takes_the_labels(
    visits: Visits, desk: DeskTown, bench: Bench, tmp_path: Path
) -> None:
    commission = bench.published(overlap=2)
    files = [tmp_path / f"入户-{n}.jpg" for n in range(3)]
    for n, one in enumerate(files):
        one.write_bytes(kitchen(10 + n))
    (tmp_path / "坏的.jpg").write_bytes(b"no picture")
    path = f"/commissions/{commission.id}/items"
    login = desk.login(Role.SAFETY_MANAGER, name="放题目的人")
    visit = visits.by(login, path, viewport={"width": 1440, "height": 900})
    page = visit.page
    expect(page.locator("[data-items=idle]")).to_contain_text("还没有题目")
    put_pictures(visit, files, tmp_path / "坏的.jpg")
    bring_labels(visit, packed(tmp_path / "voc.zip"))
    expect(page.locator("[data-counts]")).to_contain_text("4 题等答案")
    expect(page.locator("[data-counts]")).to_contain_text("金标 1（还管用的 1）")
    page.click("[data-tab=list]")
    expect(page.locator("[data-item]")).to_have_count(5)
    item = page.locator("[data-item][data-gold=false]").first.get_attribute("data-item") or ""
    bench.disagree(commission, item, ("看法一", "看法二"))
    decide(visit, item)
    gild(visit)
    page.click("[data-tab=agreement]")
    expect(page.locator("[data-person]")).to_contain_text("看法二")
    expect(page.locator("[data-signs=none]")).to_be_visible()
    page.click("[data-tab=export]")
    page.check("[data-format=label_studio]")
    with page.expect_download() as taken:
        page.click("[data-act=download]")
    with zipfile.ZipFile(io.BytesIO(taken.value.path().read_bytes())) as pack:
        assert sum(name.endswith(".jpg") for name in pack.namelist()) == 5
    seen(visit, commission.id, item)


def test_who_was_stopped_goes_on_after_somebody_looked(visits: Visits, desk: DeskTown, bench: Bench) -> None:
    commission = bench.published()
    login = bench.expert("被暂停的专家")
    bench.fail(commission, login, bench.picture(commission, 30))
    visit = visits.by(
        desk.login(Role.TENANT_ADMIN, name="看答案的人"), f"/commissions/{commission.id}/items?tab=agreement"
    )
    row = visit.page.locator("[data-person]")
    expect(row.locator("[data-standing=stopped]")).to_have_text("已暂停")
    row.locator("[data-act=look]").click()
    expect(row.locator("[data-act=look-sure]")).to_be_disabled()
    row.locator("[data-field=look]").fill("金标的图太暗")
    visit.shot("items-stopped")
    row.locator("[data-act=look-sure]").click()
    expect(row.locator("[data-standing=trial]")).to_have_text("试做期")
    expect(row.locator("[data-act=look]")).to_have_count(0)


def test_self_inspections_go_before_experts_where_their_sender_agreed(
    visits: Visits, desk: DeskTown, bench: Bench
) -> None:
    commission = bench.published()
    agreed, refused = (bench.sent(f"自查的人 {one}", agrees=one) for one in (True, False))
    login = desk.login(Role.SAFETY_MANAGER, name="选自查的人")
    visit = visits.by(login, f"/commissions/{commission.id}/items?tab=add", viewport={"width": 1440, "height": 900})
    page = visit.page
    page.click("[data-checks=shut] [data-act=checks]")
    page.locator(f"[data-check='{agreed}'] [data-act=put-check]").click()
    expect(page.locator(f"[data-check='{agreed}'] [data-added]")).to_have_text("已放入")
    expect(page.locator("[data-counts]")).to_contain_text("1 题等答案")
    visit.expect("409")
    row = page.locator(f"[data-check='{refused}']")
    row.locator("[data-act=put-check]").click()
    expect(row.locator("[role=alert]")).to_contain_text("Ask its sender")
    expect(page.locator("[data-added]")).to_have_count(1)
    visit.shot("items-checks")


def packed(path: Path) -> Path:
    """Write a ZIP of Pascal VOC: two pictures, one labelled."""
    label = (
        "<annotation><filename>a.jpg</filename><size><width>720</width><height>480</height><depth>3</depth></size>"
        "<object><name>hose_old</name><bndbox><xmin>400</xmin><ymin>100</ymin><xmax>520</xmax><ymax>420</ymax>"
        "</bndbox></object></annotation>"
    )
    with zipfile.ZipFile(path, "w") as pack:
        for seed, name in ((20, "a.jpg"), (21, "b.jpg")):
            pack.writestr(name, kitchen(seed))
        pack.writestr("a.xml", label)
    return path


def seen(visit: Visit, commission_id: UUID, item: str) -> None:
    """Look at every part in English by night and on a narrow page: nothing runs out of it."""
    page = visit.page
    for language, theme, width in (("en", "dark", 1440), ("zh", "light", 390)):
        page.evaluate(
            f"localStorage.setItem('pipewarden.language', '{language}');"
            f"localStorage.setItem('pipewarden.theme', '{theme}')"
        )
        page.set_viewport_size({"width": width, "height": 900})
        visit.go(f"/commissions/{commission_id}/items?tab=list&item={item}")
        board(page)
        for part in ("item", "list", "add", "agreement", "export"):
            if part != "item":
                page.click(f"[data-tab={part}]")
                page.wait_for_selector(f"[data-tab-is={part}]")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (part, width, language)
            visit.shot(f"items-{part}-{language}-{theme}-{width}")
