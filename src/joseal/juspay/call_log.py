"""One record in the log for each call, and the caller's hook for metrics.

Rules:
- A record has the name of the call, its outcome, the HTTP status and the milliseconds; no id, no
  host and no text of the other side.
- A hook or a filter of the log that fails takes nothing away: the outcome of a payout must not be
  lost because a metric could not be counted.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias

CallHook: TypeAlias = Callable[[str, str, float], object]

_LOGGER: Final = logging.getLogger("joseal.juspay.calls")


def tell(name: str, kind: str, status: int | None, seconds: float, hook: CallHook | None) -> None:
    """Log one call, and tell the hook of it.

    Args:
        name: of the call, such as `attempt`.
        kind: of its outcome.
        status: the HTTP status, where there is one.
        seconds: that it took.
        hook: of the caller, or None.
    """
    # A filter of the application may fail too.
    with suppress(Exception):
        _LOGGER.info("%s %s %s %d ms", name, kind, status or "-", round(1000 * seconds))
    if hook is None:
        return
    try:
        hook(name, kind, seconds)
    except Exception:  # noqa: BLE001 - see above
        with suppress(Exception):
            _LOGGER.warning("on_call failed after %s", name)
