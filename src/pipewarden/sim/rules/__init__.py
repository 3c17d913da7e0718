"""Pure rules of the simulator: the district, its network, the pinhole camera, true zones, the truth file."""

from pipewarden.sim.rules.camera_files import camera_file, control_points
from pipewarden.sim.rules.district import ORIGIN, STREETS, heading_of, on_street, street
from pipewarden.sim.rules.network import SEED, long_distance_geojson, network_geojson
from pipewarden.sim.rules.pinhole import ground_at, project
from pipewarden.sim.rules.truth_file import parse_truth
from pipewarden.sim.rules.zones import TrueZone, true_zone

__all__ = [
    "ORIGIN",
    "SEED",
    "STREETS",
    "TrueZone",
    "camera_file",
    "control_points",
    "ground_at",
    "heading_of",
    "long_distance_geojson",
    "network_geojson",
    "on_street",
    "parse_truth",
    "project",
    "street",
    "true_zone",
]
