"""The layers: who may read each, who may take it away, and what its features say.

No person's name is among the columns: a map of works needs none, and what is not handed out needs no reason.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pipewarden.exchange.facts.gis import Held, LayerAbout, LayerName

if TYPE_CHECKING:
    from collections.abc import Mapping

_PIPE = {
    "pipe_id": Held.TEXT,
    "regime": Held.TEXT,
    "pressure_class": Held.TEXT,
    "assumed": Held.TRUTH,
    "pressure": Held.TEXT,
    "diameter_mm": Held.REAL,
    "material": Held.TEXT,
    "depth_m": Held.REAL,
    "year": Held.WHOLE,
    "sigma_m": Held.REAL,
    "label": Held.TEXT,
}
LAYERS: Mapping[LayerName, LayerAbout] = MappingProxyType(
    {
        LayerName.PIPES: LayerAbout(
            "管线 Pipes",
            "Gas pipes of the active network as surveyed, cut at the rim of your ground.",
            "network:export",
            "network:export",
            "Geometry",
            timed=False,
            columns=_PIPE,
        ),
        LayerName.FACILITIES: LayerAbout(
            "设施与阀门 Facilities and valves",
            "Stations, regulators, metering devices and valves of the active network; `kind` says which.",
            "network:export",
            "network:export",
            "Geometry",
            timed=False,
            columns={"kind": Held.TEXT, **_PIPE},
        ),
        LayerName.CAMERAS: LayerAbout(
            "摄像机 Cameras",
            "Where cameras stand and how they are doing.",
            "camera:read",
            "camera:read",
            "Point",
            timed=False,
            columns={
                "key": Held.TEXT,
                "name": Held.TEXT,
                "state": Held.TEXT,
                "state_since": Held.MOMENT,
                "calibrated": Held.TRUTH,
                "rendered": Held.TRUTH,
            },
        ),
        LayerName.SITES: LayerAbout(
            "工地 Sites",
            "Works that the house has on file; `datetime` is the time from opening to end.",
            "site:read",
            "site:read",
            "Point",
            timed=True,
            columns={
                "state": Held.TEXT,
                "headline": Held.TEXT,
                "zone": Held.TEXT,
                "level": Held.WHOLE,
                "risk_level": Held.WHOLE,
                "risk_score": Held.REAL,
                "filed": Held.TEXT,
                "compound": Held.TEXT,
                "alarm_id": Held.TEXT,
                "opened_at": Held.MOMENT,
                "ended_at": Held.MOMENT,
                "next_due_at": Held.MOMENT,
            },
        ),
        LayerName.ALARMS: LayerAbout(
            "报警 Alarms",
            "Places where something was seen or said; `datetime` is the time from the first to the last clue.",
            "alarm:read",
            "alarm:export",
            "Point",
            timed=True,
            columns={
                "what": Held.TEXT,
                "type": Held.TEXT,
                "score": Held.REAL,
                "zone": Held.TEXT,
                "distance_m": Held.REAL,
                "clause": Held.TEXT,
                "sigma_m": Held.REAL,
                "frames": Held.WHOLE,
                "first_seen": Held.MOMENT,
                "last_seen": Held.MOMENT,
            },
        ),
        LayerName.FILINGS: LayerAbout(
            "报备 Filings",
            "Ground of filed works; `datetime` is their period.",
            "filing:read",
            "filing:read",
            "Geometry",
            timed=True,
            columns={
                "state": Held.TEXT,
                "place": Held.TEXT,
                "method": Held.TEXT,
                "urgent": Held.TRUTH,
                "depth_m": Held.REAL,
                "source": Held.TEXT,
                "valid_from": Held.MOMENT,
                "valid_until": Held.MOMENT,
                "filed_at": Held.MOMENT,
            },
        ),
        LayerName.AREAS: LayerAbout(
            "区域 Areas",
            "The shared areas and your tenant's own; `parent_id` makes the tree.",
            "area:read",
            "area:read",
            "Geometry",
            timed=False,
            columns={
                "key": Held.TEXT,
                "name": Held.TEXT,
                "parent_id": Held.TEXT,
                "jurisdiction": Held.TEXT,
            },
        ),
    }
)
