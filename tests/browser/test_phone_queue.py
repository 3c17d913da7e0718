"""Nothing that a phone took is lost and nothing is sent twice, whatever line, battery and server do meanwhile."""

from __future__ import annotations

import os
import random
import signal
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from desk_visit import PATIENCE_MS, Visit
from map_page_town import CHROMIUM, FLAGS
from phone_roles import lying, nothing_left, until
from phone_visit import HERE, PHONE, controlled
from playwright.sync_api import Error, expect
from sqlalchemy import text

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from phone_visit import Phones
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.system(CHROMIUM)
SEED = 20261126
ROUNDS = 20  # by parts, so that a busy machine has time for each
PARTS = 5
IN_CI = 1  # of PARTS: four sequences each, most of a minute; `make test-release` plays all
MOST_DRAFTS = 3
NOISE = "ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION|Failed to load resource|ERR_ABORTED"
FORM = "[data-page=report][data-state=form]"


def drafts_of(page: Page) -> list[str]:
    """Return the ids that lie on the phone, unsent."""
    return [str(one["id"]) for one in lying(page)]


def kept_by_server(desk: DeskTown, words: str) -> list[str]:
    """Return the drafts of reports that say these words, as often as the server has them, in the order they came."""
    with desk.home.work() as work:
        asked = text("SELECT draft FROM field_reports WHERE words LIKE :words ORDER BY received_at, id")
        return [str(one) for one in work.session.scalars(asked, {"words": f"{words}%"})]


def to_form(page: Page) -> None:
    page.wait_for_selector(f"{FORM}, .foot [data-act=own]")
    if page.locator(FORM).count() == 0:
        page.locator(".foot [data-act=own]").tap()
    expect(page.locator("[data-page=report]")).to_have_attribute("data-state", "form")


def write(page: Page, words: str, picture: str | None = None) -> str:
    """Fill in a report and send it; return the draft's id as soon as the phone has it."""
    before = set(drafts_of(page))
    page.locator("[data-tab=home]").tap()
    page.locator("[data-tab=report]").tap()
    to_form(page)
    if picture is not None:
        page.set_input_files("[name=picture]", picture)
        expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    page.locator("[data-kind=digging]").tap()
    page.fill("[name=words]", words)
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent]")
    fresh = set(drafts_of(page)) - before
    return fresh.pop() if fresh else ""


class Phone:
    """One phone with a disk of its own: killed, it comes back with what the disk had."""

    def __init__(self, browser: Browser, desk: DeskTown, folder: Path) -> None:
        self.browser, self.desk, self.folder = browser, desk, folder
        self.context: BrowserContext | None = None

    def on(self) -> Page:
        """Switch it on."""
        options = {key: value for key, value in PHONE.items() if key != "service_workers"}
        self.context = self.browser.browser_type.launch_persistent_context(
            str(self.folder), executable_path=CHROMIUM, headless=True, args=FLAGS, **options
        )
        page = self.context.pages[0] if self.context.pages else self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    def off(self) -> None:
        """Switch it off as its maker meant it."""
        if self.context is not None:
            self.context.close()
            self.context = None

    def kill(self) -> None:
        """Take its battery out: nothing in it is asked whether it is ready."""
        ours = f"--user-data-dir={self.folder}".encode()
        for one in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile
                if ours in (one / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(one.name), signal.SIGKILL)
        with suppress(Error):
            self.off()
        self.context = None
        for lock in self.folder.glob("Singleton*"):
            lock.unlink(missing_ok=True)


@contextmanager
def phone(browser: Browser, desk: DeskTown, folder: Path) -> Iterator[Phone]:
    made = Phone(browser, desk, folder)
    try:
        yield made
    finally:
        made.off()


