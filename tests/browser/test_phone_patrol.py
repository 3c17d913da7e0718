"""A patroller with a phone: led to a site, done with it without a line, all of it on record once there is one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_roles import all_sent, go_offline, happened, photo, rows, there
from playwright.sync_api import expect

from pipewarden.casework import service as casework
from pipewarden.casework import store
from pipewarden.casework.facts import Arrived, Proof, Verified
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.system(CHROMIUM)
NEAR = (116.7053, 39.5341385)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    return photo(tmp_path)


def given(desk: DeskTown, login: str, near: tuple[float, float] = NEAR) -> UUID:
    """Open a site near a place and put it into somebody's hands."""
    site = desk.works(near)
    desk.done(site, lambda work: casework.owner(work, desk.ids[login], site, "离得最近"))
    return site


def take(page: Page, form: Locator, picture: str) -> None:
    """Take a picture with the phone's camera."""
    with page.expect_file_chooser() as chooser:
        form.locator("[data-act=take]").tap()
    chooser.value.set_files(picture)
    expect(form.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")


def write_name(page: Page) -> None:
    """Write a name on the glass."""
    pad = page.locator("[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    left, top = box["x"] + 30, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(left + 20 * step, top + (24 if step % 2 else -24), steps=3)
    page.mouse.up()
    expect(page.locator("[data-field=signature]")).to_have_attribute("data-signed", "true")


def walk_through(visit: Visit, picture: str) -> None:
    """Accept, arrive, say that it is true, and hand the letter over."""
    page = visit.page
    page.locator("[data-act=accept]").tap()
    page.locator(".foot [data-act=arrive]").tap()
    expect(page.locator("[data-form=arrive] [data-field=place]")).to_have_attribute("data-place", "got")
    page.locator("[data-form=arrive] [data-act=send]").tap()
    page.locator(".foot [data-act=verify_true]").tap()
    form = page.locator("[data-form=verify_true]")
    expect(form.locator("[data-lacks=picture]")).to_be_visible()
    take(page, form, picture)
    form.locator("[data-field=words]").fill("一台挖机在开槽")
    visit.shot("phone-verify")
    form.locator("[data-act=send]").tap()
    page.locator(".foot [data-act=notify]").tap()
    form = page.locator("[data-form=notify]")
    form.locator("[data-field=unit]").fill("某建设有限公司")
    form.locator("[data-field=signed]").fill("张工长")
    form.locator("[data-field=phone]").fill("13800000000")
    write_name(page)
    visit.shot("phone-letter")
    form.locator("[data-act=send]").tap()


def issue(visit: Visit) -> None:
    """Read the letter as it will be printed, and issue it with the signature."""
    paper = visit.page.locator("[data-notice]")
    paper.locator("[data-act=look]").tap()
    expect(paper.locator("dl")).to_contain_text("某建设有限公司")
    expect(paper.locator("[data-signed]")).to_contain_text("张工长")
    visit.shot("phone-letter-read")
    paper.locator("[data-act=issue]").tap()
    expect(paper).to_have_attribute("data-issued", re.compile(r"告知"))
    visit.shot("phone-letter-issued")


def test_a_site_is_led_to_the_letter_without_a_line(phones: Phones, desk: DeskTown, picture: str) -> None:
    walker = desk.login(Role.PATROLLER, name="手持的人")
    site = given(desk, walker)
    visit = phones.by(walker, "/m/inbox", geolocation=there(desk, site))
    page = visit.page
    card = page.locator(f'[data-site="{site}"]')
    expect(card).to_contain_text("接单")
    expect(card.locator("svg")).to_be_visible()
    visit.shot("phone-inbox")
    card.tap()
    root = page.locator("[data-page=site]")
    expect(root).to_have_attribute("data-state", "idle")
    expect(page.locator("[data-lead] [data-map=any]")).to_have_attribute("href", re.compile(r"^geo:39\.\d+,116\.\d+"))
    visit.shot("phone-site")

    go_offline(visit)
    walk_through(visit, picture)
    expect(page.locator("[data-headline-word]")).to_have_text("已告知")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "6")  # four acts, two pictures
    expect(page.locator("[data-duty=accept], [data-duty=arrive]")).to_have_count(0)
    visit.shot("phone-site-offline")
    page.reload()  # what lies on the phone outlives the page, and so does what was read
    expect(page.locator("[data-headline-word]")).to_have_text("已告知")
    expect(page.locator("[data-old]")).to_be_visible()
    assert [one.kind for one in happened(desk, site)][-1] == "owner_given"

    all_sent(visit)
    done = happened(desk, site)
    assert [one.kind for one in done if one.kind in {"accepted", "arrived", "verified", "advanced"}] == [
        "accepted", "arrived", "verified", "advanced",
    ]  # fmt: skip
    verified = next(one for one in done if one.kind == "verified")
    assert verified.true is True
    assert len(verified.proof.pictures) == 1
    asked = "SELECT at - made_at AS late FROM casework_events WHERE site_id = :id AND kind = 'verified'"
    (kept,) = rows(desk, asked, id=site)
    assert kept.late > timedelta(0), "it says when it was done, and came later"
    assert next(one for one in done if one.kind == "advanced").proof.signed_by == ("张工长",)

    issue(visit)
    assert len(rows(desk, "SELECT 1 FROM act_documents WHERE site_id = :id AND kind = 'notice'", id=site)) == 1

    visit.go("/m/")
    expect(page.locator("[data-tile=inbox]")).to_have_class(re.compile("main"))
    expect(page.locator("[data-tile=plan]")).to_be_visible()
    visit.shot("phone-home-patroller")
    visit.go("/m/mine")
    page.locator("[data-language=en]").tap()
    visit.go("/m/inbox")
    expect(page.locator("[data-which=mine]")).to_contain_text("Mine")
    visit.shot("phone-inbox-en")


def test_a_duplicate_ends_here_at_once_and_at_the_server_later(phones: Phones, desk: DeskTown, picture: str) -> None:
    walker = desk.login(Role.PATROLLER, name="白跑的人")
    site = given(desk, walker, desk.on_a_pipe((NEAR[0], NEAR[1] + 0.004)))
    visit = phones.by(walker, f"/m/sites/{site}", geolocation=there(desk, site))
    page = visit.page
    page.locator("[data-act=accept]").tap()
    page.locator(".foot [data-act=arrive]").tap()
    expect(page.locator("[data-form=arrive] [data-field=place]")).to_have_attribute("data-place", "got")
    page.locator("[data-form=arrive] [data-act=send]").tap()
    go_offline(visit)
    page.locator(".foot [data-act=duplicate]").tap()
    form = page.locator("[data-form=verify_false]")
    expect(form.locator("[data-code=duplicate]")).to_have_attribute("aria-checked", "true")
    take(page, form, picture)
    form.locator("[data-act=send]").tap()
    expect(page.locator("[data-page=site]")).to_have_attribute("data-headline", "false")
    expect(page.locator(".foot")).to_have_count(0)
    all_sent(visit)
    verified = next(one for one in happened(desk, site) if one.kind == "verified")
    assert (verified.true, verified.code) == (False, "duplicate")
    assert happened(desk, site)[-1].kind == "ended"


def test_a_finger_on_the_plan_is_no_arrival(phones: Phones, desk: DeskTown, picture: str) -> None:
    walker = desk.login(Role.PATROLLER, name="画点的人")
    site = given(desk, walker, desk.on_a_pipe((NEAR[0], NEAR[1] + 0.008)))
    visit = phones.by(walker, f"/m/sites/{site}", geolocation=there(desk, site))
    page = visit.page
    page.locator("[data-act=accept]").tap()
    page.locator(".foot [data-act=arrive]").tap()
    form = page.locator("[data-form=arrive]")
    expect(form.locator("[data-act=send]")).to_be_enabled()
    form.locator("[data-act=adjust]").tap()
    form.locator("[data-plan]").tap(position={"x": 40, "y": 40})
    expect(form.locator("[data-lacks=place]")).to_be_visible()
    expect(form.locator("[data-act=send]")).to_be_disabled()
    take(page, form, picture)
    expect(form.locator("[data-act=send]")).to_be_enabled()


def test_who_refuses_to_sign_is_written_down_with_a_witness(phones: Phones, desk: DeskTown) -> None:
    walker = desk.login(Role.PATROLLER, name="碰壁的人")
    site = given(desk, walker, desk.on_a_pipe((NEAR[0], NEAR[1] + 0.012)))
    place = there(desk, site)
    proof = Proof(pictures=("b" * 64,), lon=place["longitude"], lat=place["latitude"], accuracy_m=5.0)
    with desk.home.work() as work:
        seen = (Arrived(proof), Verified(true=True, code="digging", proof=proof))
        casework.append(work, store.sites.lock(work, [site])[site], seen, "test")
    visit = phones.by(walker, f"/m/sites/{site}", geolocation=place)
    page = visit.page
    page.locator("[data-act=accept]").tap()
    page.locator(".foot [data-act=notify]").tap()
    form = page.locator("[data-form=notify]")
    form.locator("[data-field=unit]").fill("某建设有限公司")
    form.locator("[data-field=refused]").check()
    expect(form.locator("[data-lacks=witness]")).to_be_visible()
    form.locator("[data-field=witness]").fill("社区李书记")
    form.locator("[data-act=send]").tap()
    all_sent(visit)
    proved = next(one for one in happened(desk, site) if one.kind == "advanced").proof
    assert (proved.refused, proved.witness, proved.signed_by) == (True, "社区李书记", ())
    paper = page.locator("[data-notice]")
    paper.locator("[data-act=look]").tap()
    expect(paper.locator("[data-signed]")).to_contain_text("社区李书记")
    visit.shot("phone-letter-refused")
