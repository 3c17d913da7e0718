"""How our layers are described, asked for and written: OGC 17-069r4 (OGC API - Features Part 1: Core, 1.0.1)."""

from pipewarden.exchange.rules.gis.asked import box_asked, moment_asked
from pipewarden.exchange.rules.gis.layers import LAYERS
from pipewarden.exchange.rules.gis.written import collection_json, feature_json

__all__ = ["LAYERS", "box_asked", "collection_json", "feature_json", "moment_asked"]
