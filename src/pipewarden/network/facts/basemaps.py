"""Base maps that the operator has configured: our own archives, and online ones with their system and their law."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class BaseKind(StrEnum):
    """Where squares come from, always in the XYZ numbers of the web mercator grid."""

    PMTILES = "pmtiles"  # an archive on our own disk
    MVT = "mvt"  # vector squares by a template
    XYZ = "xyz"  # pictures by a template
    WMTS = "wmts"  # pictures of a KVP or REST service, as a template


class BaseCrs(StrEnum):
    """The system that a base map is drawn in.

    CGCS2000 lies within centimetres of WGS-84, so nothing is moved for it; GCJ-02 is 300 to 700 m off
    (``network.rules.gcj``), and whoever draws on it moves our things by it.
    """

    WGS84 = "WGS-84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ-02"


class Via(StrEnum):
    """Who asks an online map: the house, so that its key stays here, or the browser, which then knows the key."""

    DOOR = "door"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Basemap:
    """One base map.

    Attributes:
        name: in addresses.
        title: by language, ``zh`` and ``en``.
        file: of an archive; ``url`` the template of the others, with {z}, {x}, {y} and perhaps {s} and {key}.
        key_file: holds the key of the template; the key itself is never in a fact.
        approval: 审图号, which a public map of China shows (地图管理条例, State Council Decree 664, art. 37).
        subdomains: what {s} stands for.
    """

    name: str
    title: dict[str, str]
    kind: BaseKind
    crs: BaseCrs
    attribution: str
    approval: str = ""
    file: Path | None = None
    url: str = field(default="", repr=False)
    key_file: Path | None = None
    via: Via = Via.DOOR
    subdomains: tuple[str, ...] = ()
    min_zoom: int = 0
    max_zoom: int = 18


@dataclass(frozen=True, slots=True)
class Fetched:
    """One square of a base map.

    Attributes:
        body: None where the map has nothing there.
        media: its type; ``packed`` whether it is gzip.
    """

    body: bytes | None
    media: str = ""
    packed: bool = False
