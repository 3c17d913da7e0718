"""Rules, dashboard, metrics and runbook hold together: every metric that is named exists, every alert has its page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prometheus_client import generate_latest

from pipewarden.act.facts import ChannelState
from pipewarden.act.facts.standing import MessagesStanding
from pipewarden.casework.facts.standing import SitesStanding
from pipewarden.inference.facts.standing import ModelsStanding
from pipewarden.judge.facts import Chain
from pipewarden.main.web.figures import metrics
from pipewarden.main.web.meters import Meters
from pipewarden.operation import service
from pipewarden.operation.facts import (
    Beat,
    BeatName,
    BlindCamera,
    Fault,
    FaultKind,
    HouseReading,
    LaneReading,
    StageReading,
    SwitchedOff,
    TenantReading,
)
from pipewarden.people.facts import ContactKind, Language

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "recipes" / "monitoring"
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ONE = UUID(int=1)
NAME = re.compile(r"pipewarden_[a-z_]+")


def everything() -> str:
    """Return the metrics of a house in which everything that can be counted is there once."""
    before = NOW - timedelta(minutes=1)
    tenant = TenantReading(
        tenant_id=ONE,
        tenant="langfang",
        at=NOW,
        chain=Chain(before, 60.0, loud=False, came=None, sent_at=None, stage=None),
        cameras=3,
        degraded=1,
        blind=(BlindCamera(ONE, "A", before, ("offline",), 12.0),),
        off=(SwitchedOff("model:screen", "x", before, everywhere=True),),
        unstaffed=("East",),
        nobody=True,
        sites=SitesStanding(3, 1, 1, before, 2, before, {0: 3, 1: 1}, (11, 1)),
        reviews=2,
        reviews_since=before,
        messages=MessagesStanding(
            1, before, {("sms", "failed"): 2}, (ChannelState(ContactKind.SMS, True, True, False),), ("wall",), NOW, 1
        ),
        models=ModelsStanding({("screen", "ok"): 5}, {"answer": 3, "timeout": 1}, 1),
        stuck=1,
    )
    beats = {one.value: Beat(one.value, before, ok=True, words="") for one in BeatName}
    house = HouseReading(
        NOW, (LaneReading("river", 2, 3.0),), {"x": 4.0}, beats, 10, 5, 0.1, head=True, fsync_s=0.002, heartbeat=True
    )
    fault = Fault(ONE, ONE, FaultKind.CHAIN, 1, (), NOW, NOW, None, None)
    meters = Meters()
    meters.committed(["sense.observed"])
    meters.answered("GET", "/v1/me", 401, 0.01)

    class Looked:
        def collect(self) -> Any:
            return metrics(
                house, [tenant, replace(tenant, tenant="other")], [StageReading("screen", 2, 0.5, 1.0)], [fault]
            )

    meters.registry.register(Looked())  # type: ignore[arg-type]  # it collects, and that is all that is asked
    return generate_latest(meters.registry).decode()


def names() -> set[str]:
    return {line.partition("{")[0].partition(" ")[0] for line in everything().splitlines() if not line.startswith("#")}


def rules() -> list[dict[str, Any]]:
    return list(yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"])


def test_every_metric_that_a_rule_or_a_panel_names_exists() -> None:
    there = names()
    for rule in rules():
        assert set(NAME.findall(rule["expr"])) <= there, rule["alert"]
    board = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            found = set(NAME.findall(target["expr"]))
            assert found, panel["title"]
            assert found <= there, panel["title"]


def test_every_metric_is_shown_on_the_dashboard_or_asked_by_a_rule() -> None:
    used = set(NAME.findall((FOLDER / "dashboard.json").read_text(encoding="utf-8"))) | {
        name for rule in rules() for name in NAME.findall(rule["expr"])
    }
    for name in names():
        base = re.sub(r"_(created|sum|count|bucket)$", "", name)
        assert name.endswith("_created") or name in used or f"{base}_count" in used, name


def test_every_fault_has_a_rule_and_every_rule_a_page_of_the_runbook() -> None:
    book = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="([a-z_]+)"></a>', book))
    assert anchors == {one.value for one in FaultKind}
    linked = [rule["annotations"]["runbook_url"] for rule in rules()]
    assert all(one.startswith("docs/runbook.md#") and one.partition("#")[2] in anchors for one in linked)
    assert {one.partition("#")[2] for one in linked} == anchors
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_every_page_says_what_danger_the_first_minutes_and_who_in_both_languages() -> None:
    for kind, page in service.pages().items():
        assert page.who, kind
        for language in Language:
            words = page.words[language]
            assert words.title, kind
            assert words.meaning, kind
            assert words.danger, kind
            assert len(words.first) >= 3, kind


def test_the_scrape_asks_with_a_key() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert job["authorization"]["type"] == "Bearer"
    assert "credentials" not in job["authorization"], "the key lies in a file of its own"
