"""The bytes of real webhook deliveries, off the socket: nothing of pictures, secrets or people's words."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from act_api import URL, send, ways
from PIL import Image
from robot_street import said, street
from site_api import File
from tests.api.conftest import PASSWORD, SECRET

from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.facts import CLOUDEVENTS, Outcome, Outgoing
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.outbound import Outbound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from robot_street import Asked, Street

    from pipewarden.act.facts import Receipt

SERIAL, MAKE, AUTHOR, XMP = "SN-CANARY-4711", "CANARY-MAKE", "CANARY by Zhang San", "CANARY-XMP-116.39"
WORDS, PHONE, WITNESS = "CANARY 机主说电话", "13812345678", "CANARY-WITNESS 王五"
HERE = Outbound(read_opened("127.0.0.0/8", "X"))


@dataclass(frozen=True)
class Off:
    """The shipped webhook channel, whatever address was subscribed: it posts to a server that listens here."""

    url: str
    real: bool = True
    limit: int = 1_000_000

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        return Webhook(HERE).send(replace(message, address=f"{self.url}/in"), within_s=within_s)


def photo() -> bytes:
    """A picture with a canary in every place beside its pixels."""
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = MAKE, AUTHOR
    exif.get_ifd(0x8769)[0xA431] = SERIAL
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (39.0, 54.0, 27.5), "E", (116.0, 23.0, 51.25)
    out = io.BytesIO()
    pixels = np.random.default_rng(3).integers(60, 190, (96, 128, 3), np.uint8)
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{XMP}</x:xmpmeta>'.encode()
    Image.fromarray(pixels).save(out, "JPEG", exif=exif, xmp=xmp, comment=AUTHOR.encode(), quality=90)
    made = out.getvalue()
    assert all(one.encode() in made for one in (SERIAL, MAKE, AUTHOR, XMP)), "the picture itself holds them"
    return made


def bytes_of(asked: Asked) -> bytes:
    """Return everything that one delivery said: path, query, headers and body, and the body without its escapes."""
    plain = json.dumps(json.loads(asked.body), ensure_ascii=False).encode()
    return b"\n".join(
        [asked.path.encode(), repr(asked.query).encode(), repr(asked.headers).encode(), asked.body, plain]
    )


def hits(vendor: Street, canaries: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return each canary that turned up, and in which delivery."""
    return [
        (name, str(number))
        for number, asked in enumerate(vendor.asked)
        for name, canary in canaries.items()
        if canary in bytes_of(asked)
    ]


def canaries(key: str, sha256s: Iterator[str]) -> dict[str, bytes]:
    secrets = {"service secret": SECRET, "password": PASSWORD.encode(), "hook key": key.encode()}
    beside = {"exif": b"Exif", "gps": b"GPS", "xmp": b"xmpmeta", "any": b"CANARY"}
    told = {"serial": SERIAL, "make": MAKE, "author": AUTHOR, "xmp words": XMP}
    people = {"words": WORDS, "phone": PHONE, "witness": WITNESS}
    texts = {name: one.encode() for name, one in (told | people).items()}
    return secrets | beside | texts | {f"hash {one[:6]}": one.encode() for one in sha256s}


def subscribe(town: Any) -> str:
    admin = town.who("tenant_admin")
    for one in town.client.as_(admin, "GET", "/v1/webhooks").json()["items"]:  # other suites have left their twenty
        town.client.as_(admin, "DELETE", f"/v1/webhooks/{one['id']}")
    asked = {"name": "wall", "url": URL}
    answer = town.client.as_(admin, "POST", "/v1/webhooks", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


def test_no_delivery_holds_a_canary(town: Any, spot: Any) -> None:
    content, key = photo(), subscribe(town)
    with street(lambda _asked: said({})) as vendor, ways(town, **{CLOUDEVENTS: Off(vendor.url)}):  # type: ignore[arg-type]
        file = File(town, spot())
        files = {"picture": ("CANARY.jpg", content, "image/jpeg")}
        sent = town.client.as_(town.who("patroller"), "POST", f"/v1/sites/{file.id}/pictures", files=files)
        shown = sent.json()["id"]
        file.done("note", "patroller", words=f"{WORDS} {PHONE}", shown=[shown])
        file.done("assign", person_id=str(town.who("patroller").id), why=f"{WORDS} {PHONE}")
        file.done("accept", "patroller")
        proof = {"lon": file.place[0], "lat": file.place[1], "accuracy_m": 5, "pictures": [shown]}
        file.done("arrive", "patroller", proof=proof | {"words": WORDS, "witness": WITNESS, "signed_by": [WITNESS]})
        file.done("verify", "patroller", true=True, code="digging", proof=proof | {"words": WORDS})
        assert town.report(town.who("resident"), spot(), f"{WORDS} {PHONE}").status_code == 201
        for _ in range(3):
            send(town)
        every = canaries(key, iter([hashlib.sha256(content).hexdigest(), shown]))
        kinds = {json.loads(one.body)["type"] for one in vendor.asked if one.body.startswith(b"{")}
        assert len(vendor.asked) >= 5, "real deliveries, one for each thing that happened"
        assert {"org.pipewarden.site.noted.v1", "org.pipewarden.site.arrived.v1"} <= kinds
        assert hits(vendor, every) == [], f"{len(vendor.asked)} deliveries against {len(every)} canaries"
        assert len(every) == 16


def test_a_delivery_that_holds_one_would_be_found() -> None:
    """The same look at a body that should never have left."""
    with street(lambda _asked: said({})) as vendor:
        body = json.dumps({"words": WORDS, "picture": SERIAL})
        message = Outgoing(UUID(int=7), CLOUDEVENTS, "", body, URL, "whsec_" + "a" * 32, datetime.now(UTC))
        assert Off(vendor.url).send(message, within_s=5.0).outcome is Outcome.ACCEPTED
        assert {name for name, _ in hits(vendor, canaries("no", iter([])))} == {"words", "serial", "any"}
