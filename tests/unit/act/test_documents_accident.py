"""The statutory report of a strike: six contents of its file, a deadline, and nothing of the dead that nobody said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from paper_site import source
from struck_file import SAID, WHOLE_LOG, struck

from pipewarden.act.facts import DocumentKind, Offer, Told
from pipewarden.act.rules.documents import compose, gather, issue_day, offers
from pipewarden.act.rules.documents.numbers import local_time
from pipewarden.act.store import shipped_kinds, shipped_law
from pipewarden.casework.facts import AccidentReported, SiteEvent, Struck
from pipewarden.casework.facts.strike import HEARD_AGAIN, NO_WORDS, Situation

if TYPE_CHECKING:
    from pipewarden.act.facts import DocumentData, Source

SPEC = shipped_kinds()[DocumentKind.ACCIDENT]
HOUR = timedelta(hours=1)


def event(here: Source) -> SiteEvent:
    """Return the strike as the site has it."""
    return next(one for one in here.events if isinstance(one.body, Struck))


def said(here: Source | None = None, more: Told | None = None) -> DocumentData:
    return gather(SPEC, full() if here is None else here, more or Told(), shipped_law())


def full(*bodies: object, **more: object) -> Source:
    """Return the site with its strike's file."""
    at = event(source()).at
    names = {"person:1": "孙七", "person:2": "周八"}
    return source(strikes=(struck(at, *(bodies or WHOLE_LOG)),), names=names, **more)  # type: ignore[arg-type]


def test_the_six_contents_come_from_the_strikes_file() -> None:
    found = said()
    at = event(full()).at
    assert found.fields["struck_at"] == local_time(at)
    assert found.fields["place"] == "东区（116.70020, 39.50010）处"
    assert found.fields["course"] == "挖机挖断，有气味"
    assert found.fields["scene"] == "路口已封闭"
    assert found.fields["danger"].endswith("已解除")
    assert found.fields["gas"] == "天然气"
    assert found.fields["outage"] == "按管网图 2 段管、5 处末端，户数待核"
    assert found.fields["contractor"] == "示例市政"
    assert found.fields["pipe_class"] == "中压"
    assert [row[1] for row in found.rows["log"]] == [
        "接报：挖机挖断，有气味",
        "再次接报：又有人报",
        "路口已封闭",
        "险情解除：气已停",
    ]
    assert [row[1] for row in found.rows["measures"]] == [
        "电话通知 消防 119：已出动",
        "设警戒",
        "核实位置和管道，疏散半径 150 米",
    ]
    assert found.rows["measures"][0][2] == "周八"
    assert [row[0] for row in found.rows["log"]] == sorted(row[0] for row in found.rows["log"])
    for article in ("第九条", "第十二条", "第十三条"):
        assert any("生产安全事故报告和调查处理条例" in one and article in one for one in found.clauses)


def test_nobody_is_made_up() -> None:
    """Who was hurt, whose accident it is and what it cost stand open until a person says so."""
    found = said()
    assert {"dead", "missing", "injured", "possible", "loss", "unit", "unit_profile", "other"} <= set(found.blank)
    sheet = compose(SPEC, SPEC.template, found, issuer="甲", number="x", day="x", by="x")
    cells = [row for part in sheet.parts for row in part.cells]
    (dead,) = (row for row in cells if row[0][0].text == "死亡人数")
    assert all(run.text == "" for run in (*dead[1], *dead[3]))
    hand = said(more=Told(fields={"dead": "0", "loss": "约 3 万元"}))
    assert (hand.fields["dead"], hand.fields["loss"]) == ("0", "约 3 万元")


def test_a_damage_record_tells_homes_and_cost() -> None:
    found = said(full(*WHOLE_LOG, SAID))
    assert found.fields["outage"] == "120 户，5.5 小时（损坏记录）"
    assert found.fields["loss"] == "约 80000 元（损坏记录）"


def test_who_may_not_read_the_network_reads_nothing_of_it_here() -> None:
    found = said(full(pipe=None))
    assert {"outage", "pipe_class", "pipe_dn"} <= set(found.blank)


