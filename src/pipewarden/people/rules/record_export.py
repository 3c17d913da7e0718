"""Exports of the record: a signed ZIP that proves offline that the chain in it holds and that nothing was changed.

Details that were masked for the reader cannot be hashed again; their entries still hang between their neighbours by
``previous``, and the manifest's signature covers all of it.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from pipewarden.kit import zips
from pipewarden.people.facts import ExportAbout, ExportCheck, ViewSeal
from pipewarden.people.rules import anchors as anchor_rules
from pipewarden.people.rules import chain, views
from pipewarden.people.rules import record_lines as text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pipewarden.people.facts import AuditEntry, SignedAnchor, View
    from pipewarden.people.rules.anchors import Verify

FORMAT: Final = "pipewarden-record-1"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "key.pub"
ENTRIES, VIEWS, ANCHORS = "entries.jsonl", "views.jsonl", "anchors.jsonl"
_TABLES = ("entries.csv", "views.csv")
_OWN = frozenset({MANIFEST, SIGNATURE, KEY})
_ALL = frozenset({ENTRIES, VIEWS, ANCHORS, *_TABLES, *_OWN, "README.txt"})
MOST_BYTES = 1_000_000_000
_ABOUT: TypeAdapter[ExportAbout] = TypeAdapter(ExportAbout)
_README = """管卫审计导出 · Pipewarden audit export

entries.csv / entries.jsonl   what was done, each entry with the hash of the one before it (SHA-256)
views.csv / views.jsonl       who looked at personal data, and why
anchors.jsonl                 signed ends of the chain (Ed25519, RFC 8032)
manifest.json, manifest.sig, key.pub   hashes of all files, the signature over them, and the key

Check it, without network and database:   pipewarden audit check FILE.zip --key FINGERPRINT
"""


@dataclass(frozen=True, slots=True)
class Record:
    """What is taken out.

    Attributes:
        entries: without a gap, in order; ``masked`` names those whose details are not the ones that were hashed.
        views: those that the seals among the entries hold, in order.
    """

    entries: Sequence[AuditEntry]
    masked: frozenset[int]
    views: Sequence[View]
    anchors: Sequence[SignedAnchor]


def seal(record: Record, about: ExportAbout, *, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return a record as one ZIP with a signed manifest."""
    files = {
        ENTRIES: text.lines(text.entry_line(one, masked=one.seq in record.masked) for one in record.entries),
        VIEWS: text.lines(text.view_line(one) for one in record.views),
        ANCHORS: text.lines(anchor_rules.line(one) for one in record.anchors),
        "entries.csv": text.entry_table(record.entries),
        "views.csv": text.view_table(record.views),
        "README.txt": _README.encode(),
    }
    told = {
        "format": FORMAT,
        "about": asdict(about),
        "key": anchor_rules.fingerprint(public),
        "files": {name: _sha256(content) for name, content in files.items()},
    }
    manifest = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()
    return zips.written({**files, MANIFEST: manifest, SIGNATURE: sign(manifest), KEY: public})


def check(
    pack: bytes, verify: Verify, *, key: str | None = None, outside: Collection[SignedAnchor] = ()
) -> ExportCheck:
    """Return what is wrong with an export; nothing but the file is needed.

    Where:
        key: fingerprint that the house publishes. Without it an export only proves that it has not changed since
            whoever holds the key inside signed it.
        outside: anchors that were kept elsewhere; those of this tenant are compared with its chain.
    """
    try:
        held = zips.read(pack, most_bytes=MOST_BYTES, most_files=len(_ALL))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        return ExportCheck(None, "", 0, 0, 0, (f"is no export of the record: {error}",))
    manifest, public = held.get(MANIFEST, b""), held.get(KEY, b"")
    fingerprint = anchor_rules.fingerprint(public)
    found = [] if verify(public, manifest, held.get(SIGNATURE, b"")) else ["the signature does not fit the manifest"]
    if key is not None and fingerprint != key.lower():
        found.append(f"signed by the key {fingerprint}, not by the one asked for")
    try:
        about, hashes = _manifest(manifest)
        found += _differences(hashes, held)
        if not found and zips.written(held) != pack:
            found.append("bytes around the files differ from how an export is written")
        record = _record(held, UUID(about.tenant))
        found += _chain(record, about) + _anchors(record, about, outside, verify) + _views(record, about)
        tables = (text.entry_table(record.entries), text.view_table(record.views))
        found += [f"{name} says something else" for name, one in zip(_TABLES, tables, strict=True) if held[name] != one]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        return ExportCheck(None, fingerprint, 0, 0, 0, (*found, f"cannot be read: {error}"))
    counts = (len(record.entries), len(record.views), len(record.anchors))
    return ExportCheck(about, fingerprint, *counts, tuple(dict.fromkeys(found)))


