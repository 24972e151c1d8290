"""Lengths of time, for reading."""


def duration(seconds: float) -> str:
    """Rounded: "42 s", "7 min", "3 h 05 min"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