@pytest.mark.parametrize(
    ("after", "timely"), [(timedelta(0), "是"), (HOUR, "是"), (HOUR + timedelta(seconds=1), "否，签发时已超过")]
)
def test_the_deadline_is_one_hour_from_the_strike(after: timedelta, timely: str) -> None:
    at = event(full()).at
    found = said(full(at=at + after))
    assert found.fields["deadline"] == local_time(at + HOUR)
    assert found.fields["timely"] == timely
    assert found.fields["changes_until"].endswith("12月20日"), "30 days from 20 November"


def test_the_paper_carries_the_minute_of_its_issue() -> None:
    at = datetime.fromisoformat("2026-11-20T01:30:00+00:00")
    assert issue_day(SPEC, at) == "2026年11月20日 09:30"
    assert issue_day(shipped_kinds()[DocumentKind.STOP], at) == "2026年11月20日"


def test_whom_the_site_says_was_told_is_who_it_goes_to() -> None:
    found = said()
    assert found.fields["recipient"] == "示例市应急局"
    assert found.fields["told_at"].endswith("已报 示例市应急局")
    untold = [one for one in source().events if not isinstance(one.body, AccidentReported)]
    alone = said(full(events=tuple(untold)))
    assert "recipient" in alone.missing
    assert "told_at" in alone.blank


def test_a_second_one_supplements_the_first() -> None:
    first = event(source()).id
    assert said().fields["stage"] == "首报"
    assert said(full(numbers={first: "快报-2026-000001"})).fields["stage"] == "补报（前报：快报-2026-000001）"


def test_a_site_whose_strike_is_not_to_be_read_says_what_the_site_says() -> None:
    found = said(source())
    assert found.fields["course"] == "挖断了"
    assert found.about == event(source()).id
    assert {"scene", "danger", "measures", "gas"} <= set(found.blank)
    assert "log" not in found.rows


def test_without_words_of_the_reporter_what_happened_must_be_said() -> None:
    at = event(source()).at
    found = said(source(strikes=(struck(at, words=""),)))
    assert "course" in found.missing
    assert found.rows["log"][0][1:] == ("接报：管道被挖断", "孙七")


def test_a_reporter_who_said_nothing_is_not_quoted_in_english() -> None:
    at = event(source()).at
    again = Situation(f"{HEARD_AGAIN}{NO_WORDS}", tell=False)
    found = said(source(strikes=(struck(at, again),)))
    assert found.rows["log"][1][1] == "再次接报：管道被挖断"
    assert "scene" in found.blank, "a second report does not say how it stands"
    mute = tuple(
        replace(one, body=Struck(NO_WORDS)) if isinstance(one.body, Struck) else one for one in source().events
    )
    assert "course" in said(source(events=mute)).missing


def test_the_strike_that_the_event_began_is_the_one_reported() -> None:
    at = event(source()).at
    earlier, later = struck(at - HOUR, words="早的", number=2), struck(at + HOUR, words="晚的", number=3)
    own = struck(at, words="这次")
    assert said(source(strikes=(earlier, own, later))).fields["course"] == "这次"
    assert said(source(strikes=(earlier,))).fields["course"] == "早的", "it was open already when it was said again"


def test_it_is_offered_first_as_soon_as_a_strike_is_on_the_site() -> None:
    here = source()
    first, *rest = offers(here.site, here.events, [], ())
    assert first == Offer(DocumentKind.ACCIDENT, event(here).id, "strike")
    assert DocumentKind.ACCIDENT not in {one.kind for one in rest}
    done = {(DocumentKind.ACCIDENT, event(here).id)}
    assert DocumentKind.ACCIDENT not in {one.kind for one in offers(here.site, here.events, [], done)}
    again = replace(event(here), id=UUID(int=4242))
    assert offers(here.site, (*here.events, again), [], done)[0].about == again.id, "hit a second time"
    calm = replace(here.site, strike=None)
    assert DocumentKind.ACCIDENT not in {one.kind for one in offers(calm, here.events, [], ())}, "of an earlier episode"
