"""How trials are run, and where: nothing of it changes what comes out."""

from pathlib import Path
from typing import NamedTuple

from ablate.tuning.progress import ProgressListener, Silent
from ablate.tuning.resources import NO_WISH, ResourceWish


class Running(NamedTuple):
    """What a user says of it beside the study; by default, all that this machine has."""

    resources: ResourceWish = NO_WISH
    """Of a trial; what is left open is one CPU, and where there are GPUs one of them."""
    max_concurrent: int | None = None
    """Trials at a time; None: as many as fit."""
    address: str | None = None
    """Of a Ray cluster to join; None starts a private one."""
    connected: bool = False
    """Run on the Ray that this process is connected to, in place of `address`."""
    data_dir: Path | None = None
    """Where data sets are looked for first."""
    progress: ProgressListener = Silent()


AS_IT_IS = Running()
