"""What a picture's own EXIF says of its time and place, and its silence where it says nothing believable."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from pipewarden.sense.adapters.told import read_told
from pipewarden.sense.facts import FixSource

LANGFANG = ZoneInfo("Asia/Shanghai")
PLACE = {
    GPS.GPSLatitudeRef: "N",
    GPS.GPSLatitude: (39.0, 30.0, 36.0),
    GPS.GPSLongitudeRef: "E",
    GPS.GPSLongitude: (116.0, 42.0, 0.0),
}


def picture(places: dict[int, Any] | None = None, main: dict[int, Any] | None = None) -> bytes:
    made = Image.new("RGB", (16, 16), "grey")
    exif = made.getexif()
    exif.get_ifd(IFD.Exif).update(main or {})
    exif.get_ifd(IFD.GPSInfo).update(places or {})
    out = io.BytesIO()
    made.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_phones_picture_says_when_where_and_which_way() -> None:
    places = PLACE | {
        GPS.GPSDateStamp: "2026:07:12",
        GPS.GPSTimeStamp: (1.0, 2.0, 3.0),
        GPS.GPSHPositioningError: 5.0,
        GPS.GPSImgDirectionRef: "T",
        GPS.GPSImgDirection: 271.5,
    }
    told = read_told(picture(places, {Base.DateTimeOriginal: "2026:07:12 12:00:00"}), LANGFANG)
    assert told.at == datetime(2026, 7, 12, 1, 2, 3, tzinfo=UTC)  # the satellites' clock, not the camera's
    assert told.fix is not None
    assert (told.fix.lon, told.fix.lat) == pytest.approx((116.7, 39.51))
    assert told.fix.accuracy_m == pytest.approx(5.0 * 2.4477 / 1.5096)
    assert (told.fix.heading_deg, told.fix.sigma_deg) == (271.5, 10.0)
    assert told.fix.source is FixSource.PICTURE


def test_a_magnetic_heading_is_less_sure_and_the_south_and_west_are_negative() -> None:
    told = read_told(
        picture(PLACE | {GPS.GPSLatitudeRef: "S", GPS.GPSLongitudeRef: "W", GPS.GPSImgDirection: 10.0}), LANGFANG
    )
    assert told.fix is not None
    assert (told.fix.lon, told.fix.lat) == pytest.approx((-116.7, -39.51))
    assert told.fix.sigma_deg == 13.0
    assert told.fix.accuracy_m == 20.0


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ({Base.DateTimeOriginal: "2026:07:12 09:00:00"}, datetime(2026, 7, 12, 1, 0, tzinfo=UTC)),
        (
            {Base.DateTimeOriginal: "2026:07:12 09:00:00", Base.OffsetTimeOriginal: "+00:00"},
            datetime(2026, 7, 12, 9, 0, tzinfo=UTC),
        ),
        (
            {Base.DateTimeOriginal: "2026:07:12 09:00:00", Base.SubsecTimeOriginal: "25"},
            datetime(2026, 7, 12, 1, 0, 0, 250_000, tzinfo=UTC),
        ),
        ({Base.DateTimeOriginal: "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_cameras_clock_is_in_its_zone_unless_the_picture_names_one(
    main: dict[int, Any], expected: datetime | None
) -> None:
    assert read_told(picture(main=main), LANGFANG).at == expected


@pytest.mark.parametrize(
    "places",
    [
        {},
        PLACE | {GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)},
        PLACE | {GPS.GPSLatitude: (95.0, 0.0, 0.0)},
    ],
)
def test_no_place_is_no_place(places: dict[int, Any]) -> None:
    assert read_told(picture(places), LANGFANG).fix is None


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:40]])
def test_what_is_damaged_is_silent(content: bytes) -> None:
    assert read_told(content, LANGFANG).at is None
