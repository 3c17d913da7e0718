"""Deliveries of the GIS and messages of other platforms in the town of the API tests."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from owed_api import NOTHING

from pipewarden.network import store
from pipewarden.network.facts import PressureClass
from pipewarden.network.facts.change import ChangeKind, PipeChange
from pipewarden.network.facts.draft import Draft, DraftKind, DraftState
from pipewarden.people import service as people

EVENT = {"content-type": "application/cloudevents+json"}
MAP = b'{"type": "FeatureCollection", "features": []}'
COMPLAINT = "org.pipewarden.intake.complaint.v1"


def key(town: Any, tenant: Any = None) -> Any:
    """Make a platform's key: it may bring messages, and reports."""
    template = town.device(tenant=tenant)
    with town.at(template.tenant_id) as work:
        made = people.make_key(
            work,
            town.gate,
            people.operator(template.tenant_id),
            f"platform {town.made}",
            permissions=["intake:create", "observation:create"],
            expires_at=work.now() + timedelta(days=30),
        )
    return type(template)(made.key.id, template.tenant_id, key=made.text)


def event(number: str, data: dict[str, Any], kind: str = COMPLAINT) -> dict[str, Any]:
    return {"specversion": "1.0", "id": number, "source": "urn:hotline", "type": kind, "data": data}


def send(town: Any, who: Any, body: Any, platform: str = "12345-hotline", **headers: str) -> Any:
    """Send one message, or several, of a platform."""
    batch = {"content-type": "application/cloudevents-batch+json"} if isinstance(body, list) else {}
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return town.client.as_(who, "POST", f"/v1/intake/{platform}", content=content, headers=EVENT | batch | headers)


def waiting(town: Any, tenant: Any = None) -> str:
    """Return a complaint that waits for a person to place it."""
    who = key(town, tenant)
    town.made += 1
    answer = send(town, who, event(f"w{town.made}", {"words": "有人挖路", "address": "和平路"}))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["items"][0]["item_id"])


def settled(town: Any) -> tuple[str, str, str, str]:
    """Return two messages of the town's own, another tenant's, and none; people have set them aside."""
    made = [waiting(town), waiting(town), waiting(town, town.b)]
    for name, one in zip(("safety_manager", "safety_manager", "safety_manager_b"), made, strict=True):
        asked = {"reason": "a test"}
        town.client.as_(town.who(name), "POST", f"/v1/intake/items/{one}/aside", json=asked)
    return made[0], made[1], made[2], NOTHING


def delivery(town: Any, who: Any) -> Any:
    """Send a delivery of the GIS."""
    headers = {"content-type": "application/octet-stream"}
    query = {"crs": "EPSG:4326", "name": "d.geojson"}
    return town.client.as_(who, "POST", "/v1/networks/sync", params=query, content=MAP, headers=headers)


def deliveries(town: Any) -> tuple[str, str, str, str]:
    """Return two deliveries of the town's own, another tenant's, and one that never was; none waits any more."""
    made = []
    for name in ("tenant_admin", "tenant_admin", "tenant_admin_b"):
        quiet(town)
        answer = delivery(town, town.who(name))
        assert answer.status_code == 202, answer.text
        made.append(str(answer.json()["id"]))
    quiet(town)
    return made[0], made[1], made[2], NOTHING


FOUND: dict[str, Any] = {
    "rows": 1,
    "without_shape": 0,
    "shapes": {"LineString": 1},
    "own_crs": None,
    "sample": [[116.72, 39.45]],
    "columns": [{"name": "id", "filled": 1, "distinct": 1, "words": [{"value": "a", "rows": 1}]}],
    "candidates": [],
    "remarks": [],
}


def draft(town: Any, tenant: Any, state: DraftState = DraftState.ACTIVE) -> str:
    """Write a map that came in once, and that no worker waits for."""
    with town.at(tenant) as work:
        made = Draft(
            id=work.ids.new(),
            tenant_id=tenant,
            kind=DraftKind.FILE,
            asked_by=f"person:{NOTHING}",
            name="a.geojson",
            blob=None,
            state=state,
            created_at=work.now(),
            changed_at=work.now(),
            found=FOUND,
        )
        store.drafts.add(work, made)
    return str(made.id)


def drafts(town: Any) -> tuple[str, str, str, str]:
    """Return two drafts of the town's own, another tenant's, and one that never was."""
    return draft(town, town.a), draft(town, town.a), draft(town, town.b), NOTHING


def quiet(town: Any) -> None:
    """Let no delivery wait: five of a tenant are the most."""
    with town.home.work() as work:
        row = store.changes.SyncRow
        for one in work.session.query(row).where(row.state == "waiting"):
            one.state = "refused"


def compared(town: Any, tenant: Any) -> str:
    """Return the newest version of a tenant's network with something that it changed beside it."""
    with town.at(tenant) as work:
        version = store.versions(work.session, tenant)[0]
        if store.changes.diff(work, version.id) is None:
            pipe = store.pipes_of(work.session, tenant, version.id)[0]
            change = PipeChange(
                pipe_id=pipe.pipe_id,
                kind=ChangeKind.ADDED,
                fields=(),
                moved_m=None,
                class_before=None,
                class_after=PressureClass.MEDIUM,
                metres_before=0.0,
                metres_after=300.0,
                before=None,
                after=pipe.geometry,
                bounds=version.extent,
            )
            made: Any = SimpleNamespace(summary=(), changes=(change,), partial=True)
            store.changes.add_diff(work, version.id, (version.id, 0), made)
        return str(version.id)
