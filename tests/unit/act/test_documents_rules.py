"""What papers say: from the record where it knows, from people beside it, never made up; by the law of the pipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from paper_site import BROKEN, HOSTILE, REPORT, STOP, bare, pipe, source, told, works
from site_life import WHOLE

from pipewarden.act.facts import DocumentKind, Need, Run, Signature, Told
from pipewarden.act.rules.documents import (
    compose,
    gather,
    local_day,
    number_of,
    offers,
    read_kind,
    read_law,
    read_template,
    sample,
    year_of,
)
from pipewarden.act.store import shipped_kinds, shipped_law, shipped_samples
from pipewarden.casework.facts import Advanced, NextStep, SiteState
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import PressureClass, Regime

if TYPE_CHECKING:
    from pipewarden.act.facts import DocumentData, Source

KINDS = list(DocumentKind)
OURS = {"issuer", "by"}


def said(kind: DocumentKind, given: Source | None = None, more: Told | None = None) -> DocumentData:
    return gather(shipped_kinds()[kind], source() if given is None else given, more or Told(), shipped_law())


@pytest.mark.parametrize("kind", KINDS)
def test_a_site_with_everything_on_record_lacks_nothing(kind: DocumentKind) -> None:
    found = said(kind)
    assert found.missing == ()
    assert found.about is not None
    assert found.event_id is not None
    assert found.clauses
    assert found.fields["issuer"] == "示例燃气"


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_site_of_which_little_is_known_what_must_be_said_is_missing(kind: DocumentKind) -> None:
    spec = shipped_kinds()[kind]
    found = said(kind, bare())
    must = {one.key for one in spec.fields if one.need is Need.REQUIRED}
    assert set(found.missing) == must - set(found.fields) - set(found.rows)
    assert "place" in found.missing
    printed = set(found.fields) | set(found.rows) | set(found.missing) | set(found.blank)
    optional = {one.key for one in spec.fields if one.need is Need.OPTIONAL}
    assert {one.key for one in spec.fields} <= printed | optional
    assert not any(key.startswith(("pipe_", "protect", "control")) for key in found.fields), "no pipe is made up"


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_say_counts_before_the_record_and_is_clean(kind: DocumentKind) -> None:
    spec = shipped_kinds()[kind]
    more = told(spec, HOSTILE["all"])
    found = said(kind, source(), replace(more, fields={key: more.fields[key] for key in more.fields.keys() - OURS}))
    for key, text in found.fields.items():
        if key in OURS:
            continue
        assert "panic" in text, key
        assert not any(ord(ch) < 32 and ch != "\n" for ch in text)
        assert "\u202e" not in text
    assert all("panic" in cell for rows in found.rows.values() for row in rows for cell in row)


@pytest.mark.parametrize("key", sorted(OURS))
@pytest.mark.parametrize("kind", KINDS)
def test_no_paper_is_issued_in_the_name_of_another(kind: DocumentKind, key: str) -> None:
    with pytest.raises(InputError, match="never said by hand") as caught:
        said(kind, more=Told(fields={key: "示例市公安局"}))
    assert caught.value.field == f"fields.{key}"


def test_a_notice_speaks_of_the_pipe_its_ranges_and_what_was_seen() -> None:
    found = said(DocumentKind.NOTICE)
    assert found.fields["recipient"] == "示例市政"
    assert found.fields["pipe_class"] == "中压"
    assert found.fields["pipe_dn"] == "DN200"
    assert found.fields["pipe_depth"].startswith("0.9～1.2 米（图示")
    assert found.fields["protect_range"] == "管道外缘两侧各 0.5 米（GB 55009-2021 5.1.6）"
    assert found.fields["zone"] == "位于燃气管道保护范围内"
    assert found.fields["today"] == "挖机一台"
    assert [one.name for one in found.signatures] == list(WHOLE.signed_by)
    assert "hotline" in found.blank


def test_a_pipe_of_unknown_class_leaves_a_blank() -> None:
    here = pipe()
    unknown = replace(
        here, pipe=replace(here.pipe, pressure_class=PressureClass.UNKNOWN, diameter_mm=None, material=None)
    )
    found = said(DocumentKind.NOTICE, source(pipe=replace(unknown, depth_m=None, protect_m=None)))
    assert {"pipe_class", "pipe_dn", "pipe_material", "pipe_depth", "protect_range"} <= set(found.blank)


def test_long_distance_pipes_stand_under_a_law_of_their_own() -> None:
    for kind in KINDS:
        far = said(kind, source(pipe=pipe(Regime.LONG_DISTANCE)))
        near = said(kind)
        assert not any("城镇燃气管理条例" in one for one in far.clauses if "河北" not in one)
        assert not any("石油天然气管道保护法" in one for one in near.clauses)
    struck = said(DocumentKind.ACCIDENT, source(pipe=pipe(Regime.LONG_DISTANCE)))
    assert any("石油天然气管道保护法》第三十九条" in one for one in struck.clauses)
    assert set(said(DocumentKind.ACCIDENT).clauses[2:]) < set(struck.clauses)
    notice = said(DocumentKind.NOTICE, source(pipe=pipe(Regime.LONG_DISTANCE)))
    assert notice.fields["protect_range"].startswith("管道中心线")
    assert any("5 米内" in row[1] for row in notice.rows["forbidden"])


def test_a_filing_form_cites_the_local_law_and_says_what_is_no_law() -> None:
    found = said(DocumentKind.FILING)
    assert "河北省燃气管理条例 第四十三条：动土备案。" in found.clauses
    first, second = found.rows["requirements"]
    assert first[1].endswith("（已逾期）")
    assert second[2].startswith("产品默认，非法定")
    assert found.rows["overlaps"] == (("中压", "保护范围", "38.4", ""),)
    assert found.fields["period"] == "2026年12月5日至2026年12月20日"
    assert found.fields["owner_contact"] == "李四 000"
    unchecked = said(DocumentKind.FILING, source(filing=works(decision=None)))
    assert "overlaps" not in unchecked.rows


def test_an_order_to_put_right_quotes_the_violation() -> None:
    found = said(DocumentKind.RECTIFICATION)
    assert found.fields["fact"] == "未共同制定保护方案（未见方案）"
    assert found.fields["penalty"] == "城镇燃气管理条例 第五十条"
    assert found.fields["order"].startswith("立即停止")
    assert found.fields["deadline"] == "2026年11月20日 11:00"
    assert found.fields["evidence"].startswith("现场照片 1 张")
    assert found.about == BROKEN


def test_a_leave_to_go_on_names_the_order_that_it_lifts() -> None:
    found = said(DocumentKind.RESUMPTION, source(numbers={STOP: "停工-2026-000007"}))
    assert found.fields["stop_number"] == "停工-2026-000007"
    assert found.fields["removed"] == "机械已撤出"
    assert found.fields["confirmed_by"] == "孙七"
    assert [one.name for one in found.signatures] == ["周八"]


def test_a_report_lists_what_was_done_in_order() -> None:
    found = said(DocumentKind.REPORT)
    assert [row[1] for row in found.rows["measures"]] == [
        "送达告知函",
        "指出违章：未共同制定保护方案",
        "要求停工：保护范围内机械开挖",
        "对方拒不停工：不停",
    ]
    assert found.fields["recipient"] == "示例市住建局"
    assert found.about == REPORT


def test_a_document_speaks_of_what_it_is_told_to_and_of_nothing_else() -> None:
    assert said(DocumentKind.STOP, source(about=STOP)).about == STOP
    for kind in KINDS:
        if kind is DocumentKind.REPORT:
            continue
        with pytest.raises(InputError, match="is nothing of this site"):
            said(kind, source(about=REPORT))


def test_a_refusal_stands_in_for_signatures() -> None:
    refused = said(DocumentKind.NOTICE, more=Told(refused=True, witness="王五"))
    spec = shipped_kinds()[DocumentKind.NOTICE]
    sheet = compose(spec, spec.template, refused, issuer="甲", number="x", day="x", by="x")
    assert sheet.parts[-1].runs == (Run("受送达人拒绝签收，本文书留置送达。见证人：王五。"),)


def test_a_refusal_said_now_leaves_out_the_signatures_of_the_record() -> None:
    assert said(DocumentKind.NOTICE).signatures
    refused = said(DocumentKind.NOTICE, more=Told(refused=True, witness="王五"))
    assert (refused.signatures, refused.witness) == ((), "王五")


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e \u2066", "\ufeff\n"])
def test_what_nobody_can_see_is_no_answer(unseen: str) -> None:
    """A zero-width mark must not pass for the name of who is told to stop."""
    found = said(DocumentKind.STOP, bare(), Told(fields={"recipient": unseen, "fact": "x", "place": "x"}))
    assert "recipient" in found.missing
    assert "recipient" not in found.fields
    kept = said(DocumentKind.NOTICE, more=Told(fields={"recipient": unseen}))
    assert kept.fields["recipient"] == "示例市政", "the record still counts"


def test_a_stop_notice_cites_what_was_broken_then_even_if_it_was_put_right_since() -> None:
    here = source()
    assert said(DocumentKind.STOP, here).fields["clause"] == "城镇燃气管理条例 第三十四条"
    ordered = here.site.stops[0].ordered_at
    for fixed_at, cited in ((ordered + timedelta(hours=1), True), (ordered - timedelta(seconds=1), False)):
        broken = tuple(replace(one, fixed_at=fixed_at) for one in here.site.violations)
        late = said(DocumentKind.STOP, replace(here, site=replace(here.site, violations=broken)))
        assert ("clause" in late.fields) is cited


@dataclass(frozen=True)
class _Recorded(Advanced):
    record: Any = None


def test_what_was_written_down_of_a_step_is_read_by_name() -> None:
    """The steps' typed records (another branch) are read where an event carries one."""
    record = {
        "held_at": datetime(2026, 11, 29, 0, 30, tzinfo=UTC),
        "attendees": [
            {"name": "钱安", "party": "operator", "role": "safety_officer"},
            {"name": "王师傅", "party": "contractor", "role": "machine_operator", "machine": "excavator"},
        ],
        "hand_dig_m": 2,
        "standby_person": "孙站",
        "emergency_phone": "96777",
        "quiz_passed": True,
        "signatures": [{"name": "钱安", "party": "operator"}],
    }
    events = tuple(
        replace(one, body=_Recorded(one.body.to, one.body.proof, record=record))
        if isinstance(one.body, Advanced) and one.body.to is SiteState.BRIEFED
        else one
        for one in source().events
    )
    found = said(DocumentKind.BRIEFING, source(events=events))
    assert found.fields["briefed_at"] == "2026年11月29日 08:30"
    assert found.fields["briefers"] == "钱安"
    assert found.fields["hotline"] == "96777"
    assert found.fields["questions"] == "全部考核合格"
    assert found.rows["attendees"][1] == ("王师傅", "施工单位", "机械操作手", "挖掘机", "")
    assert found.signatures == (Signature("燃气企业", "钱安"),)
    measured = {"points": [{"lon": 116.7, "lat": 39.5, "sigma_m": 0.05, "depth_m": 1.1, "pipe_id": "P1"}]}
    located = tuple(
        replace(one, body=_Recorded(one.body.to, one.body.proof, record=measured))
        if isinstance(one.body, Advanced) and one.body.to is SiteState.LOCATED
        else one
        for one in source().events
    )
    assert said(DocumentKind.LOCATION, source(events=located)).rows["points"] == (
        ("1", "1.1", "", "116.700000\n39.500000", "P1 ±0.05 米"),
    )


