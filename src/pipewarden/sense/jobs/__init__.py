"""What sense does when time does: look at cameras, ask whether they answer, and let go of pictures nobody needs."""

from pipewarden.sense.jobs.looks import Eyes, sweep
from pipewarden.sense.jobs.probing import probe
from pipewarden.sense.jobs.thinning import drop_quiet, settle_screened

__all__ = ["Eyes", "drop_quiet", "probe", "settle_screened", "sweep"]
