"""How a figure is written: seconds as they are read best, bytes as MiB."""

from bench.measure import Ratio


def shown(group: str, value: float) -> str:
    """Return a median with its unit; what the groups with memory or peaks count is bytes."""
    if "memory" in group or "peak" in group:
        return f"{value / 1024**2:.1f} MiB"
    return f"{value * 1e6:.1f} us" if value < 1e-3 else f"{value * 1e3:.2f} ms"


def noise(found: Ratio) -> str:
    """Mark a ratio whose halves say different things; nothing stands behind others."""
    return "" if found.is_steady else ", too noisy"
