import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import UUID

from rich.console import Console

from pipewarden.cli.alarms import alarm_json, alarm_table, finding_json, finding_table
from pipewarden.dedupe.facts import Alarm
from pipewarden.locate.facts import GroundPoint
from pipewarden.main.scan import Sighting
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.perceive.facts import Box, Finding, FindingClass

ONE = UUID("01990000-0000-7000-8000-000000000001")
KEYS = [
    "class", "score", "lon", "lat", "sigma_m", "pipe_id", "distance_m", "zone", "p_protection", "p_control",
    "first_seen", "last_seen", "frames", "camera", "evidence",
]  # fmt: skip
UNKNOWN = ZoneAnswer(None, None, Zone.UNKNOWN, None, None, None, None, None, None, None, None)


def alarm(*, placed: bool) -> Alarm:
    answer = ZoneAnswer(
        "P-7", 1.23456, Zone.PROTECTION, "P-7", "CN-HE-langfang", "CN-HE-langfang", "GB 55009-2021 5.1.6", 0.61, 0.97,
        ONE, None,
    )  # fmt: skip
    return Alarm(
        id=ONE,
        tenant_id=ONE,
        cls="machine",
        type="excavator",
        score=0.71234,
        ground=GroundPoint(116.7, 39.53, (1.0, 0.0, 4.0)) if placed else None,
        answer=answer if placed else UNKNOWN,
        first_seen=datetime(2026, 11, 20, 1, tzinfo=UTC) if placed else None,
        last_seen=datetime(2026, 11, 20, 1, 10, tzinfo=UTC) if placed else None,
        first_offset_s=2.0,
        last_offset_s=9.5,
        frames=3,
        streams=("cam-01",),
        evidence="00",
        evidence_box=Box(1, 2, 3, 4),
        work_area=None,
        members=(),
    )


def test_every_key_is_there_in_order() -> None:
    for placed in (True, False):
        assert list(alarm_json(alarm(placed=placed), "cam-01", Path("a.jpg")))[: len(KEYS)] == KEYS


def test_a_placed_alarm_says_where_and_when() -> None:
    row = alarm_json(alarm(placed=True), "cam-01", Path("out/a.jpg"))
    assert (row["lon"], row["lat"], row["sigma_m"]) == (116.7, 39.53, 2.0)
    assert (row["first_seen"], row["last_seen"]) == ("2026-11-20T01:00:00Z", "2026-11-20T01:10:00Z")
    assert (row["zone"], row["distance_m"], row["pipe_id"]) == ("protection", 1.2346, "P-7")
    assert row["evidence"] == "out/a.jpg"
    json.dumps(row, allow_nan=False)


def test_an_alarm_without_a_place_is_null_and_told_in_seconds() -> None:
    row = alarm_json(alarm(placed=False), None, None)
    assert row["zone"] == "unknown"
    assert (row["first_seen"], row["last_seen"]) == (2.0, 9.5)
    for key in ("lon", "lat", "sigma_m", "pipe_id", "distance_m", "p_protection", "p_control", "camera", "evidence"):
        assert row[key] is None


def shown(table: object) -> str:
    console = Console(file=StringIO(), width=240)
    console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]  it is the StringIO above
    return str(text)


def test_the_table_says_the_same() -> None:
    text = shown(
        alarm_table([alarm_json(alarm(placed=True), "cam-01", None), alarm_json(alarm(placed=False), None, None)])
    )
    for word in ("excavator", "保护范围", "P-7", "1.2", "0.61/0.97", "未知", "cam-01"):
        assert word in text


def test_findings_of_single_pictures() -> None:
    finding = Finding(
        id=ONE, tenant_id=ONE, observation_id=ONE, cls=FindingClass.MACHINE, type="other", score=0.5, raises=True,
        box=Box(1.04, 2, 3, 4), look=None, model="screen 1",
    )  # fmt: skip
    row = finding_json(Sighting(finding=finding, image="a.jpg"))
    assert row["finding"] == {
        "class": "machine",
        "score": 0.5,
        "box": [1.0, 2, 3, 4],
        "image": "a.jpg",
        "type": "other",
    }
    assert "a.jpg" in shown(finding_table([Sighting(finding=finding, image="a.jpg")]))
