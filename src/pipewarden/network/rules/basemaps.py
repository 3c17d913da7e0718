"""The operator's file of base maps, read strictly, and the addresses that a template makes."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Self
from urllib.parse import quote, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.network.facts.basemaps import BaseCrs, BaseKind, Basemap, Via

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.network.rules.tiles.square import Square

FIELD = "PIPEWARDEN_BASEMAPS"
_WORDS = frozenset({"z", "x", "y", "s", "key"})
_NEEDED = frozenset({"z", "x", "y"})
_MOST = 1 << 20
_LABEL = "^[a-z0-9][a-z0-9-]{0,30}$"


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")

    zh: Annotated[str, Field(min_length=1, max_length=60)]
    en: Annotated[str, Field(min_length=1, max_length=60)]


class _One(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=_LABEL)]
    title: _Title
    kind: BaseKind
    crs: BaseCrs
    attribution: Annotated[str, Field(min_length=1, max_length=200)]
    approval: Annotated[str, Field(max_length=60)] = ""
    file: Path | None = None
    url: Annotated[str, Field(max_length=2000)] = ""
    key_file: Path | None = None
    via: Via = Via.DOOR
    subdomains: tuple[Annotated[str, Field(pattern=_LABEL)], ...] = ()
    min_zoom: Annotated[int, Field(ge=0, le=22)] = 0
    max_zoom: Annotated[int, Field(ge=0, le=22)] = 18

    @model_validator(mode="after")
    def _whole(self) -> Self:
        own = self.kind is BaseKind.PMTILES
        if own and (self.file is None or self.url or self.key_file is not None or self.via is Via.BROWSER):
            raise ValueError("a pmtiles map has a file, and no url, key_file or via: browser")
        if not own and (self.file is not None or not self.url):
            raise ValueError("an online map has a url and no file")
        if not own and not self.approval.strip():
            raise ValueError("an online map names its approval (审图号), which the page must show")
        if not own:
            _check_template(self.url, self.key_file is not None, self.subdomains)
        if self.min_zoom > self.max_zoom:
            raise ValueError("min_zoom is above max_zoom")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    basemaps: Annotated[list[_One], Field(max_length=20)]


def _check_template(url: str, has_key: bool, subdomains: tuple[str, ...]) -> None:  # noqa: FBT001  named by its caller
    try:
        words = [name for _, name, form, turn in Formatter().parse(url) if name is not None and not form and not turn]
    except ValueError as error:
        raise ValueError("the url has a brace that is not closed") from error
    if set(words) - _WORDS or not set(words) >= _NEEDED:
        raise ValueError("the url holds {z}, {x} and {y}, perhaps {s} and {key}, and no other word in braces")
    if ("key" in words) is not has_key:
        raise ValueError("{key} in the url and a key_file go together: a key is never written into the url")
    if ("s" in words) is not bool(subdomains):
        raise ValueError("{s} in the url and subdomains go together")
    parts = urlsplit(url)
    host = parts.netloc.replace("{s}", "s")
    if parts.scheme not in {"https", "http"} or not host or not set("{}@'\"; ").isdisjoint(host) or not host.isascii():
        raise ValueError("the url is https://host/…, with no word in braces but {s} in the host")


def read_basemaps(text: str) -> tuple[Basemap, ...]:
    """Return the base maps of a YAML file.

    Raises:
        InputError: it is no YAML, a field is unknown, missing or contradicts another, or a name comes twice.
    """
    fix = "Correct the file; docs/gis.md shows one."
    if len(text) > _MOST:
        raise InputError(field=FIELD, problem="is larger than 1 MB", fix=fix)
    try:
        said = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(field=FIELD, problem="is no YAML", fix=fix) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            field=FIELD, problem=f"at {where}: {first['msg']}", fix=fix
        ) from None  # its input may be a key
    names = [one.name for one in said.basemaps]
    if len(names) != len(set(names)):
        raise InputError(field=FIELD, problem="names a map twice", fix=fix)
    return tuple(
        Basemap(**(one.model_dump(exclude={"title"}) | {"title": one.title.model_dump()})) for one in said.basemaps
    )


def address(base: Basemap, square: Square, key: str) -> str:
    """Return where a square is; subdomains are taken in turn by its numbers, so that a browser's cache meets them."""
    turn = base.subdomains[(square.x + square.y) % len(base.subdomains)] if base.subdomains else ""
    return base.url.format(z=square.z, x=square.x, y=square.y, s=turn, key=quote(key, safe=""))


def template(base: Basemap, key: str) -> list[str]:
    """Return the templates that a browser fills itself, one for each subdomain, the key in them."""
    told = base.url.replace("{key}", quote(key, safe=""))
    return [told.replace("{s}", one) for one in base.subdomains] or [told]


def hosts(bases: Iterable[Basemap]) -> tuple[str, ...]:
    """Return the origins that browsers ask themselves, for a Content-Security-Policy: exactly these, sorted."""
    found = set()
    for base in bases:
        if base.via is Via.BROWSER:
            for one in template(base, ""):
                parts = urlsplit(one)
                found.add(f"{parts.scheme}://{parts.netloc}")
    return tuple(sorted(found))
