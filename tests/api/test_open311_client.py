"""A client library of PyPI (georeport 0.3.1) talks to the service; ``three`` and ``open311`` do not run on Python 3.

``three`` 0.8.0 imports ``itertools.ifilter``, ``open311`` 1.1 imports itself in Python 2's way; georeport only reads,
so what writes here is a form that is filled in as ``three`` fills it in, by requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from georeport import GeoReport
from open311_api import ROOT, form, look, photograph, sender, tenant_key

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = (116.72, 39.69)


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    line = [(HERE[0] - 0.05, HERE[1]), (HERE[0] + 0.05, HERE[1])]
    with town.network(town.a, {"pipe-client": line}):
        yield


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_georeport_lists_services_and_follows_a_request(town: Any, address: str, fmt: str) -> None:
    who, place = sender(town), (HERE[0] + (0.0 if fmt == "json" else 0.004), HERE[1])
    client = GeoReport(address + ROOT, jurisdiction=tenant_key(town, town.a), output_format=fmt)
    services = client.get_service_list()
    assert "digging" in {one["service_code"] for one in services}
    assert client.get_service_definition("digging")["service_code"] == "digging"
    answer = requests.post(f"{address}{ROOT}/requests.json", data=form(who, place, description="挖机"), timeout=30)
    assert answer.status_code == 200, answer.text
    made = answer.json()[0]["service_request_id"]
    town.drain()
    look(town)
    read = client.get_service_request(made)
    assert (read["service_request_id"], read["status"], read["description"]) == (made, "open", "挖机")
    several = client.get_service_requests(service_code="digging", status="open")
    several = several if isinstance(several, list) else [several]
    assert made in {one["service_request_id"] for one in several}


def test_what_is_wrong_raises_in_the_client(address: str) -> None:
    client = GeoReport(address + ROOT, jurisdiction="atlantis")
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_service_list()


def test_a_form_with_a_file_is_taken_as_three_sends_it(town: Any, address: str) -> None:
    """``three`` (Code for America) posts multipart with ``media``; the picture is served masked, without its EXIF."""
    picture = photograph()
    files = {"media": ("photo.jpg", picture, "image/jpeg")}
    said = form(sender(town), (HERE[0] + 0.008, HERE[1]), description="with a file")
    answer = requests.post(f"{address}{ROOT}/requests.xml", data=said, files=files, timeout=30)
    assert answer.status_code == 200, answer.text
    made = answer.text.partition("<service_request_id>")[2].partition("<")[0]
    look(town)
    client = GeoReport(address + ROOT, jurisdiction=tenant_key(town, town.a))
    url = client.get_service_request(made)["media_url"]
    assert url.endswith(f"/requests/{made}/pictures/1.jpg")
    path = url.partition(ROOT)[2]
    shown = requests.get(f"{address}{ROOT}{path}", params={"jurisdiction_id": client.jurisdiction}, timeout=60)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert b"Exif" in picture
    assert b"Exif" not in shown.content, "what the picture said of itself is gone"
    for wrong in ("2.jpg", "x.jpg", "0.jpg", "-1.jpg"):
        other = requests.get(
            f"{address}{ROOT}/requests/{made}/pictures/{wrong}",
            params={"jurisdiction_id": client.jurisdiction},
            timeout=30,
        )
        assert other.status_code == 404