def _manifest(content: bytes) -> tuple[ExportAbout, dict[str, str]]:
    told: Any = json.loads(content)
    if told["format"] != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    return _ABOUT.validate_python(told["about"]), {str(name): str(one) for name, one in told["files"].items()}


def _differences(hashes: Mapping[str, str], held: Mapping[str, bytes]) -> list[str]:
    found = [f"{name} is missing" for name in sorted(_ALL - held.keys())]
    found += [f"{name} is not in the manifest" for name in sorted(held.keys() - hashes.keys() - _OWN)]
    return found + [f"{name} has been changed" for name, one in hashes.items() if _sha256(held.get(name, b"")) != one]


def _record(held: Mapping[str, bytes], tenant_id: UUID) -> Record:
    told = [text.read_entry(one, tenant_id) for one in text.split(held[ENTRIES])]
    return Record(
        entries=[entry for entry, _ in told],
        masked=frozenset(entry.seq for entry, masked in told if masked),
        views=[text.read_view(one, tenant_id) for one in text.split(held[VIEWS])],
        anchors=[anchor_rules.read(one) for one in text.split(held[ANCHORS])],
    )


def _chain(record: Record, about: ExportAbout) -> list[str]:
    seqs = [one.seq for one in record.entries]
    if seqs != list(range(about.first, about.last + 1)) and (seqs or about.last):
        return [f"its entries are not those from {about.first} to {about.last}"]
    if record.masked and not about.masked:
        return ["it says that nothing is masked, and something is"]
    previous = chain.FIRST if about.first == 1 else None
    for one in record.entries:
        if previous is not None and one.previous != previous:
            return [f"entry {one.seq}: it does not continue the entry before it"]
        if one.seq not in record.masked and one.hash != chain.hash_of(one):
            return [f"entry {one.seq}: its content is not what was recorded"]
        previous = one.hash
    return []


def _anchors(record: Record, about: ExportAbout, outside: Collection[SignedAnchor], verify: Verify) -> list[str]:
    hashes = {one.seq: one.hash for one in record.entries}
    mine = [one for one in (*record.anchors, *outside) if str(one.tenant_id) == about.tenant]
    found = anchor_rules.problems(mine, verify)
    for one in mine:
        if hashes.get(one.seq, one.hash) != one.hash:
            found.append(f"entry {one.seq}: it is not the entry that was anchored on {one.at:%Y-%m-%d %H:%M} UTC")
        if about.whole and one.seq > about.last and one.at.isoformat() <= about.made_at:
            found.append(f"the chain ends at {about.last}, and entry {one.seq} was anchored before: it was cut")
    return found


def _views(record: Record, about: ExportAbout) -> list[str]:
    found = []
    seals = [one for one in record.entries if one.act == views.SEALED and one.seq not in record.masked]
    for entry in seals:
        said = ViewSeal(**json.loads(entry.details))
        inside = [one for one in record.views if said.after < one.seq <= said.to]
        same = len(inside) == said.count if about.masked else views.seal_of(inside, said.after) == said
        if not same:
            found.append(f"entry {entry.seq}: the views {said.after + 1} to {said.to} are not those that it sealed")
    return found


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
