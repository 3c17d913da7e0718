"""Alarms as people and machines read them: one JSON object or one table row each, used by scan and demo alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.main.scan import Sighting

_ZONES = {"protection": "保护范围", "control": "控制范围", "outside": "范围外", "unknown": "未知"}
_DIGITS = 4


def alarm_json(alarm: Alarm, camera: str | None, evidence: Path | None) -> dict[str, object]:
    """Return the alarm with every key present; null where unknown, times RFC 3339 or seconds from the first frame."""
    ground, answer = alarm.ground, alarm.answer
    return {
        "class": alarm.cls,
        "score": round(alarm.score, _DIGITS),
        "lon": None if ground is None else round(ground.lon, 7),
        "lat": None if ground is None else round(ground.lat, 7),
        "sigma_m": None if ground is None else round(ground.sigma_m, 3),
        "pipe_id": answer.pipe_id,
        "distance_m": _rounded(answer.distance_m),
        "zone": str(answer.zone),
        "p_protection": _rounded(answer.p_protection),
        "p_control": _rounded(answer.p_control),
        "first_seen": _moment(alarm.first_seen, alarm.first_offset_s),
        "last_seen": _moment(alarm.last_seen, alarm.last_offset_s),
        "frames": alarm.frames,
        "camera": camera,
        "evidence": None if evidence is None else str(evidence),
        "type": alarm.type,
    }


def finding_json(sighting: Sighting) -> dict[str, object]:
    """Return the finding of a single picture."""
    box = sighting.finding.box
    return {
        "finding": {
            "class": str(sighting.finding.cls),
            "score": round(sighting.finding.score, _DIGITS),
            "box": [round(side, 1) for side in (box.x, box.y, box.w, box.h)],
            "image": sighting.image,
            "type": sighting.finding.type,
        }
    }


def alarm_table(rows: Sequence[dict[str, object]]) -> Table:
    """Return the alarms as a table for people."""
    table = Table(title="告警 alarms", title_justify="left", header_style="bold")
    for name, justify in (
        ("目标 what", "left"), ("分值 score", "right"), ("区域 zone", "left"), ("最近管道 pipe", "left"),
        ("距离 m", "right"), ("σ m", "right"), ("P 保护/控制", "right"), ("帧 frames", "right"),
        ("摄像机 camera", "left"), ("首次 first", "left"), ("位置 place", "left"),
    ):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]  literals above are rich's own words
    for row in rows:
        table.add_row(
            str(row["class"] if row["type"] in {None, "other"} else row["type"]),
            f"{row['score']:.2f}",
            f"{row['zone']} {_ZONES[str(row['zone'])]}",
            _text(row["pipe_id"]),
            _number(row["distance_m"], 1),
            _number(row["sigma_m"], 1),
            "–" if row["p_protection"] is None else f"{row['p_protection']:.2f} / {row['p_control']:.2f}",
            str(row["frames"]),
            _text(row["camera"]),
            _text(row["first_seen"]),
            "–" if row["lon"] is None else f"{row['lon']:.5f}, {row['lat']:.5f}",
        )
    return table


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _moment(at: datetime | None, offset_s: float) -> str | float:
    return round(offset_s, 3) if at is None else at.isoformat().replace("+00:00", "Z")


def _text(value: object) -> str:
    return "–" if value is None else str(value)


def _number(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) else "–"
