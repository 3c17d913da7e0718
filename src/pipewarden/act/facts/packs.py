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
