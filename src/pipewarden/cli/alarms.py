"""Alarms as people and machines read them: one JSON object or one table row each, used by scan and demo alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from pipewarden.cli.output import add_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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
    """Return the alarms as a table for people, one line each."""
    table = Table(title="告警 alarms", title_justify="left", header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("目标 what", "分值>", "区域 zone", "最近管道 pipe", "距离 m>", "P 保护/控制>", "位置 lon, lat", "σ m>",
                 "首次 first", "末次 last", "帧 n>", "摄像机 camera", "证据 evidence"):  # fmt: skip
        table.add_column(name.rstrip(">"), justify="right" if name.endswith(">") else "left", no_wrap=True)
    for row in rows:
        add_row(
            table,
            str(row["class"] if row["type"] in {None, "other"} else row["type"]),
            f"{row['score']:.2f}",
            f"{_ZONES[str(row['zone'])]} {row['zone']}",
            _text(row["pipe_id"]),
            _number(row["distance_m"], 1),
            "–" if row["p_protection"] is None else f"{row['p_protection']:.2f}/{row['p_control']:.2f}",
            "–" if row["lon"] is None else f"{row['lon']:.5f}, {row['lat']:.5f}",
            _number(row["sigma_m"], 1),
            _text(row["first_seen"]),
            _text(row["last_seen"]),
            str(row["frames"]),
            _text(row["camera"]),
            "–" if row["evidence"] is None else Path(str(row["evidence"])).name,
        )
    return table


def finding_table(sightings: Sequence[Sighting]) -> Table:
    """Return the findings of single pictures as a table for people."""
    table = Table(title="发现目标 findings", title_justify="left", header_style="bold")
    for name in ("目标 what", "分值 score", "框 box x y w h", "图片 image"):
        table.add_column(name)
    for one in sightings:
        box = one.finding.box
        sides = " ".join(f"{side:.0f}" for side in (box.x, box.y, box.w, box.h))
        what = one.finding.type or str(one.finding.cls)
        add_row(table, what, f"{one.finding.score:.2f}", sides, one.image)
    return table


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _moment(at: datetime | None, offset_s: float) -> str | float:
    return round(offset_s, 3) if at is None else at.isoformat().replace("+00:00", "Z")


def _text(value: object) -> str:
    return "–" if value is None else str(value)


def _number(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) else "–"
