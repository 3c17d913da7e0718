"""Evidence packs: what one speaks of, what lies in it, and what a check of one found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of an evidence pack.

    Attributes:
        name: ASCII path inside the pack.
        what: what it is and where it comes from, in words.
        content: the bytes.
    """

    name: str
    what: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PackAbout:
    """What an evidence pack is of; written into its manifest.

    Attributes:
        site: id of the site.
        version: of the site: how many events the timeline holds.
        issuer: the gas company.
        made_by: who asked for it, as the audit names them.
        made_at: ISO 8601, UTC.
        rendered: whether a picture in it is rendered and no photograph.
    """

    site: str
    version: int
    issuer: str
    made_by: str
    made_at: str
    rendered: bool


@dataclass(frozen=True, slots=True)
class PackTable:
    """One table of a pack's paper.

    Attributes:
        title: of its part, in Chinese; ``english`` beside it, smaller.
        wide: how the width is shared out, by column.
        rows: cells as plain text; without any, ``note`` stands alone.
        note: what is left out of it and where it stands whole.
        hashes: its last column holds SHA-256 in hex, which is not broken.
    """

    title: str
    english: str
    columns: tuple[str, ...]
    wide: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    hashes: bool = False


@dataclass(frozen=True, slots=True)
class PackPicture:
    """One picture of a pack's paper, as the pack's file ``name`` shows it; ``image`` is empty where it is not printed.

    Attributes:
        sha256: of the original.
        rendered: said below a picture that is no photograph; else empty.
    """

    name: str
    what: str
    sha256: str
    rendered: str
    image: str = ""


@dataclass(frozen=True, slots=True)
class PackPaper:
    """An evidence pack as people read it on paper; made of what lies in the pack and of nothing else.

    Attributes:
        number: the site and its version.
        notice: what a reader must know first: that pictures are rendered.
        short: what happened, in a few lines.
        facts: label and value.
        map: SVG; empty where there is no place. ``map_note`` says what it shows, or why there is none.
        key: fingerprint of the key that signs the pack; printed as a code, too.
        after: tables behind the pictures.
        mark: printed across every page.
    """

    title: str
    english: str
    issuer: str
    number: str
    made: str
    notice: str
    short: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    map: str
    map_note: str
    key: str
    check: str
    tables: tuple[PackTable, ...]
    pictures_title: tuple[str, str]
    pictures: tuple[PackPicture, ...]
    pictures_note: str
    after: tuple[PackTable, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class PackCheck:
    """What an offline look at an evidence pack found.

    Attributes:
        about: as its manifest says it; None where there is none to read.
        key: SHA-256 of the public key inside, in hex: compare it with what the company publishes.
        files: how many the manifest names.
        problems: why it must not be trusted, in words; empty when every byte is as it was signed.
    """

    about: PackAbout | None
    key: str
    files: int
    problems: tuple[str, ...]