def test_what_one_step_has_measured_stands_in_the_papers_of_the_next() -> None:
    """Trial pits are a step of their own; the sheet of four signatures shows their points, the plan the briefing's."""
    pits = {
        "points": [{"lon": 116.7, "lat": 39.5, "sigma_m": 0.05, "depth_m": 1.1}],
        "exposed": True,
        "hand_dig_m": 2.0,
    }
    later = {"points": [{"lon": 116.7, "lat": 39.6, "sigma_m": 0.2, "depth_m": None}], "hand_dig_m": 1.5}
    records = {SiteState.NOTIFIED: pits, SiteState.FILED: later}
    events = tuple(
        replace(one, body=_Recorded(one.body.to, one.body.proof, record=records[one.body.to]))
        if isinstance(one.body, Advanced) and one.body.to in records
        else one
        for one in source().events
    )
    found = said(DocumentKind.LOCATION, source(events=events))
    assert [row[1] for row in found.rows["points"]] == ["1.1", ""]
    assert found.fields["trial_pit"] == "管道已露出"
    assert said(DocumentKind.PLAN, source(events=events)).fields["hand_dig"] == "1.5 米内人工开挖"


def test_a_standby_record_holds_one_local_day() -> None:
    found = said(DocumentKind.STANDBY)
    assert found.fields["date"] == "2026年11月20日"
    assert found.fields["guardian"] == "孙七"
    assert len(found.rows["checks"]) == 1
    assert found.rows["checks"][0][4] == "正常"
    assert found.rows["violations"][0][1] == "未共同制定保护方案"


