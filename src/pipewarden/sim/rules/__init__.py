"""Pure rules of the simulator: the city and its network, areas, the day and its score, pinhole camera, true zones."""

from pipewarden.sim.rules.areas import JURISDICTION, city_areas, city_compounds
from pipewarden.sim.rules.camera_files import camera_file, control_points
from pipewarden.sim.rules.city import CITY_STREETS, all_lines, street
from pipewarden.sim.rules.district import ORIGIN, STREETS, heading_of, on_street
from pipewarden.sim.rules.network import SEED, long_distance_geojson, network_geojson
from pipewarden.sim.rules.papers import open_sites, permitted_works
from pipewarden.sim.rules.pinhole import ground_at, project
from pipewarden.sim.rules.plan import true_look_alikes, true_reports, true_works
from pipewarden.sim.rules.route import bus_route
from pipewarden.sim.rules.score import score_day
from pipewarden.sim.rules.truth_file import parse_truth
from pipewarden.sim.rules.works import DAY_S, DAY_START, PEOPLE
from pipewarden.sim.rules.zones import TrueZone, true_zone

__all__ = [
    "CITY_STREETS",
    "DAY_S",
    "DAY_START",
    "JURISDICTION",
    "ORIGIN",
    "PEOPLE",
    "SEED",
    "STREETS",
    "TrueZone",
    "all_lines",
    "bus_route",
    "camera_file",
    "city_areas",
    "city_compounds",
    "control_points",
    "ground_at",
    "heading_of",
    "long_distance_geojson",
    "network_geojson",
    "on_street",
    "open_sites",
    "parse_truth",
    "permitted_works",
    "project",
    "score_day",
    "street",
    "true_look_alikes",
    "true_reports",
    "true_works",
    "true_zone",
]
