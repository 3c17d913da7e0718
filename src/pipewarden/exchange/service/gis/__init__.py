"""Our layers for other geographic systems: page by page, one feature, or all of it as a file."""

from pipewarden.exchange.service.gis.file import MOST_FEATURES, take_file
from pipewarden.exchange.service.gis.layers import feature, page, readable

__all__ = ["MOST_FEATURES", "feature", "page", "readable", "take_file"]
