"""A question list from its pictures to its money, through the real endpoint's code and a vision model that is a fake.

The fake decodes the picture that arrives on the wire: what it says follows from what left the house, and nothing else.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import cv2
import foundry_api
import foundry_town
import numpy as np
import pytest
from foundry_town import QUESTIONS, coloured, flat
from vision_fake import KEY, KINDS, Wire, image_id, serve, words_of
from vision_site import settings

from pipewarden.inference import service as inference
from pipewarden.inference.adapters.openai import open_endpoint
from pipewarden.inference.facts import VisionPolicy
from pipewarden.main import foundry
from pipewarden.market.jobs import foundry as jobs
from pipewarden.market.jobs import rounds
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pipewarden.market.service.runners import Runners
    from pipewarden.sense.facts import Decoded

GREEN = (0, 255, 0)
PATCH = 8


class Masking(foundry_town.Decoder):
    """Paints a green patch where a face would be: whatever passes here can be told from what does not."""

    def decode(self, picture: bytes, *, name: str, wanted: tuple[int, int]) -> Decoded:
        found = foundry_town.Decoder.decode(self, picture, name=name, wanted=wanted)
        found.pixels[:PATCH, :PATCH] = GREEN
        return found


def pictures(request: dict[str, Any]) -> list[Any]:
    """Return the pictures of a request as pixels."""
    parts = [
        part for message in request["messages"] if isinstance(message["content"], list) for part in message["content"]
    ]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    raw = [np.frombuffer(base64.b64decode(one.split(",", 1)[1]), np.uint8) for one in urls]
    return [cv2.imdecode(one, cv2.IMREAD_COLOR) for one in raw]


def look(wire: Wire, request: dict[str, Any]) -> None:
    """Say rust where the picture is red; of a dark one that nothing can be seen."""
    (pixels,) = pictures(request)
    blue, _, red = pixels[PATCH:, PATCH:].reshape(-1, 3).mean(axis=0)
    said = (
        {"rust": "yes" if red > blue else "no", "cover": "no"}
        if max(red, blue) > 60
        else {"rust": "unclear", "cover": "unclear"}
    )
    common = {"image_id": image_id(request), "box": [0.1, 0.1, 0.5, 0.5], "text_in_picture": "", "reason": "colour"}
    wire.chat(json.dumps(common | said))


def ask(town: Any, who: Any, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = town.client.as_(who, method, f"/v1/capabilities{path}", **more)
    assert answer.status_code == status, answer.text
    return answer.json()


def called(town: Any, runners: Runners, slug: str, request_id: str, picture: bytes) -> Any:
    """Call it, let the worker answer, and return what the address says that the 202 named."""
    files = {"request_id": (None, request_id), "picture": ("p.png", picture, "image/png")}
    manager = town.who("safety_manager")
    first = town.client.as_(manager, "POST", f"/v1/capabilities/{slug}/invoke", files=files)
    assert (first.status_code, first.json()["state"]) == (202, "waiting"), first.text
    jobs.answer_waiting(town.home.factory.begin, runners)
    return town.client.as_(manager, "GET", first.headers["location"]).json()


@pytest.fixture
def slug(town: Any) -> str:
    """A question list with ten pictures: five red ones, four blue ones, and a blue one that its author calls rusty."""
    foundry_api.cheap(town)
    author = town.people["vision author"] = town.person(Role.EXPERT)
    made = foundry_api.slug_of("rust")
    body = {"slug": made, "kind": "questions", "title": "锈蚀问题清单", "content": QUESTIONS}
    ask(town, author, "POST", "", 201, json=body)
    for number in range(10):
        label = "rust=yes,cover=no" if number < 6 else "rust=no"
        files = {
            "picture": ("p.png", coloured(number, machine=number < 5), "image/png"),
            "label": (None, label),
            "purpose": (None, "frozen"),
        }
        ask(town, author, "POST", f"/{made}/examples", 201, files=files)
    return made


def test_a_question_list_is_measured_sold_and_paid_through_a_vision_endpoint(town: Any, slug: str) -> None:
    author, admin = town.people["vision author"], town.who("tenant_admin")
    first, showing = f"/{slug}/versions/1", perceive.only_masked(Masking())
    with serve(look) as fake, open_endpoint(settings(fake.url)) as endpoint:
        assert endpoint.about is not None
        with town.at(town.a) as work:
            policy = VisionPolicy((endpoint.about.endpoint,), 10**9, 6000)
            inference.set_vision_policy(work, people.operator(town.a), policy)
        decoder: Any = foundry_town.Decoder()
        runners = foundry.runners_of(town.home, lambda: foundry_town.NETS, decoder, showing, inference.Door(endpoint))

        # measured on its own pictures
        assert ask(town, author, "POST", f"{first}/evaluate", json={})["waiting"] == 10
        jobs.answer_waiting(town.home.factory.begin, runners)
        done = ask(town, author, "POST", f"{first}/evaluate", json={})
        frozen = done["version"]["figures"]["frozen"]
        assert (done["waiting"], frozen["right"]["hits"], frozen["right"]["of"]) == (0, 15, 16)
        assert done["version"]["figures"]["wrong"] == ["rust: no instead of yes"]
        assert (done["version"]["card"]["data"]["asked"], len(fake.asked)) == ("test-vl", 10)

        # what left the house: the words of the list and a masked picture, the key in its header alone
        assert all("有锈蚀吗？" in words_of(one) and KEY not in json.dumps(one) for one in fake.asked)
        assert {one["Authorization"] for one in fake.headers} == {f"Bearer {KEY}"}

        # reviewed, sold
        for _ in range(2):
            ask(town, town.person(Role.EXPERT), "POST", f"{first}/review", json={"accept": True, "words": "看过"})
        ask(town, author, "POST", f"{first}/price", json={"price": "0.13"})
        ask(town, admin, "POST", f"{first}/canary", json={"percent": 20})
        receipt = {"asset": "CNY", "amount": "1.00", "number": str(uuid4()), "value_date": "2026-11-20"}
        assert town.client.as_(admin, "POST", "/v1/finance/deposits", json=receipt).status_code == 201
        ask(town, admin, "POST", f"/{slug}/demands", 201, json={"title": slug, "wanted": 9, "budget": "1.00"})

        # called: answered and paid, an abstention too; what failed costs nothing and is asked again by the same id
        red, dark, other = (flat(shade, 10, 10, side=64) for shade in (200, 20, 150))
        said = called(town, runners, slug, "red", red)
        assert (said["answer"]["answers"], said["abstained"]) == ({"rust": "yes", "cover": "no"}, False)
        assert (said["said_by"], said["price"]["units"]) == ("test-vl", 1300)
        assert pictures(fake.asked[-1])[0][:4, :4, 1].min() > 200, "the masked copy, not the picture, was sent"
        assert called(town, runners, slug, "dark", dark)["abstained"]
        fake.behave = KINDS["500"][0]
        failed = called(town, runners, slug, "again", other)
        assert (failed["state"], failed["price"]["units"]) == ("failed", 0)
        assert "server" in failed["problem"]
        fake.behave = look
        assert called(town, runners, slug, "again", other)["price"]["units"] == 1300
    (demand,) = ask(town, admin, "GET", f"/{slug}/demands")["items"]
    assert (demand["taken"], demand["left"]["units"]) == (3, 10_000 - 3 * 1300)
    rounds.settle_meters(town.home.factory.begin)
    assert town.client.as_(admin, "GET", "/v1/metering").json()["difference"]["units"] == 0
    wallet = town.client.as_(author, "GET", "/v1/wallet").json()
    assert "0.2730" in json.dumps(wallet), "three calls at 0.13, seven tenths of each"