def test_numbers_and_days_are_those_of_china() -> None:
    new_year = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert (year_of(new_year), year_of(new_year - timedelta(seconds=1))) == (2027, 2026)
    assert number_of("告知", 2026, 123) == "告知-2026-000123"
    assert local_day(new_year) == "2027年1月1日"


def test_offers_are_what_fits_and_is_not_there() -> None:
    here = source()
    site, events = here.site, here.events
    notify = NextStep("notify", SiteState.NOTIFIED, None)
    found = offers(site, events, [], ())
    kinds = {one.kind for one in found}
    assert {DocumentKind.NOTICE, DocumentKind.AGREEMENT, DocumentKind.PLAN, DocumentKind.STANDBY} <= kinds
    assert {DocumentKind.RECTIFICATION, DocumentKind.RESUMPTION, DocumentKind.REPORT} <= kinds
    assert DocumentKind.STOP not in kinds, "it was lifted"
    there = {(one.kind, one.about) for one in found}
    assert offers(site, events, [], there) == []
    fresh = replace(bare().site, passed=frozenset())
    assert [(one.kind, one.why) for one in offers(fresh, (), [notify], ())] == [(DocumentKind.NOTICE, "next")]
    assert offers(fresh, (), [notify], {(DocumentKind.NOTICE, UUID(int=9))}) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_leaves_little_open(kind: DocumentKind) -> None:
    spec = shipped_kinds()[kind]
    found = sample(spec, shipped_samples(), shipped_law())
    must = {one.key for one in spec.fields if one.need is Need.REQUIRED}
    assert must <= set(found.fields) | set(found.rows)


