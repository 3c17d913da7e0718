"""Every door that gives a picture: masked for everybody, whole only for who may, says why, and is written down."""

from __future__ import annotations

import base64
import io
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import clue_api
import cv2
import numpy as np
import pytest
import standby_api
from PIL import Image
from site_api import File
from sqlalchemy import text

from pipewarden.people.facts import Role
from pipewarden.perceive import service as perceive
from pipewarden.sense.facts import Decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = {"X-Reason": quote("向城管说明是谁在现场")}
CANARY = b"CANARY-SN-4711"
PAINT, STREET = 250, 120


class Painter:
    """A masking decoder that paints everything, so that a door that goes past it is seen."""

    def __init__(self) -> None:
        self.asked = 0

    def decode(self, picture: bytes, *, name: str, wanted: tuple[int, int]) -> Decoded:  # noqa: ARG002  the port's
        self.asked += 1
        rows, columns = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape[:2]
        return Decoded(np.full((rows, columns, 3), PAINT, np.uint8), columns, rows, 1.0, 1.0)


@pytest.fixture
def painter(town: Any) -> Iterator[Painter]:
    state, made = town.app.state, Painter()
    before = state.lens, state.bench, state.desk
    lens = perceive.Lens(state.lens.plain, made)
    state.lens = lens
    state.bench = replace(state.bench, showing=perceive.masked(lens))
    state.desk = replace(state.desk, showing=perceive.masked(lens))
    yield made
    state.lens, state.bench, state.desk = before


def picture() -> bytes:
    out, about = io.BytesIO(), Image.Exif()
    about[0x010F] = CANARY.decode()
    Image.fromarray(np.full((90, 160, 3), STREET, np.uint8)).save(out, "JPEG", exif=about, comment=CANARY)
    return out.getvalue()


def level(jpeg: bytes) -> int:
    """Return how bright the lower right corner is: paint or street."""
    assert jpeg[:2] == b"\xff\xd8"
    assert CANARY not in jpeg
    return int(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)[85, 155])


def is_masked(jpeg: bytes) -> bool:
    return abs(level(jpeg) - PAINT) < 10


def evidence_at(town: Any, spot: Any) -> str:
    one = town.alarm_at(town.who("patroller"), spot())
    sha = town.home.blobs.put(picture())
    with town.home.work() as work:
        work.session.execute(
            text("UPDATE dedupe_alarms SET evidence = :sha, evidence_box = '[10, 10, 40, 30]' WHERE id = :id"),
            {"sha": sha, "id": one},
        )
    return str(one)


@contextmanager
def written(town: Any) -> Iterator[list[Any]]:
    """Give the looks at originals that were put on record inside."""
    known = "SELECT reason, subject_kind FROM people_views WHERE what = 'original' ORDER BY seq"
    found: list[Any] = []
    with town.at(town.a) as work:
        before = len(work.session.execute(text(known)).all())
    yield found
    with town.at(town.a) as work:
        found += work.session.execute(text(known)).all()[before:]


def site_picture(town: Any, spot: Any) -> str:
    file = File(town, spot())
    files = {"picture": ("p.jpg", picture(), "image/jpeg")}
    sent = town.client.as_(town.who("patroller"), "POST", f"/v1/sites/{file.id}/pictures", files=files)
    file.done("note", "patroller", shown=[sent.json()["id"]])
    return f"/v1/sites/{file.id}/pictures/{sent.json()['id']}"


def clue_door(town: Any, alarm: str) -> str:
    clue_api.with_pictures(town, [alarm], town.home.blobs.put(picture()))
    return f"/v1/alarms/{alarm}/clues/{clue_api.first_clue(town, alarm)}/picture"


@pytest.fixture
def doors(town: Any, spot: Any, painter: Painter) -> dict[str, str]:
    assert painter.asked == 0
    alarm = evidence_at(town, spot)
    return {
        "alarm": f"/v1/alarms/{alarm}/evidence",
        "review": f"/v1/reviews/{alarm}/evidence",
        "clue": clue_door(town, alarm),
        "site": site_picture(town, spot),
    }


@pytest.mark.parametrize("door", ["alarm", "review", "clue", "site"])
@pytest.mark.parametrize("who", ["safety_manager", "dispatcher", "patroller", "auditor", "regulator"])
def test_every_role_that_sees_pictures_sees_them_masked(town: Any, doors: dict[str, str], door: str, who: str) -> None:
    answer = town.client.as_(town.who(who), "GET", doors[door])
    if door == "review" and who == "regulator":
        assert answer.status_code == 403  # reviews are the tenant's own
        return
    assert answer.status_code == 200, answer.text
    assert is_masked(answer.content)


@pytest.mark.parametrize("door", ["alarm", "review", "clue", "site"])
def test_an_original_needs_the_permission_and_a_reason_and_is_written_down(
    town: Any, doors: dict[str, str], door: str
) -> None:
    path = f"{doors[door]}?original=true"
    with written(town) as looks:
        for who in ("dispatcher", "patroller", "auditor", "regulator"):
            assert town.client.as_(town.who(who), "GET", path, headers=WHY).status_code == 403
        mute = town.client.as_(town.who("safety_manager"), "GET", path)
        assert (mute.status_code, mute.json()["field"]) == (422, "X-Reason")
        whole = town.client.as_(town.who("safety_manager"), "GET", path, headers=WHY)
    assert abs(level(whole.content) - STREET) < 10
    assert [tuple(one) for one in looks] == [("向城管说明是谁在现场", "picture")]


