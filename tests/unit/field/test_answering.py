"""What a reporter is told: steps from what happened, an answer with the rule behind it, and nothing about others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.field.facts.reports import Fresh, Report, ReportState
from pipewarden.field.rules.answering import DUTY, Known, answer, state, steps
from pipewarden.field.rules.rewarding import COPY, KNOWN, OLD, UNREACHABLE, UNSEEN, key_of, whom

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
REPORT = Report(
    id=UUID(int=1),
    tenant_id=UUID(int=2),
    draft=UUID(int=3),
    token_digest=b"t",
    content_sha256=b"c",
    reporter_id=UUID(int=4),
    network=b"n",
    person_id=None,
    kind="digging",
    danger=False,
    state=ReportState.TAKEN,
    why="",
    words="挖机",
    place_words="",
    lon=116.7,
    lat=39.5,
    accuracy_m=8.0,
    said_crs="wgs84",
    at=NOW,
    taken_at=None,
    received_at=NOW,
    language="zh",
    fresh=Fresh.NONE,
    nonce=None,
    contact="138",
    notes=(),
    pictures=(),
    observations=(UUID(int=5),),
)
SITE = Known(joined_at=LATER, verdict="confirmed", judged_at=LATER, open=True, clause="GB 55009 5.1.10")


@pytest.mark.parametrize(
    ("report", "known", "word"),
    [
        (replace(REPORT, state=ReportState.WAITING), Known(), "waiting"),
        (replace(REPORT, state=ReportState.ASIDE), SITE, "aside"),
        (REPORT, Known(), "received"),
        (REPORT, Known(joined_at=LATER), "checking"),
        (REPORT, Known(joined_at=LATER, verdict="person"), "checking"),
        (REPORT, Known(joined_at=LATER, verdict="person", due=True), "person"),
        (REPORT, Known(joined_at=LATER, verdict="confirmed"), "confirmed"),
        (REPORT, Known(joined_at=LATER, verdict="rejected", codes=("filed",)), "rejected"),
        (REPORT, SITE, "in_hand"),
        (REPORT, replace(SITE, site=((LATER, "verified_true"),)), "verified"),
        (REPORT, replace(SITE, site=((LATER, "verified_false"),), open=False), "not_works"),
        (REPORT, replace(SITE, site=((LATER, "closed"),), open=False), "closed"),
    ],
)
def test_one_word_for_where_it_stands(report: Report, known: Known, word: str) -> None:
    assert state(report, known) == word
    said = answer(report, known)
    assert said.zh
    assert said.en


def test_a_rejection_says_by_which_rule_and_one_without_a_plain_rule_goes_to_a_person() -> None:
    filed = answer(REPORT, Known(joined_at=LATER, verdict="rejected", codes=("words", "filed")))
    assert (filed.rule, "备案" in filed.zh) == ("rule:filed", True)
    model = answer(REPORT, Known(joined_at=LATER, verdict="rejected", codes=("model_no",)))
    assert (model.rule, "照片" in model.zh) == ("rule:model_no", True)
    odd = answer(REPORT, Known(joined_at=LATER, verdict="rejected", codes=("late",)))
    assert odd.rule is None
    assert "人员" in odd.zh


def test_works_are_answered_with_the_clause_and_whether_they_are_filed() -> None:
    assert answer(REPORT, SITE).rule == "GB 55009 5.1.10"
    assert answer(REPORT, replace(SITE, clause=None)).rule == DUTY
    assert "未查到备案" in answer(REPORT, replace(SITE, filing="unfiled")).zh
    assert "已备案" in answer(REPORT, replace(SITE, filing="filed")).zh
    assert "备案" not in answer(REPORT, SITE).zh, "nobody has looked"


def test_what_is_not_sure_says_that_a_person_looks() -> None:
    said = answer(REPORT, Known(joined_at=LATER, verdict="person", due=True))
    assert "人员" in said.zh
    assert "a person looks" in said.en


def keys(report: Report, known: Known, said: tuple[datetime, ...] = ()) -> list[str]:
    return [one.key for one in steps(report, known, said)]


def test_every_step_happened_and_they_stand_in_their_order() -> None:
    site = ((LATER, "site"), (LATER + timedelta(1), "verified_true"))
    known = replace(SITE, site=site, reward_at=LATER + timedelta(2))
    assert keys(REPORT, known, (NOW + timedelta(minutes=1),)) == [
        "received", "said", "placed", "judged_confirmed", "site", "verified_true", "reward",
    ]  # fmt: skip
    assert keys(replace(REPORT, called_at=NOW), Known()) == ["received", "danger"]
    assert keys(replace(REPORT, state=ReportState.WAITING), Known()) == ["received", "waiting"]
    assert "joined" in keys(REPORT, Known(joined_at=LATER, first=False))
    assert "confirmed_by_you" in keys(replace(REPORT, confirms=UUID(int=8)), Known(joined_at=LATER, first=False))
    assert "copy" in keys(replace(REPORT, copy_of=UUID(int=8)), Known())


SITE_WORDS = ["site", "accepted", "arrived", "verified_true", "verified_false", "stop_ordered", "resumed", "struck"]


@given(
    st.sampled_from(list(ReportState)),
    st.sampled_from([None, "person", "confirmed", "rejected"]),
    st.lists(st.sampled_from([*SITE_WORDS, "ended", "closed"]), max_size=4),
    st.sampled_from([None, True, False]),
    st.sampled_from(["filed", "unfiled", "unknown"]),
)
def test_whatever_happened_there_are_words_for_it_and_none_names_anybody(
    at: ReportState, verdict: str | None, words: list[str], is_open: bool | None, filing: str
) -> None:
    report = replace(REPORT, state=at)
    site = tuple((LATER, one) for one in words)
    known = Known(LATER, True, verdict, LATER, ("filed",), False, site, is_open, filing, "c")
    said = steps(report, known)
    assert [one.at for one in said] == sorted(one.at for one in said)
    text = str([(one.zh, one.en) for one in said]) + answer(report, known).zh
    assert "138" not in text
    assert str(REPORT.reporter_id) not in text


def test_who_is_rewarded() -> None:
    seen, nobody = {UUID(int=5)}, frozenset[UUID]()
    assert whom([REPORT], compared=seen, rewarded=nobody)[0] is REPORT
    second = replace(REPORT, id=UUID(int=11))
    assert whom([REPORT, second], compared=seen, rewarded=nobody)[0] is REPORT
    for first, why in (
        (replace(REPORT, copy_of=UUID(int=9)), COPY),
        (replace(REPORT, fresh=Fresh.OLD), OLD),
        (replace(REPORT, contact=" "), UNREACHABLE),
    ):
        assert whom([first, second], compared=seen, rewarded=nobody) == (None, why), "nobody else gets it either"
    assert whom([REPORT], compared=nobody, rewarded=nobody) == (None, UNSEEN)
    assert whom([REPORT, second], compared=seen, rewarded={second.id}) == (None, KNOWN)
    assert whom([], compared=seen, rewarded=nobody)[0] is None
    named = replace(REPORT, contact="", person_id=UUID(int=6))
    assert whom([named], compared=seen, rewarded=nobody)[0] is named


def test_the_key_names_site_and_kind() -> None:
    assert key_of(UUID(int=7), "clue") == "reward:00000000-0000-0000-0000-000000000007:clue"
    keys_ = {key_of(UUID(int=site), kind) for site, kind in product((1, 2), ("clue", "other"))}
    assert len(keys_) == 4
