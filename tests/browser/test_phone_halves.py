"""A form that was begun is offered again after a reload or a kill, to whoever began it, until sent or thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_roles import all_sent, begun, happened, photo, rows, there, until
from phone_visit import HERE, controlled
from playwright.sync_api import expect
from sqlalchemy import text
from test_phone_owner import SQUARE, filings, standing, tap
from test_phone_queue import phone
from test_phone_standby import ready

from pipewarden.casework import service as casework
from pipewarden.casework import store
from pipewarden.casework.facts import Arrived, Proof, Verified
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.system(CHROMIUM)
FORM = "[data-page=report][data-state=form]"
OFFER = "[data-half]"


def to_form(page: Page) -> None:
    page.wait_for_selector(f"{FORM}, .foot [data-act=own]")
    if page.locator(FORM).count() == 0:
        page.locator(".foot [data-act=own]").tap()


def kept(page: Page, **said: Any) -> None:
    """Wait until the disk has what was typed last."""
    until(page, lambda: [{key: one["value"].get(key) for key in said} for one in begun(page)] == [said])


def write(page: Page, words: str, picture: str) -> None:
    """Begin a report: kind, words, a picture and a place mended by hand, nothing sent."""
    to_form(page)
    page.set_input_files("[name=picture]", picture)
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    page.locator("[data-act=adjust]").tap()
    page.locator("[data-plan]").tap(position={"x": 60, "y": 60})
    expect(page.locator("[data-field=place]")).to_have_attribute("data-accuracy", "15")
    page.locator("[data-kind=piling]").tap()
    page.fill("[name=words]", words)
    kept(page, words=words, kind="piling")
    until(page, lambda: begun(page)[0]["pictures"] == 1)


def reports(desk: DeskTown, words: str) -> list[Any]:
    return rows(desk, "SELECT * FROM field_reports WHERE words = :words", words=words)


def test_a_report_half_written_outlives_a_reload_and_is_gone_when_sent(
    phones: Phones, desk: DeskTown, tmp_path: Path
) -> None:
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.6511})
    page = visit.page
    expect(page.locator(OFFER)).to_have_count(0)
    write(page, "桩机在围挡里面", photo(tmp_path))
    place = begun(page)[0]["value"]["place"]
    assert place["source"] == "map"
    page.reload()
    expect(page.locator(OFFER)).to_contain_text("桩机在围挡里面")
    expect(page.locator(OFFER)).to_contain_text("1 张照片")
    visit.shot("phone-half")
    page.locator("[data-act=half-go]").tap()
    expect(page.locator("[name=words]")).to_have_value("桩机在围挡里面")
    expect(page.locator("[data-kind=piling]")).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    expect(page.locator("[data-field=place]")).to_have_attribute("data-accuracy", "15")
    expect(page.locator(OFFER)).to_have_count(0)
    page.locator("[data-act=send]").tap()
    all_sent(visit)
    (told,) = reports(desk, "桩机在围挡里面")
    assert told["kind"] == "piling"
    assert (told["lon"], told["lat"]) == (pytest.approx(place["lon"]), pytest.approx(place["lat"]))
    assert begun(page) == []
    visit.go("/m/report")
    to_form(page)
    expect(page.locator(OFFER)).to_have_count(0)
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "0")


def test_a_phone_whose_battery_was_taken_out_has_it_still(browser: Browser, desk: DeskTown, tmp_path: Path) -> None:
    with phone(browser, desk, tmp_path / "phone") as hand:
        page = hand.on()
        page.goto(desk.address + "/m/report")
        write(page, "还没写完就没电了", photo(tmp_path))
        hand.kill()
        page = hand.on()
        page.goto(desk.address + "/m/report")
        expect(page.locator(OFFER)).to_contain_text("还没写完就没电了")
        page.locator("[data-act=half-go]").tap()
        expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
        expect(page.locator("[name=words]")).to_have_value("还没写完就没电了")


def test_what_is_thrown_away_is_asked_for_first_and_nothing_typed_is_no_half(phones: Phones) -> None:
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.6521})
    page = visit.page
    to_form(page)
    page.fill("[name=words]", "不要了")
    kept(page, words="不要了")
    page.fill("[name=words]", "")
    until(page, lambda: begun(page) == [])  # what was rubbed out was never begun
    page.fill("[name=words]", "还是要")
    kept(page, words="还是要")
    page.locator("[data-tab=home]").tap()
    page.locator("[data-tab=report]").tap()
    page.once("dialog", lambda asked: asked.dismiss())
    page.locator("[data-act=half-drop]").tap()
    expect(page.locator(OFFER)).to_contain_text("还是要")
    page.once("dialog", lambda asked: asked.accept())
    page.locator("[data-act=half-drop]").tap()
    expect(page.locator(OFFER)).to_have_count(0)
    until(page, lambda: begun(page) == [])


def test_two_that_were_begun_are_offered_one_after_the_other(phones: Phones) -> None:
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.6531})
    page = visit.page
    for words in ("先写的", "后写的"):
        to_form(page)
        page.fill("[name=words]", words)
        until(page, lambda words=words: words in [one["value"]["words"] for one in begun(page)])  # type: ignore[misc]
        page.reload()
    expect(page.locator(OFFER)).to_have_attribute("data-halves", "2")
    expect(page.locator(OFFER)).to_contain_text("后写的")
    page.locator("[data-act=half-go]").tap()
    expect(page.locator("[name=words]")).to_have_value("后写的")
    expect(page.locator(OFFER)).to_contain_text("先写的")
    visit.go("/m/report?danger=1")
    expect(page.locator("[data-danger]")).to_be_visible()
    expect(page.locator(OFFER)).to_have_count(0)  # danger is another form: nothing stands in its way


def verified_by(desk: DeskTown, site: UUID) -> None:
    """Say from elsewhere that works are true: the step is over."""
    place = there(desk, site)
    proof = Proof(pictures=("b" * 64,), lon=place["longitude"], lat=place["latitude"], accuracy_m=5.0)
    with desk.home.work() as work:
        seen = (Arrived(proof), Verified(true=True, code="digging", proof=proof))
        casework.append(work, store.sites.lock(work, [site])[site], seen, "test")


def at_site(phones: Phones, desk: DeskTown, name: str, north: float) -> tuple[Visit, UUID]:
    """Open the page of a site that somebody has accepted and come to."""
    walker = desk.login(Role.PATROLLER, name=name)
    site = desk.works(desk.on_a_pipe((116.7053, 39.5361385 + north)))
    desk.done(site, lambda work: casework.owner(work, desk.ids[walker], site, "离得最近"))
    visit = phones.by(walker, f"/m/sites/{site}", geolocation=there(desk, site))
    visit.page.locator("[data-act=accept]").tap()
    visit.page.locator(".foot [data-act=arrive]").tap()
    expect(visit.page.locator("[data-form=arrive] [data-field=place]")).to_have_attribute("data-place", "got")
    visit.page.locator("[data-form=arrive] [data-act=send]").tap()
    visit.page.locator(".foot [data-act=verify_true]").tap()
    return visit, site


def test_a_step_half_done_is_offered_on_its_sites_page(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    visit, site = at_site(phones, desk, "写一半的人", 0.0)
    page = visit.page
    form = page.locator("[data-form=verify_true]")
    form.locator("[data-field=words]").fill("一台挖机")
    form.locator("[data-code]").nth(1).tap()
    code = form.locator("[data-code]").nth(1).get_attribute("data-code")
    with page.expect_file_chooser() as chooser:
        form.locator("[data-act=take]").tap()
    chooser.value.set_files(photo(tmp_path))
    until(page, lambda: [(one["value"]["said"]["code"], one["pictures"]) for one in begun(page)] == [(code, 1)])
    all_sent(visit)
    page.reload()
    expect(page.locator(OFFER)).to_contain_text("属实")
    visit.shot("phone-half-step")
    page.locator("[data-act=half-go]").tap()
    expect(form.locator("[data-field=words]")).to_have_value("一台挖机")
    expect(form.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    expect(form.locator(f"[data-code={code}]")).to_have_attribute("aria-checked", "true")
    form.locator("[data-act=send]").tap()
    all_sent(visit)
    assert begun(page) == []
    (verified,) = [one for one in happened(desk, site) if one.kind == "verified"]
    assert (verified.code, "一台挖机" in verified.proof.words) == (code, True)


def test_a_step_that_is_over_is_only_thrown_away(phones: Phones, desk: DeskTown) -> None:
    visit, site = at_site(phones, desk, "晚一步的人", 0.004)
    page = visit.page
    page.locator("[data-form=verify_true] [data-field=words]").fill("正要写")
    kept(page, words="正要写")
    all_sent(visit)
    verified_by(desk, site)
    page.reload()
    expect(page.locator("[data-half-late]")).to_be_visible()
    expect(page.locator("[data-act=half-go]")).to_have_count(0)
    page.once("dialog", lambda asked: asked.accept())
    page.locator("[data-act=half-drop]").tap()
    expect(page.locator(OFFER)).to_have_count(0)


def test_who_cancels_a_step_has_begun_nothing(phones: Phones, desk: DeskTown) -> None:
    visit, _ = at_site(phones, desk, "算了的人", 0.008)
    page = visit.page
    page.locator("[data-form=verify_true] [data-field=words]").fill("算了")
    kept(page, words="算了")
    page.locator("[data-form=verify_true] [data-act=cancel]").tap()
    until(page, lambda: begun(page) == [])
    expect(page.locator(OFFER)).to_have_count(0)


def test_a_check_half_filled_in_is_gone_on_with(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    site, place = ready(desk, (116.7153, 39.5451385))
    login = desk.login(Role.STANDBY_SUPERVISOR, name="打卡一半的人")
    visit = phones.by(login, f"/m/standby/{site}", geolocation=place)
    page = visit.page
    page.locator("[data-act=begin]").tap()
    expect(page.locator("[data-page=standing]")).to_have_attribute("data-running", "true")
    all_sent(visit)
    page.locator("[data-act=check]").tap()
    form = page.locator("[data-form=check]")
    with page.expect_file_chooser() as chooser:
        form.locator("[data-act=take]").tap()
    chooser.value.set_files(photo(tmp_path))
    for line in form.locator("[data-line]").all():
        line.locator("[data-answer=yes]").tap()
    form.locator("[data-field=gas]").fill("80")
    form.locator("[data-field=distance]").fill("3")
    until(page, lambda: [one["value"]["said"]["distance"] for one in begun(page)] == ["3"])
    page.reload()
    page.locator("[data-act=half-go]").tap()
    expect(form.locator("[data-field=gas]")).to_have_value("80")
    expect(form.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    visit.shot("phone-half-check")
    form.locator("[data-exposed=no]").tap()
    form.locator("[data-act=send]").tap()
    all_sent(visit)
    (check,) = rows(desk, "SELECT * FROM field_checks WHERE site_id = :id", id=site)
    assert (check["gas_ppm"], check["distance_m"]) == (80, 3)
    assert "no_nonce" not in check["doubts"], "the word for the picture outlived the page, too"
    assert begun(page) == []


def test_works_half_drawn_are_drawn_on(phones: Phones, desk: DeskTown) -> None:
    login = desk.login(Role.CONTRACTOR, name="画到一半的人")
    visit = phones.by(login, "/m/works/new", **standing(116.7180, 39.5441))
    page, area = visit.page, visit.page.locator("[data-field=area]")
    expect(area.locator("[data-plan]")).to_be_visible()
    tap(visit, *SQUARE[:2])
    expect(area).to_have_attribute("data-flaw", "line")
    page.locator("[data-field=party-name]").first.fill("示例市政")
    page.locator("[data-field=valid_until]").fill("2027-03-01")
    until(page, lambda: [len(one["value"]["sketch"]["corners"]) for one in begun(page)] == [2])
    until(page, lambda: begun(page)[0]["value"]["form"]["until"] == "2027-03-01")
    page.reload()
    expect(page.locator("main")).to_have_attribute("data-lacks", "area")
    page.locator("[data-act=half-go]").tap()
    expect(area).to_have_attribute("data-corners", "2")
    expect(page.locator("[data-field=valid_until]")).to_have_value("2027-03-01")
    visit.shot("phone-half-works")
    area.locator("[data-width='4']").tap()
    expect(page.locator("main")).not_to_have_attribute("data-lacks", "area")
    page.locator("[data-act=send]").tap()
    expect(page.locator("[data-page=works]")).to_be_visible()
    all_sent(visit)
    assert len(filings(desk, login)) == 1
    assert begun(page) == []


def test_who_signs_out_takes_along_what_they_began_and_nobody_else_is_offered_it(
    phones: Phones, desk: DeskTown
) -> None:
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.6551})
    visit.expect("401")
    page = visit.page
    to_form(page)
    page.fill("[name=words]", "路人写的")
    kept(page, words="路人写的")
    login = desk.login(Role.RESIDENT, name="写了一半的居民")
    visit.go("/m/sign-in?next=/report")
    visit.fill_sign_in(login)
    to_form(page)
    expect(page.locator(OFFER)).to_have_count(0)
    page.fill("[name=words]", "居民写的")
    until(page, lambda: {one["value"]["words"] for one in begun(page)} == {"路人写的", "居民写的"})
    with desk.home.work() as work:  # a session that merely ended keeps it
        work.session.execute(text("DELETE FROM people_sessions WHERE person_id = :id"), {"id": desk.ids[login]})
    page.reload()
    page.locator("[data-tab=mine]").tap()
    expect(page.locator("[data-page=mine]")).to_contain_text("未登录")
    page.locator("[data-tab=report]").tap()
    expect(page.locator(OFFER)).to_contain_text("路人写的")
    expect(page.locator(OFFER)).to_have_attribute("data-halves", "1")
    visit.go("/m/sign-in?next=/report")
    visit.fill_sign_in(login)
    expect(page.locator(OFFER)).to_contain_text("居民写的")
    page.locator("[data-tab=mine]").tap()
    page.locator("[data-act=sign-out]").tap()
    expect(page.locator("[data-page=home]")).to_be_visible()
    until(page, lambda: [one["value"]["words"] for one in begun(page)] == ["路人写的"])


def test_it_is_kept_and_offered_without_a_line(phones: Phones) -> None:
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.6561})
    visit.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page = visit.page
    to_form(page)
    controlled(page)
    page.context.set_offline(True)
    page.fill("[name=words]", "没信号也在")
    kept(page, words="没信号也在")
    page.reload()
    expect(page.locator(OFFER)).to_contain_text("没信号也在")
