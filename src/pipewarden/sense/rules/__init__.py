"""Pure decisions of sense: what a header says, what a camera file and a sequence mean."""

from pipewarden.sense.rules.address import shown_address, without_address
from pipewarden.sense.rules.camera_file import parse_camera_file
from pipewarden.sense.rules.headers import MAX_BYTES, MAX_PIXELS, check_header, reduction, upright_size
from pipewarden.sense.rules.probing import PROBE_EVERY_S, is_lost, probed
from pipewarden.sense.rules.schedule import Cadence, is_first_sighting, judge, keeping, next_due, retry_s, settled
from pipewarden.sense.rules.sequences import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    Series,
    Step,
    natural_key,
    parse_seq_json,
    sample,
    stepped,
)
from pipewarden.sense.rules.track import Track, fix_at, own_digest, read_gpx

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "PICTURE_SUFFIXES",
    "PROBE_EVERY_S",
    "VIDEO_SUFFIXES",
    "Cadence",
    "Series",
    "Step",
    "Track",
    "check_header",
    "fix_at",
    "is_first_sighting",
    "is_lost",
    "judge",
    "keeping",
    "natural_key",
    "next_due",
    "own_digest",
    "parse_camera_file",
    "parse_seq_json",
    "probed",
    "read_gpx",
    "reduction",
    "retry_s",
    "sample",
    "settled",
    "shown_address",
    "stepped",
    "upright_size",
    "without_address",
]
