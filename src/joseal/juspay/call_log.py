"""One log record for each call, and the caller's hook for metrics.

Rules:
- A record has the name of the call, its outcome, the HTTP status and the milliseconds, but no id,
  no host and no text from the other side.
- A hook or log filter that fails has no effect on the call: the outcome of a payout must not be
  lost because a metric could not be counted.
"""

import logging
from collections.abc import Callable
from typing import Final, TypeAlias

CallHook: TypeAlias = Callable[[str, str, float], object]

_RECORD: Final = "%s %s %s %d ms"
_LOGGER: Final = logging.getLogger("joseal.juspay.calls")


def tell(name: str, kind: str, status: int | None, seconds: float, hook: CallHook | None) -> None:
    """Log one call, and pass it to the hook.

    Args:
        name: the name of the call, such as `attempt`.
        kind: the kind of its outcome.
        status: the HTTP status, if there is one.
        seconds: how long it took.
        hook: the caller's hook, or None.
    """
    # The application's log filter may fail too.
    _runs(lambda: _LOGGER.info(_RECORD, name, kind, status or "-", round(1000 * seconds)))
    if hook is not None and not _runs(lambda: hook(name, kind, seconds)):
        _runs(lambda: _LOGGER.warning("on_call failed after %s", name))


def _runs(code: Callable[[], object]) -> bool:
    """Run the application's code, and return whether it succeeded."""
    try:
        code()
    except Exception:  # noqa: BLE001 - see above
        return False
    return True
