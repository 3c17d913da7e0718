"""Messages, subscriptions and links in the town of the API tests."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from act_office import Way
from owed_api import NOTHING
from owed_api import call as called

from pipewarden.act import jobs
from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://hook.example.org/in"
ME = {"kind": "email", "address": "me@example.org"}


def webhook(town: Any, tenant: Any) -> str:
    """Subscribe a system for a tenant."""
    admin = town.who("tenant_admin" if tenant == town.a else "tenant_admin_b")
    asked = {"name": "x", "url": URL}
    answer = town.client.as_(admin, "POST", "/v1/webhooks", json=asked)
    if answer.status_code == 409:  # other suites have left their twenty
        for one in town.client.as_(admin, "GET", "/v1/webhooks").json()["items"]:
            town.client.as_(admin, "DELETE", f"/v1/webhooks/{one['id']}")
        answer = town.client.as_(admin, "POST", "/v1/webhooks", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def webhooks(town: Any) -> tuple[str, str, str, str]:
    """Return two of the town's own, another tenant's, and one that never was."""
    return webhook(town, town.a), webhook(town, town.a), webhook(town, town.b), NOTHING


@contextmanager
def ways(town: Any, **more: Way) -> Iterator[dict[str, Any]]:
    """Put channels of our own into the town's post office, and a public address."""
    real = town.app.state.post
    made: dict[str, Any] = {kind: Way() for kind in real.channels} | {"email": Way()} | more
    town.post(made)
    try:
        yield made
    finally:
        town.post(None)


def send(town: Any) -> int:
    """Drain and send what is due."""
    town.drain()
    return jobs.send_waiting(town.home.factory.begin, town.app.state.post, hands=2)


def link(town: Any, who: Any, site: str = "x") -> tuple[str, str]:
    """Call somebody and return the call and the path of the link that they get."""
    said = town.client.as_(who, "PUT", "/v1/me/contacts", json={"items": [ME]})
    assert said.status_code == 200, said.text
    with ways(town) as made:
        call = called(town, who, site)
        send(town)
        found = re.search(r"https://town\.example\.org(/v1/ack/[A-Za-z0-9_-]{43})", made["email"].sent[-1].body)
    if found is None:
        raise UnavailableError(field="link", problem="did not come", fix="Look at the outbox.")
    return call, found[1]
