"""One open river for the module: models, decoder child and a database of its own."""

from collections.abc import Iterator

import pytest
from audited_house import house, whole_house  # noqa: F401  fixtures
from replayed import lived  # noqa: F401  a fixture

from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.river import River, open_river


@pytest.fixture(scope="session")
def river() -> Iterator[River]:
    """The real river on a temporary home; tests use tenants of their own."""
    with open_home(Settings(), temporary=True) as home, open_river(home) as made:
        yield made
