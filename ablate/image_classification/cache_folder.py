"""Where a machine keeps what it need not fetch or compute again."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """The user's cache folder: `ablate` in XDG_CACHE_HOME, or in ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ablate"
