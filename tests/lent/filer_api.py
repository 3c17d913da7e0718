"""Works that somebody has filed and what lies under them over HTTP, as several suites make them."""

from __future__ import annotations

import io
from typing import Any

import document_api
import filing_api
from PIL import Image, ImageDraw

from pipewarden.people.facts import Role

DIGGER = "digger"


def under(town: Any, place: tuple[float, float]) -> tuple[str, str]:
    """Let works be seen at a place and filed there from today on by a contractor of these tests alone.

    Return the filing and the site under it.
    """
    if DIGGER not in town.people:
        town.people[DIGGER] = town.person(Role.CONTRACTOR, tenant=town.a, area=town.east)
    site = str(town.site_at(town.who("safety_manager"), place))
    period = {"valid_from": filing_api.day(0), "valid_until": filing_api.day(9)}
    return filing_api.filed(town, town.who(DIGGER), place, **period), site


def broken(town: Any, site: str) -> str:
    """Open a violation at a site and return its id."""
    document_api.act(town, "safety_manager", site, {"kind": "violate", "code": "V-SIGNS", "reason": "标志桩没有了"})
    seen = town.client.as_(town.who("safety_manager"), "GET", f"/v1/sites/{site}").json()
    return str(seen["violations"][-1]["id"])


def notice(town: Any, site: str) -> str:
    """Issue a notice at a site and return its number."""
    return str(document_api.issued(town, "safety_manager", site, document_api.notice()).json()["number"])


def written() -> bytes:
    """Return the picture of a signature."""
    picture = Image.new("RGB", (600, 300), "white")
    ImageDraw.Draw(picture).line([(40, 200), (160, 60), (300, 220), (520, 100)], fill="black", width=8)
    sent = io.BytesIO()
    picture.save(sent, "PNG")
    return sent.getvalue()
