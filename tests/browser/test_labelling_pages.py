"""Labelling on desk and phone: an expert's turns by mouse, by keys and by touch; a client's items from picture to ZIP."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from label_bench import Bench, kitchen
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
    return tuple(f"{shape.kind} {shape.label}" for shape in one.said.shapes)


def test_an_expert_labels_with_mouse_and_keys_and_what_was_wrong_comes_back(
    visits: Visits, desk: DeskTown, bench: Bench, golds: list[bool]
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
    page.click("[data-act=send]")
    expect(page.locator("[data-lacks]")).to_contain_text("业务场景是否匹配")
    page.click("[data-match=no]")
    page.click("[data-act=send]")
    expect(page.locator("[data-told=returned]")).to_be_visible()
    expect(page.locator("[data-reason]")).to_contain_text("管身发硬、有裂纹")
    visit.shot("label-desk-returned")
    page.keyboard.press("y")
    page.keyboard.press("r")
    expect(page.locator("[data-item=hose_old]")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-guess=open] [data-score]")).to_contain_text("62")
    expect(board(page)).to_have_attribute("data-guessed", "1")
    visit.shot("label-desk-guess")
    page.keyboard.press("g")
    marks(page, 1)
    page.keyboard.press("w")
    pull(page, (0.2, 0.2), (0.3, 0.6))
    marks(page, 2)
    page.keyboard.press("Control+z")
    marks(page, 1)
    page.keyboard.press("Control+y")
    marks(page, 2)
    page.keyboard.press("p")
    for place in ((0.6, 0.3), (0.8, 0.3), (0.8, 0.6), (0.6, 0.3)):
        pull(page, place)
    marks(page, 3)
    visit.shot("label-desk-drawn")
    page.keyboard.press("b")
    board(page).focus()
    for key in ("ArrowLeft", "Enter", "Shift+ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    marks(page, 4)
    page.keyboard.press("Delete")
    marks(page, 3)
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("提交审核")
    visit.shot("label-desk-keys")
    page.keyboard.press("Escape")
    page.click("[data-mark='2'] .name")
    page.fill("[data-mark='2'] [data-side=left]", "5")
    page.fill("[data-field=comment]", "接口处有胶带")
    page.reload()  # what is filled in outlives the page
    marks(page, 3)
    expect(page.locator("[data-field=comment]")).to_have_value("接口处有胶带")
    page.click("[data-act=send]")
    expect(page.locator("[data-empty=nothing]")).to_be_visible()
    expect(page.locator("[data-part]")).to_have_attribute("data-done", "2")
    assert given(bench, plain.id) == ("box hose_old", "box hose_long", "polygon hose_long")
    assert bench.answers(gold.id)[0].state == "wrong"
    assert bench.answers(plain.id)[0].said.comment == "接口处有胶带"
    page.click(".mine summary")
    expect(page.locator("[data-answered][data-state-is=wrong]")).to_contain_text("管身发硬")
    visit.shot("label-desk-empty")
    assert desk