def test_the_picture_of_an_answer_to_a_task_is_masked(town: Any, spot: Any, painter: Painter) -> None:
    place, asker, worker = spot(), town.who("dispatcher"), town.person(Role.GRID_WORKER, area=town.east)
    task = standby_api.task(town, asker, place).json()["id"]
    assert standby_api.answer(town, worker, task, place, picture(), seen="nothing").status_code == 201
    (told,) = town.client.as_(asker, "GET", f"/v1/tasks/{task}/answers").json()["items"]
    shown = town.client.as_(asker, "GET", f"/v1/tasks/{task}/pictures/{told['picture']}")
    assert shown.status_code == 200, shown.text
    assert is_masked(shown.content)
    assert painter.asked == 1


def test_an_original_of_another_tenant_is_absent(town: Any, doors: dict[str, str]) -> None:
    for path in doors.values():
        answer = town.client.as_(town.who("safety_manager_b"), "GET", f"{path}?original=true", headers=WHY)
        assert answer.status_code == 404


def test_a_pack_and_its_paper_hold_masked_pictures_alone(town: Any, spot: Any, painter: Painter) -> None:
    site = site_picture(town, spot).split("/")[3]
    answer = town.client.as_(town.who("safety_manager"), "POST", f"/v1/sites/{site}/evidence-pack")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        held = {name: pack.read(name) for name in pack.namelist()}
    shown = [content for name, content in held.items() if name.startswith("pictures/")]
    assert shown
    assert all(is_masked(one) for one in shown)
    assert painter.asked == len(shown)
    assert [name for name, content in held.items() if CANARY in content] == []


def test_the_last_picture_of_a_camera_and_one_of_a_home_are_masked(town: Any, painter: Painter) -> None:
    device = town.device()
    data = {"camera": "cam-east", "picture": base64.b64encode(picture()).decode()}
    event = {"specversion": "1.0", "id": "masked-1", "source": "x", "type": "pipewarden.frame", "data": data}
    sent = town.client.as_(
        device, "POST", "/v1/observations", json=event, headers={"content-type": "application/cloudevents+json"}
    )
    assert sent.status_code == 201, sent.text
    with town.at(town.a) as work:
        camera = work.session.scalar(
            text("SELECT id FROM sense_cameras WHERE key = 'cam-east' AND tenant_id = :t"), {"t": town.a}
        )
    answer = town.client.as_(town.who("dispatcher"), "GET", f"/v1/cameras/{camera}/picture")
    assert answer.status_code == 200, answer.text
    assert is_masked(answer.content)
    resident = town.person(Role.RESIDENT)
    files = {"picture": ("p.jpg", picture(), "image/jpeg")}
    check = town.client.as_(resident, "POST", "/v1/indoor/checks", files=files)
    assert check.status_code == 201, check.text
    home = town.client.as_(resident, "GET", f"/v1/indoor/checks/{check.json()['id']}/picture")
    assert is_masked(home.content)
    assert painter.asked == 1, "the same picture drawn the same way comes from memory"


def test_nothing_beside_the_originals_holds_what_stood_beside_their_pixels(town: Any, doors: dict[str, str]) -> None:
    for path in doors.values():
        town.client.as_(town.who("safety_manager"), "GET", path)
    folder: Path = town.home.folder
    originals = town.home.blobs.root
    hits = [
        one
        for one in folder.rglob("*")
        if one.is_file() and not one.is_relative_to(originals) and CANARY in one.read_bytes()
    ]
    assert hits == []
    assert any(CANARY in one.read_bytes() for one in originals.rglob("*") if one.is_file()), "originals hold it"
    with town.home.factory.sessions() as session:
        dumped = session.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).scalars()
        for table in dumped:
            count = session.execute(
                text(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE :it'),  # noqa: S608  names of the catalogue
                {"it": f"%{CANARY.decode()}%"},
            ).scalar_one()
            assert count == 0, table


def test_only_named_places_look_past_the_masks() -> None:
    """Who shows pictures unmasked is a list that this test holds: a new place is a decision."""
    root = Path(perceive.__file__).parents[2]
    found = {
        (path.relative_to(root).as_posix(), way)
        for path in root.rglob("*.py")
        for way in ("perceive.at_the_machine(", "perceive.original(", "Showing(")
        if way in path.read_text(encoding="utf-8")
    }
    assert found == {
        ("main/scan.py", "perceive.at_the_machine("),
        ("dedupe/http/__init__.py", "perceive.original("),
        ("dedupe/http/clues.py", "perceive.original("),
        ("judge/http/reviews.py", "perceive.original("),
        ("casework/service/pictures.py", "perceive.original("),
        ("perceive/service/showing.py", "Showing("),
    }
