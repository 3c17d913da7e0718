"""Pure geometry of a camera over flat ground, from its calibration to a box on it; and what the camera is worth."""

from pipewarden.locate.rules.calibration import Calibrated, PointsRefusedError, leave_one_out, solve
from pipewarden.locate.rules.commissioning import Spot, is_there, paste, spots
from pipewarden.locate.rules.eyes import Eye, judge_eye
from pipewarden.locate.rules.foot import FARTHEST_M, LARGEST_SIGMA_M, Stood, fits, stand
from pipewarden.locate.rules.ground import outlines, shape_of, together
from pipewarden.locate.rules.homography import Homography, fit, pixel_errors
from pipewarden.locate.rules.moving import about, pose_at, widened
from pipewarden.locate.rules.overlay import SureAt, distances, horizon, in_picture, sureness
from pipewarden.locate.rules.pose import Pose
from pipewarden.locate.rules.reading import NEEDED, ControlPoint, PoseReading, Reading, read
from pipewarden.locate.rules.said import LEAST_ACCURACY_M, NO_PLACE, UNSAID_ACCURACY_M, said_place
from pipewarden.locate.rules.seen import COVERED_SIGMA_M, seen_ring
from pipewarden.locate.rules.solve import least_squares
from pipewarden.locate.rules.trying import PointTried, Trial, Warn, few, trial

__all__ = [
    "COVERED_SIGMA_M",
    "FARTHEST_M",
    "LARGEST_SIGMA_M",
    "LEAST_ACCURACY_M",
    "NEEDED",
    "NO_PLACE",
    "UNSAID_ACCURACY_M",
    "Calibrated",
    "ControlPoint",
    "Eye",
    "Homography",
    "PointTried",
    "PointsRefusedError",
    "Pose",
    "PoseReading",
    "Reading",
    "Spot",
    "Stood",
    "SureAt",
    "Trial",
    "Warn",
    "about",
    "distances",
    "few",
    "fit",
    "fits",
    "horizon",
    "in_picture",
    "is_there",
    "judge_eye",
    "least_squares",
    "leave_one_out",
    "outlines",
    "paste",
    "pixel_errors",
    "pose_at",
    "read",
    "said_place",
    "seen_ring",
    "shape_of",
    "solve",
    "spots",
    "stand",
    "sureness",
    "together",
    "trial",
    "widened",
]
