"""Evidence packs: everything that is on record about one site, gathered by who may see it, sealed and written down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pipewarden.act.facts import PackAbout, PackFile
from pipewarden.act.rules import pack, pack_paper, site_map
from pipewarden.act.service.drafting import filing_read, network_there
from pipewarden.act.service.issuing import READ_DOCUMENTS, document_file, documents
from pipewarden.act.store.evidence_words import shipped_evidence_words
from pipewarden.casework import service as casework
from pipewarden.casework.facts import PartyRole, Site, SiteEvent
from pipewarden.dedupe import service as dedupe
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Viewed
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from pipewarden.act.ports import Press, Signer
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.service import Showing

PACK = "evidence:export"
PAPER = "evidence.pdf"
_EVENTS: TypeAdapter[SiteEvent] = TypeAdapter(SiteEvent)
_SITE: TypeAdapter[Site] = TypeAdapter(Site)
_A_PAGE = 500
_RADIUS_95 = 2.4477  # sqrt(-2 ln 0.05)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a pack is made with.

    Attributes:
        page: gives the page that people read from what ``told`` holds.
        press: sets the same on paper.
    """

    blobs: BlobStore
    showing: Showing
    signer: Signer
    page: Callable[[Mapping[str, Any]], bytes]
    press: Press


@dataclass(frozen=True, slots=True)
class Packed:
    """An evidence pack: the signed ZIP, and the paper that lies in it as ``evidence.pdf``."""

    pack: bytes
    pdf: bytes


def evidence_pack(work: Work, actor: Actor, site_id: UUID, bench: Bench, reason: str | None = None) -> Packed:
    """Return the evidence pack of a site in reach, and write down who has taken it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        InputError: it cannot be put on paper within the press's limits.
    """
    people.require(actor, PACK)
    filed = casework.site(work, actor, site_id, PACK)
    there = replace(work, tenant_id=filed.site.tenant_id)
    alarm = _alarm(work, actor, filed.site.alarm_id)
    events = _events(work, actor, site_id)
    rendered = sense.rendered(there, _all_hashes(events, alarm))
    files, pictures = _pictures(work, actor, site_id, events, alarm=alarm, bench=bench)
    drawn, pipes_shown = _map(there, actor, filed.site, alarm)
    files += drawn
    tenant = people.tenant_acted_for(there)
    about = PackAbout(
        site=str(site_id),
        version=filed.site.version,
        issuer="" if tenant is None else tenant.name,
        made_by=f"{actor.kind}:{actor.id}",
        made_at=work.now().isoformat(),
        rendered=bool(rendered),
    )
    zone = _zone(work, alarm)
    papers, issued = _papers(work, actor, site_id, bench.blobs, zone)
    files += papers
    told = _told(work, actor, filed, events, alarm, zone=zone) | {
        "pictures": [one | {"rendered": one["original"] in rendered} for one in pictures],
        "documents": issued,
        "drawn": bool(drawn),
        "pipes_shown": pipes_shown,
        "about": about,
        "rendered": about.rendered,
        "made_by": people.names(work, [about.made_by]).get(about.made_by, ""),
        "key": pack.fingerprint(bench.signer.public),
    }
    files += _records(told)
    files.append(PackFile("index.html", "all of it, to be read", bench.page(told)))
    printed = pack_paper.paper(told, files)
    wanted = set(pack_paper.printed(printed))
    pdf = bench.press.pack_pdf(printed, {one.name: one.content for one in files if one.name in wanted}, work.now())
    files.append(PackFile(PAPER, "all of it, on paper", pdf))
    made = pack.seal(files, about, public=bench.signer.public, sign=bench.signer.sign)
    details: dict[str, str | int] = {"version": about.version, "files": len(files)}
    details |= {"sha256": hashlib.sha256(made).hexdigest(), "pdf": hashlib.sha256(pdf).hexdigest()}
    people.viewed(there, actor, Viewed.EXPORT, ("site", site_id), reason)
    people.record(there, actor, "evidence.packed", ("site", site_id), details)
    return Packed(made, pdf)


def _records(told: Mapping[str, Any]) -> list[PackFile]:
    """Return what is on record as data, beside the page that people read."""
    files = [
        PackFile("site.json", "the site as it stands", _json(told["site"])),
        PackFile("timeline.json", "every event of the site, in order", _json(told["events"])),
        PackFile("violations.json", "violations with clause and penalty", _json(told["violations"])),
        PackFile("rules.json", "what each supervision rule says", _json(told["rules"])),
        PackFile("documents.json", "every document issued for the site, voided ones too", _json(told["documents"])),
        PackFile("filing.json", "to which filing the site belongs, and why", _json(told["filing"])),
    ]
    if told["alarm"] is not None:
        files.append(PackFile("alarm.json", "the alarm that opened the site, and its pipe", _json(told["alarm"])))
    return files


def _map(there: Work, actor: Actor, site: Site, alarm: Alarm | None) -> tuple[list[PackFile], bool]:
    """Return the map of a site that has a place, and whether it may show pipes to the actor."""
    if site.lon is None or site.lat is None:
        return [], False
    place = (site.lon, site.lat)
    _, shows = network_there(there, actor, *place)
    off = None if alarm is None or alarm.ground is None else alarm.ground.sigma_m * _RADIUS_95
    near = network.near(there, site_map.box_of(place), at=there.now()) if shows else ()
    what = (
        "pipes around the site, with their ranges"
        if shows
        else "the place without pipes: who took the pack does not read them"
    )
    return [PackFile("map.svg", what, site_map.draw(place, off, near))], shows


