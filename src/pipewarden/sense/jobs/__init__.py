"""What sense does when time does: look at cameras that are due, and let go of pictures nobody needs."""

from pipewarden.sense.jobs.looks import Eyes, sweep
from pipewarden.sense.jobs.thinning import drop_quiet, settle_screened

__all__ = ["Eyes", "drop_quiet", "settle_screened", "sweep"]
