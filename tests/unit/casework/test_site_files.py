"""Things happen to a site in one way only: allowed, folded, written, said, and asked what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from site_life import WHOLE

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    CHANGED,
    Advanced,
    Arrived,
    Body,
    Discovered,
    Noted,
    OwnerGiven,
    Severity,
    Site,
    SiteEvent,
    SiteState,
)
from pipewarden.casework.service import StepRefusedError, files
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

SEEN = Discovered(None, Zone.PROTECTION, 1, 116.7, 39.5, "seen")


def test_opening_and_appending_write_say_and_fold_the_same(work: Work) -> None:
    site = service.open_site(work, SEEN)
    after = service.append(work, site, [Noted("a"), Noted("b")], "user:1")
    assert store.sites.read(work, [site.id]) == {site.id: after}
    events = store.history.events(work, site.id)
    assert [(one.version, one.actor) for one in events] == [(1, None), (2, "user:1"), (3, "user:1")]
    said = work.take_facts()
    assert [(one.kind, one.fact_id) for one in said] == [(CHANGED, one.id) for one in events]
    assert {one.partition for one in said} == {work.own(str(site.id))}


def test_what_is_refused_leaves_no_event(work: Work) -> None:
    site = service.open_site(work, SEEN)
    work.take_facts()
    with pytest.raises(StepRefusedError) as told:
        service.append(work, site, [Advanced(SiteState.UNDER_STANDBY, WHOLE)], "user:1")
    assert told.value.site == site
    assert told.value.as_dict()["clause"]
    assert told.value.as_dict()["code"] == "not_next"
    assert len(store.history.events(work, site.id)) == 1
    assert work.take_facts() == []


def test_what_follows_is_the_houses_own_and_follows_in_the_same_transaction(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = work.ids.new()

    def react(_work: Work, before: Site | None, _event: SiteEvent, after: Site) -> list[Body]:
        return [OwnerGiven(person, "patroller", "nearest")] if before is None and after.owner_id is None else []

    monkeypatch.setattr(files, "react", react)
    site = service.open_site(work, SEEN, "user:1")
    assert (site.owner_id, site.state, site.version) == (person, SiteState.VERIFYING, 2)
    assert [one.actor for one in store.history.events(work, site.id)] == ["user:1", None]
    assert service.append(work, site, [Arrived(WHOLE)]).arrived_at == work.now()


def test_a_reaction_that_reacts_to_itself_is_found_out(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "react", lambda *_told: [Noted("echo")])
    with pytest.raises(RuntimeError, match="never ends"):
        service.open_site(work, SEEN)


def test_shipped_violations_have_hours_clauses_and_words_in_both_languages() -> None:
    kinds = store.violations()
    assert {"V-UNBRIEFED", "V-STOPPED-WORK", "V-PLAN", "V-REPAIR-PAPERS"} <= set(kinds)
    for kind in kinds.values():
        assert kind.fix_h == (2 if kind.severity is Severity.MAJOR else 24)
        assert kind.clause
        assert kind.zh
        assert kind.en


ONE = """
violations:
  - {code: V-X, severity: minor, clause: c, penalty: "", fix_h: HOURS, zh: 违, en: broken}
"""


def test_a_list_of_violations_that_is_wrong_is_named() -> None:
    assert store.read_violations(ONE.replace("HOURS", "2"), "x.yaml")["V-X"].fix_h == 2
    for text in (
        ONE.replace("HOURS", "0"),
        ONE.replace("HOURS", "soon"),
        ONE.replace("HOURS", "2") + ONE.replace("HOURS", "2").split("violations:\n")[1],
        "rules: []",
        "- just a list",
        "{",
    ):
        with pytest.raises(InputError, match=r"x\.yaml"):
            store.read_violations(text, "x.yaml")