def _papers(
    work: Work, actor: Actor, site_id: UUID, blobs: BlobStore, zone: ZoneInfo
) -> tuple[list[PackFile], list[dict[str, str | None]]]:
    """Return the PDF of every document of a site, voided ones too; none where the actor may not read them."""
    if not actor.grants_for(READ_DOCUMENTS):
        return [], []
    files: list[PackFile] = []
    told: list[dict[str, str | None]] = []
    for one in reversed(documents(work, actor, site_id)):
        name = f"documents/{one.kind}-{one.number.split('-', 1)[-1]}.pdf"
        try:
            files.append(PackFile(name, f"{one.number} {one.title}", document_file(blobs, one)))
        except InputError:
            name = ""  # it is said to be gone
        told.append(
            {
                "name": name,
                "number": one.number,
                "title": one.title,
                "issued_at": _local(one.issued_at, zone),
                "sha256": one.sha256,
                "void": None if one.void is None else one.void.reason,
                "replaced_by": one.replaced_by,
            }
        )
    return files, told


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
) -> tuple[list[PackFile], list[dict[str, Any]]]:
    """Return every picture that something names, drawn anew; one that is gone is said to be gone."""
    files: list[PackFile] = []
    told: list[dict[str, Any]] = []
    if alarm is not None and alarm.evidence:
        try:
            original = bench.blobs.get(alarm.evidence)
            shown = perceive.draw_evidence(
                bench.showing, original, name="evidence", box=alarm.evidence_box, label=alarm.cls
            )
        except InputError:
            said = "the alarm's picture is no longer there"
            told.append({"name": "", "what": said, "original": alarm.evidence, "version": 0})
        else:
            what = f"the alarm's picture with its box: {alarm.cls}, score {alarm.score:.2f}"
            files.append(PackFile("pictures/00-alarm.jpg", what, shown))
            told.append({"name": "pictures/00-alarm.jpg", "what": what, "original": alarm.evidence, "version": 0})
    for event in events:
        for sha256 in _hashes(event):
            what = f"{event.body.kind}, {event.at.isoformat(timespec='seconds')}"
            name = f"pictures/{len(told) + 1:02d}-{sha256[:8]}.jpg"
            try:
                shown = casework.shown(work, actor, site_id, sha256, blobs=bench.blobs, showing=bench.showing)
            except (InputError, NotFoundError):
                told.append(
                    {"name": "", "what": f"{what}: no longer there", "original": sha256, "version": event.version}
                )
                continue
            files.append(PackFile(name, what, shown))
            told.append({"name": name, "what": what, "original": sha256, "version": event.version})
    return files, told


def _all_hashes(events: Iterable[SiteEvent], alarm: Alarm | None) -> set[str]:
    shas = {sha256 for event in events for sha256 in _hashes(event)}
    return shas | ({alarm.evidence} if alarm is not None and alarm.evidence else set())


def _told(
    work: Work, actor: Actor, filed: casework.Filed, events: list[SiteEvent], alarm: Alarm | None, *, zone: ZoneInfo
) -> dict[str, Any]:
    say, site = shipped_evidence_words(), filed.site
    names = people.names(work, [one.actor for one in events if one.actor is not None])
    _, rules = casework.rules_of(work, actor, site.id)
    match = casework.filing_of(work, filed)
    parties = _parties(work, actor, filed)
    return {
        "say": say,
        "site": _SITE.dump_python(site, mode="json"),
        "headline": say["headlines"][filed.headline],
        "zone": say["zones"][site.zone.value],
        "made_local": _local(work.now(), zone),
        "owner": parties.get(PartyRole.OWNER, ""),
        "contractor": parties.get(PartyRole.CONTRACTOR, ""),
        "events": [_event(one, names, say, zone) for one in events],
        "violations": _violations(site, events, zone),
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


def _zone(work: Work, alarm: Alarm | None) -> ZoneInfo:
    """Return the civil time of the place."""
    jurisdiction = None if alarm is None else alarm.answer.jurisdiction
    return casework.filing_zone("CN" if jurisdiction is None else casework.filing_place(jurisdiction), work.now())


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(sep=" ", timespec="seconds")


def _parties(work: Work, actor: Actor, filed: casework.Filed) -> dict[PartyRole, str]:
    """Return who the filing says digs for whom, where the actor may read it."""
    filing = filing_read(work, actor, filed)
    return {} if filing is None else {one.role: one.name for one in reversed(filing.works.parties)}


def _event(event: SiteEvent, names: Mapping[str, str], say: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    body, kind = event.body, event.body.kind
    key = f"verified_{'true' if getattr(body, 'true', False) else 'false'}" if kind == "verified" else kind
    to = getattr(body, "to", None)
    reached = say["headlines"].get(getattr(to, "value", to), {"zh": str(to), "en": str(to)})
    proof = getattr(body, "proof", None)
    words = [str(getattr(body, name)) for name in ("reason", "words", "answer", "utility") if getattr(body, name, "")]
    plain: dict[str, Any] = _EVENTS.dump_python(event, mode="json")
    return plain | {
        "at": _local(event.at, zone),
        "made_at": "" if event.made_at is None else _local(event.made_at, zone),
        "said": {lang: text.replace("{to}", reached[lang]) for lang, text in say["events"][key].items()},
        "who": "" if event.actor is None else names.get(event.actor, event.actor),
        "words": words + ([proof.words] if proof is not None and proof.words else []),
        "signed_by": [] if proof is None else list(proof.signed_by),
        "refused": proof is not None and proof.refused,
        "witness": "" if proof is None else proof.witness,
    }


def _violations(site: Site, events: Iterable[SiteEvent], zone: ZoneInfo) -> list[dict[str, Any]]:
    kinds = casework.violation_kinds()
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
            "at": _local(one.opened_at, zone),
            "fixed_at": None if one.fixed_at is None else _local(one.fixed_at, zone),
            "evidence": read.get(one.id, []),
        }
        for one in site.violations
    ]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
