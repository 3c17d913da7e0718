"""What a picture's own EXIF says of its time and place (JEITA CP-3451, GPS IFD); read where the pictures lie.

Only the uploader's side reads this: the server takes what was sent, and keeps positions with their own permission.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import GPS, IFD, Base

from pipewarden.sense.facts import Fix, FixSource

if TYPE_CHECKING:
    from datetime import tzinfo

_DEFAULT_M = 20.0  # of a phone that does not say
_TO_95 = 2.4477 / 1.5096  # GPSHPositioningError is what phones hold in 68 of 100 cases
_MAGNETIC_SIGMA = 13.0  # a compass's 10 degrees, and a declination nobody asked for (up to 9 in China)
_TRUE_SIGMA = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """When and where a picture says that it was taken; None where it does not say."""

    at: datetime | None
    fix: Fix | None


def read_told(picture: bytes, zone: tzinfo) -> Told:
    """Return what the EXIF says; what is damaged is silent.

    Args:
        picture: a JPEG, PNG, WebP or HEIC file; no pixel is decoded.
        zone: of the camera's clock, where the picture does not name one.
    """
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            exif = opened.getexif()
            main, places = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Told(None, None)
    return Told(_time(dict(exif) | main, places, zone), _fix(places))


def _time(main: dict[int, Any], places: dict[int, Any], zone: tzinfo) -> datetime | None:
    day, clock = places.get(GPS.GPSDateStamp), _three(places.get(GPS.GPSTimeStamp))
    try:
        if isinstance(day, str) and clock is not None:
            return datetime.strptime(day.strip("\0 "), "%Y:%m:%d").replace(tzinfo=UTC) + timedelta(
                hours=clock[0], minutes=clock[1], seconds=clock[2]
            )
        words = main.get(Base.DateTimeOriginal) or main.get(Base.DateTime)
        if not isinstance(words, str):
            return None
        offset = main.get(Base.OffsetTimeOriginal) or main.get(Base.OffsetTime)
        at = datetime.strptime(words.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
        if isinstance(offset, str):
            at = at.replace(tzinfo=datetime.strptime(offset.strip("\0 "), "%z").tzinfo)
        part = str(main.get(Base.SubsecTimeOriginal) or "0").strip("\0 ")
        return (at + timedelta(seconds=float(f"0.{part}"))).astimezone(UTC)
    except ValueError:
        return None


def _fix(places: dict[int, Any]) -> Fix | None:
    lat, lon = _three(places.get(GPS.GPSLatitude)), _three(places.get(GPS.GPSLongitude))
    if lat is None or lon is None:
        return None
    north = _degrees(lat) * (-1 if places.get(GPS.GPSLatitudeRef) == "S" else 1)
    east = _degrees(lon) * (-1 if places.get(GPS.GPSLongitudeRef) == "W" else 1)
    error, heading = _number(places.get(GPS.GPSHPositioningError)), _number(places.get(GPS.GPSImgDirection))
    true = places.get(GPS.GPSImgDirectionRef) == "T"
    if not (abs(north) <= 85 and abs(east) <= 180) or (north == 0 and east == 0):  # noqa: PLR2004  degrees; a dead receiver says 0, 0
        return None
    return Fix(
        lon=east,
        lat=north,
        accuracy_m=_DEFAULT_M if not error else min(error * _TO_95, 20_000.0),
        source=FixSource.PICTURE,
        heading_deg=None if heading is None or not abs(heading) <= 360 else heading,  # noqa: PLR2004  degrees
        sigma_deg=None if heading is None else _TRUE_SIGMA if true else _MAGNETIC_SIGMA,
    )


def _three(value: object) -> tuple[float, float, float] | None:
    if not isinstance(value, tuple) or len(value) != 3:  # noqa: PLR2004  degrees or hours, minutes, seconds
        return None
    numbers = [_number(one) for one in value]
    return None if None in numbers else (numbers[0] or 0.0, numbers[1] or 0.0, numbers[2] or 0.0)


def _degrees(parts: tuple[float, float, float]) -> float:
    return parts[0] + parts[1] / 60 + parts[2] / 3600


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None
