from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.locate.facts import GroundPoint


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(-1, 1))
def test_sigma_is_the_error_along_the_worst_direction(ee: float, nn: float, rho: float):
    en = rho * float(np.sqrt(ee * nn))
    worst = float(np.sqrt(max(np.linalg.eigvalsh([[ee, en], [en, nn]])[-1], 0)))
    assert GroundPoint(0, 0, (ee, en, nn)).sigma_m == pytest.approx(worst, abs=1e-6)


def test_sigma_by_hand():
    assert GroundPoint(0, 0, (9.0, 0.0, 4.0)).sigma_m == 3
    assert GroundPoint(0, 0, (1.0, 1.0, 1.0)).sigma_m == pytest.approx(np.sqrt(2))
