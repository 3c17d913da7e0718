"""Documents over HTTP, as several suites make them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import cv2
import numpy as np
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLD = {"recipient": "示例市政", "place": "示例路 1 号"}


def notice(**fields: str) -> dict[str, Any]:
    """Return a notice to be drafted."""
    return {"kind": "notice", "fields": TOLD | fields}


def ask(town: Any, who: str, method: str, path: str, body: Any = None) -> Any:
    """Ask as somebody."""
    more = {} if body is None else {"json": body}
    return town.client.as_(town.who(who), method, path, **more)


def post(town: Any, who: str, site: str, path: str, body: Any) -> Any:
    """Post to a site's documents."""
    return ask(town, who, "POST", f"/v1/sites/{site}/documents{path}", body)


def get(town: Any, who: str, site: str, path: str = "") -> Any:
    """Read a site's documents."""
    return ask(town, who, "GET", f"/v1/sites/{site}/documents{path}")


def draft(town: Any, who: str, site: str, asked: dict[str, Any]) -> Any:
    """See what a document would say."""
    return post(town, who, site, "/draft", asked)


def issue(town: Any, who: str, site: str, asked: dict[str, Any]) -> Any:
    """Issue a document whose draft was seen."""
    return post(town, who, site, "", asked)


def issued(town: Any, who: str, site: str, asked: dict[str, Any], **more: Any) -> Any:
    """See a draft and issue it."""
    seen = draft(town, who, site, asked)
    return issue(town, who, site, asked | {"seen": seen.json().get("seen", "0" * 64)} | more)


def act(town: Any, who: str, site: str, asked: dict[str, Any]) -> None:
    """Do one thing to a site."""
    version = ask(town, who, "GET", f"/v1/sites/{site}").json()["version"]
    done = ask(town, who, "POST", f"/v1/sites/{site}/events", {"version": version, "act": asked})
    assert done.status_code == 200, done.text


def verify(town: Any, token: str) -> Any:
    """Ask what a paper's code tells, as nobody."""
    return town.client.as_(None, "GET", f"/verify/{token}")


def token_of(town: Any, document_id: str) -> str:
    """Return the code of a paper: only its holder knows it, so it is read from the database here."""
    with town.home.work() as work:
        found = work.session.scalar(text("SELECT token FROM act_documents WHERE id = :id"), {"id": document_id})
    return str(found)


def signature(town: Any, who: str, site: str) -> str:
    """Bring a picture of a signature to a site; return its id."""
    pixels = np.full((200, 500, 3), 255, np.uint8)
    cv2.polylines(pixels, [np.array([[20, 150], [120, 40], [200, 160], [300, 60], [460, 120]])], False, (40, 20, 20), 6)
    done, encoded = cv2.imencode(".png", pixels)
    assert done
    files = {"picture": ("s.png", encoded.tobytes(), "image/png")}
    sent = town.client.as_(town.who(who), "POST", f"/v1/sites/{site}/pictures", files=files)
    assert sent.status_code == 201, sent.text
    return str(sent.json()["id"])


@contextmanager
def public(town: Any) -> Iterator[None]:
    """Let papers carry codes that lead into the town."""
    real = town.app.state.desk
    town.app.state.desk = replace(real, public_url="https://town.example.org")
    try:
        yield
    finally:
        town.app.state.desk = real


def papers(town: Any, sites: tuple[str, ...]) -> list[str]:
    """Issue a notice at each of two sites of the tenant and one of another's, and return its path, and that of none."""
    askers = ("safety_manager", "safety_manager", "safety_manager_b")
    made = [issued(town, who, site, notice()).json()["number"] for who, site in zip(askers, sites, strict=False)]
    named = zip(sites, [*made, "告知-2026-999999"], strict=True)
    return [f"/v1/sites/{site}/documents/{quote(number)}" for site, number in named]