class Line:
    """The way between one phone and the server: cut, or losing what the server says."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.mode = "good"
        page.route("**/v1/public/reports", self._pass)

    def _pass(self, route: Any) -> None:
        if self.mode == "dead":
            route.abort()
        elif self.mode == "mute":  # the server takes it, and its answer is lost on the way
            route.fetch()
            with suppress(Error):  # the page was led on meanwhile
                route.abort()
        elif self.mode == "busy":
            route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}", content_type="application/json")
        else:
            route.continue_()


def play(hand: Phone, dice: random.Random, name: str) -> tuple[list[str], list[str]]:
    """Let one phone write some drafts while everything fails by chance; return words written and what went wrong."""
    page = hand.on()
    page.goto(hand.desk.address + "/m/")
    controlled(page)
    line = Line(page)
    written: list[str] = []
    happened: list[str] = []
    for number in range(dice.randint(1, MOST_DRAFTS)):
        line.mode = dice.choice(["good", "dead", "mute", "busy"])
        offline = dice.random() < 0.4
        hand.context.set_offline(offline)  # type: ignore[union-attr]  # it is on
        happened.append(f"{line.mode}{' offline' if offline else ''}")
        words = f"{name}-{number}"
        write(page, words)
        written.append(words)
        fate = dice.choice(["go on", "reload", "kill", "online"])
        happened.append(fate)
        if fate == "online":
            hand.context.set_offline(False)  # type: ignore[union-attr]
        elif fate == "reload":
            page.reload()
            page.wait_for_selector("[data-page]")
        elif fate == "kill":
            hand.kill()
            page = hand.on()
            page.goto(hand.desk.address + "/m/")
            page.wait_for_selector("[data-page]")
            line = Line(page)
    return written, happened


def settle(hand: Phone) -> list[str]:
    """Give the phone a good line until nothing is left on it; return what is left all the same."""
    page = hand.on() if hand.context is None else hand.context.pages[0]
    hand.context.set_offline(False)  # type: ignore[union-attr]  # it is on
    page.unroute_all(behavior="ignoreErrors")
    page.goto(hand.desk.address + "/m/drafts")
    page.wait_for_selector("[data-page=drafts]")
    for _ in range(60):
        if not drafts_of(page):
            break
        if page.locator("[data-act=hurry]:not([disabled])").count():
            page.locator("[data-act=hurry]").tap(timeout=2000, force=True)
        page.wait_for_timeout(500)
    left = drafts_of(page)
    hand.off()
    return left


def rounds(browser: Browser, desk: DeskTown, tmp_path: Path, seed: int, count: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a test's dice
    written = lost = twice = disordered = 0
    for number in range(count):
        with phone(browser, desk, tmp_path / f"phone{number}") as hand:
            name = f"sequence {seed} {number}"
            words, happened = play(hand, dice, name)
            assert settle(hand) == [], (number, happened)
            with desk.home.work() as work:
                asked = text("SELECT words FROM field_reports WHERE words LIKE :words ORDER BY received_at, id")
                got = list(work.session.scalars(asked, {"words": f"{name}-%"}))
            written += len(words)
            lost += len(set(words) - set(got))
            twice += len(got) - len(set(got))
            disordered += got != words
            assert got == words, (number, happened)
    print(f"{count} sequences, {written} drafts: {lost} lost, {twice} twice, {disordered} out of order")  # noqa: T201
    assert (lost, twice, disordered) == (0, 0, 0)


@pytest.mark.parametrize("part", range(IN_CI))
def test_no_draft_is_lost_or_sent_twice_over_random_lines_and_kills(
    browser: Browser, desk: DeskTown, tmp_path: Path, part: int
) -> None:
    rounds(browser, desk, tmp_path, SEED + part, ROUNDS // PARTS)


@pytest.mark.release
@pytest.mark.parametrize("part", range(IN_CI, 10 * PARTS))
def test_no_draft_is_lost_or_sent_twice_in_all_two_hundred(
    browser: Browser, desk: DeskTown, tmp_path: Path, part: int
) -> None:
    rounds(browser, desk, tmp_path, SEED + part, ROUNDS // PARTS)


def offline_visit(phones: Phones, path: str = "/m/report") -> Visit:
    visit = phones.anybody(path)
    visit.expect(NOISE)
    controlled(visit.page)
    to_form(visit.page)
    return visit


def test_what_is_unsent_is_counted_on_every_page_and_survives_a_reload(phones: Phones, desk: DeskTown) -> None:
    visit = offline_visit(phones)
    page = visit.page
    page.context.set_offline(True)
    ids = [write(page, f"counted {n}") for n in range(3)]
    strip = page.locator("[data-unsent]")
    for tab in ("home", "mine", "report"):
        page.locator(f"[data-tab={tab}]").tap()
        expect(strip).to_have_attribute("data-waiting", "3")
    expect(strip).to_contain_text("3 条未发送，自")
    page.reload()
    expect(strip).to_have_attribute("data-waiting", "3")
    strip.tap()
    expect(page.locator("[data-list=waiting] [data-draft]")).to_have_count(3)
    visit.shot("phone-drafts")
    assert kept_by_server(desk, "counted") == []
    page.context.set_offline(False)
    expect(strip).to_have_count(0)
    assert kept_by_server(desk, "counted") == ids


def test_an_answer_that_was_lost_makes_no_second_report(phones: Phones, desk: DeskTown) -> None:
    visit = offline_visit(phones)
    line = Line(visit.page)
    line.mode = "mute"
    draft = write(visit.page, "lost answer")
    until(visit.page, lambda: kept_by_server(desk, "lost answer") == [draft])
    expect(visit.page.locator("[data-unsent]")).to_have_attribute("data-waiting", "1")
    line.mode = "good"
    visit.page.locator("[data-unsent]").tap()
    visit.page.locator("[data-act=hurry]").tap()
    nothing_left(visit.page)
    assert kept_by_server(desk, "lost answer") == [draft]


def test_two_tabs_send_each_draft_once(phones: Phones, desk: DeskTown) -> None:
    visit = offline_visit(phones)
    page = visit.page
    page.context.set_offline(True)
    ids = [write(page, f"two tabs {n}") for n in range(4)]
    other = page.context.new_page()
    asked: list[str] = []
    for one in (page, other):
        one.on("request", lambda request: asked.append(request.method + request.url))
    other.goto(desk.address + "/m/drafts")
    other.wait_for_selector("[data-page=drafts]")
    page.context.set_offline(False)
    nothing_left(page)
    expect(other.locator("[data-unsent]")).to_have_count(0)
    assert kept_by_server(desk, "two tabs") == ids
    assert len([one for one in asked if one.startswith("POST") and one.endswith("/public/reports")]) == len(ids)


def test_a_refused_draft_needs_a_person_who_mends_it(phones: Phones, desk: DeskTown) -> None:
    visit = offline_visit(phones)
    page = visit.page
    refusal = '{"title":"no","status":422,"detail":"is too long","field":"words","fix":"Say less."}'
    page.route(
        "**/v1/public/reports",
        lambda route: route.fulfill(status=422, body=refusal, content_type="application/problem+json"),
    )
    write(page, "to be mended")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-refused", "1")
    page.locator("[data-unsent]").tap()
    card = page.locator("[data-list=refused] [data-draft]")
    expect(card).to_contain_text("is too long")
    expect(card).to_contain_text("Say less.")
    visit.shot("phone-needs-you")
    page.unroute("**/v1/public/reports")
    card.locator("[data-act=edit]").tap()
    expect(page.locator("[name=words]")).to_have_value("to be mended")
    page.fill("[name=words]", "mended now")
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent]")  # the mended draft took the refused one's place
    nothing_left(page)
    assert kept_by_server(desk, "to be mended") == []
    assert len(kept_by_server(desk, "mended now")) == 1


def test_throwing_away_is_asked_first(phones: Phones, desk: DeskTown) -> None:
    visit = offline_visit(phones)
    page = visit.page
    page.context.set_offline(True)
    write(page, "thrown away")
    page.locator("[data-unsent]").tap()
    page.once("dialog", lambda asked: asked.dismiss())
    page.locator("[data-act=drop]").tap()
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "1")
    page.once("dialog", lambda asked: asked.accept())
    page.locator("[data-act=drop]").tap()
    expect(page.locator("[data-unsent]")).to_have_count(0)
    page.context.set_offline(False)
    assert kept_by_server(desk, "thrown away") == []


def test_forty_drafts_of_two_days_without_a_line_arrive_in_order(phones: Phones, desk: DeskTown) -> None:
    visit = offline_visit(phones)
    page = visit.page
    page.context.set_offline(True)
    first = write(page, "forty 00")
    page.evaluate(
        """([hours]) => new Promise((done) => { const asked = indexedDB.open('pipewarden'); asked.onsuccess = () => {
        const shelf = asked.result.transaction('drafts', 'readwrite').objectStore('drafts'); const all = shelf.getAll();
        all.onsuccess = () => { const [one] = all.result; one.madeAt -= hours * 3600e3; shelf.put(one);
        for (let n = 1; n < 40; n += 1) { const id = crypto.randomUUID(); const { n: _n, ...rest } = one;
        shelf.add({ ...rest, id, body: { ...one.body, draft: id, words: `forty ${String(n).padStart(2, '0')}` } }) }
        shelf.transaction.oncomplete = () => { asked.result.close(); done(null) } } } })""",
        [48],
    )
    ids = drafts_of(page)
    assert len(ids) == 40
    assert ids[0] == first
    page.reload()
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "40")
    page.context.set_offline(False)
    with_pace(desk, page)
    assert kept_by_server(desk, "forty") == ids


def with_pace(desk: DeskTown, page: Page) -> None:
    """Wait until all are through; the house holds a phone to a pace, which the phone keeps to."""
    for _ in range(120):
        if not drafts_of(page):
            return
        with desk.home.work() as work:
            work.session.execute(
                text("UPDATE field_reports SET received_at = received_at - :d WHERE words LIKE 'forty%'"),
                {"d": timedelta(hours=2)},
            )
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_timeout(500)


def test_what_was_made_signed_in_waits_for_its_maker(phones: Phones, desk: DeskTown) -> None:
    login = desk.login(Role.RESIDENT, name="先存后发")
    visit = phones.by(login, "/m/report", geolocation={**HERE, "longitude": 116.6711})
    visit.expect(f"{NOISE}|401")
    page = visit.page
    controlled(visit.page)
    to_form(page)
    page.context.set_offline(True)
    write(page, "made signed in")
    with desk.home.work() as work:
        work.session.execute(text("DELETE FROM people_sessions WHERE person_id = :id"), {"id": desk.ids[login]})
    page.context.set_offline(False)
    page.locator("[data-tab=mine]").tap()
    expect(page.locator("[data-page=mine]")).to_contain_text("未登录")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "1")
    assert kept_by_server(desk, "made signed in") == []
    page.locator("[data-act=sign-in]").tap()
    visit.fill_sign_in(login)
    nothing_left(page)
    assert len(kept_by_server(desk, "made signed in")) == 1