_ALL = "{recipient} {place} {fact} {fact_at}"


def template(**more: Any) -> dict[str, Any]:
    blocks = [{"type": "text", "text": _ALL}]
    return {"title": "停工", "letter": True, "seal": True, "blocks": blocks} | more


def test_a_tenants_template_is_data_and_says_what_the_law_asks_for() -> None:
    spec = shipped_kinds()[DocumentKind.STOP]
    assert read_template(template(), spec, "own 1").version == "own 1"
    for bad, words in (
        (template(blocks=[{"type": "text", "text": "{place}"}]), "must be printed"),
        (template(blocks=[{"type": "text", "text": "{nonsense}"}]), "no field"),
        (template(blocks=[{"type": "signatures", "text": _ALL, "parties": ["甲"]}]), "must be printed"),
        (template(blocks=[{"type": "heading", "text": "x", "lines": [_ALL]}]), "must be printed"),
        (template(blocks=[{"type": "facts", "cells": [[_ALL, "x"]]}]), "must be printed"),
        (template(blocks=[{"type": "grid", "rows": "place"}]), "no table"),
        (template(blocks=[{"type": "facts", "cells": [["a", "b", "c"]]}]), "pair labels"),
        (template(blocks=[{"type": "script", "text": "x"}]), "Input should be"),
        (template(blocks=[]), "at least 1"),
        (template(code="#read"), "Extra inputs"),
        ("text", "valid dictionary"),
    ):
        with pytest.raises(InputError, match=words):
            read_template(bad, spec, "own 1")


def test_braces_that_a_stranger_wrote_are_never_filled() -> None:
    spec = shipped_kinds()[DocumentKind.STOP]
    found = said(DocumentKind.STOP, more=Told(fields={"recipient": "{fact}"}))
    sheet = compose(spec, spec.template, found, issuer="甲", number="x", day="x", by="x")
    assert sheet.recipient == (Run("{fact}"),)


def test_a_slip_in_a_shipped_file_is_told_by_file_and_key() -> None:
    with pytest.raises(InputError, match=r"law\.yaml"):
        read_law({"version": "x"})
    body = {"kind": "stop", "title": "x", "prefix": "x", "decides": False, "fields": {"nowhere": "blank"}}
    body |= {"template": template(version="x")}
    with pytest.raises(InputError, match="has no words"):
        read_kind(body, {}, "stop.yaml")


def test_each_kind_counts_for_itself() -> None:
    assert len({one.prefix for one in shipped_kinds().values()}) == len(KINDS) == 13
