"""What papers are made of in tests: hostile words, a site that has gone far, a filing, a pipe."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import shapely
from site_life import NOW, TENANT, WHOLE, advanced

from pipewarden.act.facts import KindSpec, Source, Told
from pipewarden.casework.facts import (
    AccidentReported,
    Advanced,
    Arrived,
    Decision,
    Discovered,
    Effect,
    Filing,
    Hours,
    Method,
    Overlap,
    OwnerGiven,
    Party,
    PartyRole,
    Proof,
    Reported,
    Required,
    Resumed,
    Site,
    SiteEvent,
    SiteState,
    StandbyChecked,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationKind,
    ViolationOpened,
    Works,
)
from pipewarden.casework.facts import Severity as Grave
from pipewarden.casework.rules import apply
from pipewarden.network.facts import Datum, Kind, Pipe, PipeHere, PressureClass, Regime, Zone

MARKUP = (
    '#panic("x") #read("/etc/passwd") *b* _i_ $x$ = h @l <t> `r` \\ // /* [c] {{ 7*7 }} {% for %} {place} <w:p/> &amp;'
)
LONG = "A" * 200
ROW = "测试行长名称" * 30
RTL = "\u202eمرحبا שלום\u202c\u2066x\u2069"
EMOJI = "👷‍♂️🚜🔥 ⚠️"
CONTROLS = "a\x00b\x07c\x1b[31md\u200be\ufefff\ud800g\uffff"
HOSTILE = {
    "markup": MARKUP,
    "long": LONG,
    "long row": ROW,
    "rtl": RTL,
    "emoji": EMOJI,
    "controls": CONTROLS,
    "lines": "一\n二\r\n三\t四\u2028五",
    "all": f"{MARKUP} {LONG} {ROW} {RTL} {EMOJI} {CONTROLS}",
}
CLAUSE, PENALTY = "城镇燃气管理条例 第三十四条", "城镇燃气管理条例 第五十条"
STOP, BROKEN, REPORT = (UUID(int=number) for number in (71, 72, 73))


def told(spec: KindSpec, words: str) -> Told:
    """Return the same words in every field and cell of a kind."""
    fields = {one.key: words for one in spec.fields if not one.columns}
    rows = {one.key: ((words,) * len(one.columns),) * 2 for one in spec.fields if one.columns}
    return Told(fields, rows)


def works(**more: object) -> Filing:
    """Return a filing that was answered at once."""
    area = bytes(shapely.to_wkb(shapely.box(116.7, 39.5, 116.701, 39.501)))
    made = Works(
        "CN-HE-langfang",
        area,
        Method.OPEN_CUT,
        datetime(2026, 12, 4, 16, tzinfo=UTC),
        datetime(2026, 12, 20, 16, tzinfo=UTC),
        machines=("excavator",),
        depth_m=2.5,
        hours=Hours(time(8), time(18)),
        parties=(
            Party(PartyRole.OWNER, "示例城投", "李四 000"),
            Party(PartyRole.CONTRACTOR, "示例市政", "张三 000"),
        ),
        words="示例路雨水管",
    )
    required = (
        Required(
            "file", "动土备案", "file", Effect.REQUIRED, Regime.CITY_GAS, "CN-HE", "河北省燃气管理条例 第四十三条",
            law=True, due_at=NOW, late=True,
        ),
        Required("brief", "交底", "brief", Effect.REQUIRED, Regime.CITY_GAS, "CN", "product default", law=False),
    )  # fmt: skip
    overlap = Overlap(Regime.CITY_GAS, PressureClass.MEDIUM, Zone.PROTECTION, 38.4, 0)
    decision = Decision(NOW, "CN-HE-langfang", ("CN-HE", "CN"), Zone.PROTECTION, (overlap,), required)
    filing = Filing(UUID(int=61), TENANT, made, NOW, answered_at=NOW, decision=decision)
    return replace(filing, **more)  # type: ignore[arg-type]


def pipe(regime: Regime = Regime.CITY_GAS) -> PipeHere:
    """Return a pipe as a map describes it."""
    line = bytes(shapely.to_wkb(shapely.LineString([(116.7, 39.5), (116.701, 39.5)])))
    here = Pipe(
        row=1, pipe_id="P-7", kind=Kind.PIPE, datum=Datum.CENTRE_LINE, pressure_class=PressureClass.MEDIUM,
        pressure="0.2 MPa", diameter_mm=200.0, material="PE100", depth_m=0.9, year=2015, sigma_m=0.5, geometry=line,
        extra={},
    )  # fmt: skip
    return PipeHere(here, regime, Zone.PROTECTION, (0.9, 1.2), 1.6, 0.5, "GB 55009-2021 5.1.6", 5.0, "5.1.7", None)


def history() -> tuple[Site, tuple[SiteEvent, ...]]:
    """Return a site on which everything happened that papers speak of, with its events."""
    bodies = [
        Discovered(UUID(int=3), Zone.PROTECTION, 1, 116.7, 39.5, "seen"),
        OwnerGiven(UUID(int=4), "patroller", "on duty"),
        Arrived(WHOLE),
        Verified(true=True, code="digging", proof=replace(WHOLE, words="挖机一台")),
        *(Advanced(to, WHOLE) for to in _PATH[:-1]),
        StandbyChecked(replace(WHOLE, words="正常")),
        ViolationOpened(
            BROKEN, "V-PLAN", Grave.MAJOR, "城镇燃气管理条例 第三十四条", "未见方案", NOW + timedelta(hours=2)
        ),
        StopOrdered(STOP, "保护范围内机械开挖"),
        StopRefused(STOP, Proof(words="不停")),
        Reported(REPORT, "示例市住建局", "拒不停工"),
        Resumed(STOP, Proof(words="机械已撤出", signed_by=("周八",))),
        Struck("挖断了"),
        AccidentReported("示例市应急局"),
        Advanced(SiteState.COMPLETED, replace(WHOLE, words="复验合格")),
    ]
    site, events = None, []
    for place, body in enumerate(bodies):
        at = NOW + timedelta(minutes=place)
        event = SiteEvent(UUID(int=1000 + place), TENANT, UUID(int=1), at, "person:1", place + 1, body)
        events.append(event)
        site = apply(site, event)
    if site is None:
        raise RuntimeError("something happened")
    return site, tuple(events)


_PATH = (
    SiteState.NOTIFIED,
    SiteState.FILED,
    SiteState.LOCATED,
    SiteState.BRIEFED,
    SiteState.PLAN_SIGNED,
    SiteState.READY,
    SiteState.UNDER_STANDBY,
    SiteState.COMPLETED,
)


def source(**more: object) -> Source:
    """Return all that is on record for that site."""
    site, events = history()
    kind = ViolationKind(
        "V-PLAN",
        Grave.MAJOR,
        "城镇燃气管理条例 第三十四条",
        "城镇燃气管理条例 第五十条",
        2,
        "未共同制定保护方案",
        "no plan",
    )
    made = Source(
        site, events, issuer="示例燃气", by="周八", at=NOW + timedelta(hours=1), area="东区", filing=works(),
        pipe=pipe(),
        kinds={"V-PLAN": kind}, names={"person:1": "孙七"},
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def bare() -> Source:
    """Return a site that was only just discovered, of which little is on record."""
    site = replace(advanced(SiteState.NOTIFIED), violations=(), stops=(), reports=())
    return Source(replace(site, lon=None, lat=None), (), issuer="示例燃气", by="周八", at=NOW)
