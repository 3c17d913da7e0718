"""Evidence packs: everything that is on record about one site, gathered by who may see it, sealed and written down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from pipewarden.act.facts import PackAbout, PackFile
from pipewarden.act.rules import pack, site_map
from pipewarden.act.store.evidence_words import shipped_evidence_words
from pipewarden.casework import service as casework
from pipewarden.casework.facts import Site, SiteEvent
from pipewarden.dedupe import service as dedupe
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import AreaRef, ForbiddenError, NotFoundError, ScopedRow
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from pipewarden.act.ports import Signer
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.service import PictureDecoder

PACK = "evidence:export"
_EVENTS: TypeAdapter[SiteEvent] = TypeAdapter(SiteEvent)
_SITE: TypeAdapter[Site] = TypeAdapter(Site)
_PIPES = "network:read"
_NO_PIPES = "the site's place without pipes: who took this pack does not read the network there"
_A_PAGE = 500
_RADIUS_95 = 2.4477  # sqrt(-2 ln 0.05)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a pack is made with.

    Attributes:
        page: gives the page that people read from what ``told`` holds.
    """

    blobs: BlobStore
    decoder: PictureDecoder
    signer: Signer
    page: Callable[[Mapping[str, Any]], bytes]


def evidence_pack(work: Work, actor: Actor, site_id: UUID, bench: Bench) -> bytes:
    """Return the evidence pack of a site in reach as a ZIP, and write down who has taken it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    people.require(actor, PACK)
    filed = casework.site(work, actor, site_id, PACK)
    there = replace(work, tenant_id=filed.site.tenant_id)
    alarm = _alarm(work, actor, filed.site.alarm_id)
    events = _events(work, actor, site_id)
    files, pictures = _pictures(work, actor, site_id, events, alarm=alarm, bench=bench)
    shown = False
    drawn = None if filed.site.lon is None or filed.site.lat is None else (filed.site.lon, filed.site.lat)
    if drawn is not None:
        off = None if alarm is None or alarm.ground is None else alarm.ground.sigma_m * _RADIUS_95
        shown = _reads_pipes(there, actor, drawn)
        near = network.near(there, site_map.box_of(drawn), at=work.now()) if shown else []
        what = "pipes around the site, with their ranges" if shown else _NO_PIPES
        files.append(PackFile("map.svg", what, site_map.draw(drawn, off, near)))
    tenant = people.tenant_acted_for(there)
    about = PackAbout(
        site=str(site_id),
        version=filed.site.version,
        issuer="" if tenant is None else tenant.name,
        made_by=f"{actor.kind}:{actor.id}",
        made_at=work.now().isoformat(),
        rendered=_rendered(there, events, alarm),
    )
    told = _told(work, actor, filed, events, alarm) | {"pictures": pictures, "drawn": drawn is not None, "pipes": shown}
    files += [
        PackFile("site.json", "the site as it stands", _json(told["site"])),
        PackFile("timeline.json", "every event of the site, in order", _json(told["events"])),
        PackFile("violations.json", "violations with clause and penalty", _json(told["violations"])),
        PackFile("rules.json", "what each supervision rule says", _json(told["rules"])),
        PackFile("filing.json", "to which filing the site belongs, and why", _json(told["filing"])),
    ]
    if told["alarm"] is not None:
        files.append(PackFile("alarm.json", "the alarm that opened the site, and its pipe", _json(told["alarm"])))
    names = people.names(work, [about.made_by])
    key = pack.fingerprint(bench.signer.public)
    said = told | {"about": about, "rendered": about.rendered, "made_by": names.get(about.made_by, ""), "key": key}
    files.append(PackFile("index.html", "all of it, to be read", bench.page(said)))
    made = pack.seal(files, about, public=bench.signer.public, sign=bench.signer.sign)
    details = {"version": about.version, "sha256": hashlib.sha256(made).hexdigest(), "files": len(files)}
    people.record(there, actor, "evidence.packed", ("site", site_id), details)
    return made


def _reads_pipes(there: Work, actor: Actor, place: tuple[float, float]) -> bool:
    """Tell whether who takes the pack reads the network at the site: a pack shows no pipe that they may not see."""
    (found,) = people.areas_at(there, np.array([place]))
    areas = () if found.area is None else (AreaRef(found.area.tenant_id, found.area.path),)
    return people.allows(actor, _PIPES, ScopedRow(there.tenant_id, areas=areas))


def _alarm(work: Work, actor: Actor, alarm_id: UUID | None) -> Alarm | None:
    if alarm_id is None:
        return None
    try:
        return dedupe.seen_alarm(work, actor, alarm_id)
    except (ForbiddenError, NotFoundError):
        return None


def _events(work: Work, actor: Actor, site_id: UUID) -> list[SiteEvent]:
    found: list[SiteEvent] = []
    while True:
        after = found[-1].version if found else 0
        batch = casework.history(work, actor, site_id, limit=_A_PAGE, after=after)
        found += batch
        if len(batch) < _A_PAGE:
            return found


def _hashes(event: SiteEvent) -> tuple[str, ...]:
    proof = getattr(event.body, "proof", None)
    return tuple(getattr(event.body, "pictures", ())) if proof is None else proof.pictures


def _pictures(
    work: Work, actor: Actor, site_id: UUID, events: Iterable[SiteEvent], *, alarm: Alarm | None, bench: Bench
) -> tuple[list[PackFile], list[dict[str, str]]]:
    """Return every picture that something names, drawn anew; one that is gone is said to be gone."""
    files: list[PackFile] = []
    told: list[dict[str, str]] = []
    if alarm is not None and alarm.evidence:
        try:
            original = bench.blobs.get(alarm.evidence)
            shown = perceive.draw_evidence(
                bench.decoder, original, name="evidence", box=alarm.evidence_box, label=alarm.cls
            )
        except InputError:
            told.append({"name": "", "what": "the alarm's picture is no longer there", "original": alarm.evidence})
        else:
            what = f"the alarm's picture with its box: {alarm.cls}, score {alarm.score:.2f}"
            files.append(PackFile("pictures/00-alarm.jpg", what, shown))
            told.append({"name": "pictures/00-alarm.jpg", "what": what, "original": alarm.evidence})
    for event in events:
        for sha256 in _hashes(event):
            what = f"{event.body.kind}, {event.at.isoformat(timespec='seconds')}"
            name = f"pictures/{len(told) + 1:02d}-{sha256[:8]}.jpg"
            try:
                shown = casework.shown(work, actor, site_id, sha256, blobs=bench.blobs, decoder=bench.decoder)
            except (InputError, NotFoundError):
                told.append({"name": "", "what": f"{what}: no longer there", "original": sha256})
                continue
            files.append(PackFile(name, what, shown))
            told.append({"name": name, "what": what, "original": sha256})
    return files, told


def _rendered(there: Work, events: Iterable[SiteEvent], alarm: Alarm | None) -> bool:
    shas = {sha256 for event in events for sha256 in _hashes(event)}
    if alarm is not None and alarm.evidence:
        shas.add(alarm.evidence)
    return bool(sense.rendered(there, shas))


def _told(
    work: Work, actor: Actor, filed: casework.Filed, events: list[SiteEvent], alarm: Alarm | None
) -> dict[str, Any]:
    say, site = shipped_evidence_words(), filed.site
    jurisdiction = None if alarm is None else alarm.answer.jurisdiction
    zone = casework.filing_zone("CN" if jurisdiction is None else casework.filing_place(jurisdiction), work.now())
    names = people.names(work, [one.actor for one in events if one.actor is not None])
    _, rules = casework.rules_of(work, actor, site.id)
    match = casework.filing_of(work, filed)
    return {
        "say": say,
        "site": _SITE.dump_python(site, mode="json"),
        "headline": say["headlines"][filed.headline],
        "zone": say["zones"][site.zone.value],
        "events": [_event(one, names, say, zone) for one in events],
        "violations": _violations(work, actor, site, events, zone),
        "rules": [
            {"code": one.code, "zh": one.zh, "en": one.en, "clause": one.clause, "result": one.result.value}
            for one in rules
        ],
        "filing": {
            "filing_id": None if match.filing_id is None else str(match.filing_id),
            "score": match.score,
            "reason": match.reason,
        },
        "alarm": None
        if alarm is None
        else {
            "id": str(alarm.id),
            "class": alarm.cls,
            "score": alarm.score,
            "zone_pipe_id": alarm.answer.zone_pipe_id,
            "distance_m": alarm.answer.distance_m,
            "clause": alarm.answer.clause,
            "network_version_id": None
            if alarm.answer.network_version_id is None
            else str(alarm.answer.network_version_id),
        },
    }


def _event(event: SiteEvent, names: Mapping[str, str], say: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    body, kind = event.body, event.body.kind
    key = f"verified_{'true' if getattr(body, 'true', False) else 'false'}" if kind == "verified" else kind
    to = getattr(body, "to", None)
    reached = say["headlines"].get(getattr(to, "value", to), {"zh": str(to), "en": str(to)})
    proof = getattr(body, "proof", None)
    words = [str(getattr(body, name)) for name in ("reason", "words", "answer", "utility") if getattr(body, name, "")]
    plain: dict[str, Any] = _EVENTS.dump_python(event, mode="json")
    return plain | {
        "at": event.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        "said": {lang: text.replace("{to}", reached[lang]) for lang, text in say["events"][key].items()},
        "who": "" if event.actor is None else names.get(event.actor, event.actor),
        "words": words + ([proof.words] if proof is not None and proof.words else []),
        "signed_by": [] if proof is None else list(proof.signed_by),
        "refused": proof is not None and proof.refused,
        "witness": "" if proof is None else proof.witness,
    }


def _violations(
    work: Work, actor: Actor, site: Site, events: Iterable[SiteEvent], zone: ZoneInfo
) -> list[dict[str, Any]]:
    kinds = {one.code: one for one in casework.onward(work, actor, site.id).kinds}
    read = {
        one.body.violation_id: [{"fact": said.fact, "value": said.value} for said in one.body.evidence]
        for one in events
        if one.body.kind == "violation_opened"
    }
    return [
        {
            "code": one.code,
            "zh": kinds[one.code].zh if one.code in kinds else "",
            "en": kinds[one.code].en if one.code in kinds else "",
            "severity": one.severity.value,
            "clause": one.clause,
            "penalty": kinds[one.code].penalty if one.code in kinds else "",
            "reason": one.reason,
            "at": one.opened_at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
            "fixed_at": None
            if one.fixed_at is None
            else one.fixed_at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
            "evidence": read.get(one.id, []),
        }
        for one in site.violations
    ]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
