"""Posts the sandbox's webhooks, from a separate thread, in order, until they are accepted.

Rules:
- If the response to a webhook is not 200, it is posted again with the same id and the same body, as
  the real API does; after some attempts it is given up.
- When the sandbox stops, queued webhooks are still posted, once.

Source: the webhook pages of the payouts API.
"""

import queue
import threading
from typing import Final

import msgspec
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from joseal.juspay.sandbox.orders import Event
from joseal.juspay.sandbox.webhook_target import Posted, WebhookTarget

_TRIES: Final = 5
_PAUSE_SECONDS: Final = 0.05
_TIMEOUT_SECONDS: Final = 5.0
_OK: Final = 200


class WebhookSender:
    """A thread that posts. It runs from its creation until `stop`."""

    def __init__(self, webhook: WebhookTarget, posted: list[Posted]) -> None:
        self._webhook = webhook
        self._posted = posted
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._number = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="joseal-sandbox-webhooks")
        self._thread.start()

    def notify(self, event: Event) -> None:
        """Queue a webhook, to be posted soon."""
        self._queue.put(event)

    def stop(self) -> None:
        """Post the queued webhooks, and wait for the thread to end."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        with PoolManager(retries=False, timeout=_TIMEOUT_SECONDS) as pool:
            while (event := self._queue.get()) is not None:
                self._number += 1
                self._posted.append(self._deliver(pool, event, f"{self._number:030x}"))

    def _deliver(self, pool: PoolManager, event: Event, number: str) -> Posted:
        body = msgspec.json.encode(
            {
                "id": number,
                "label": event.label,
                "value": event.value,
                "category": "INFO",
                "info": event.info,
            }
        )
        taken, posts, status = 0, 0, None
        while taken < self._webhook.copies and posts < _TRIES * self._webhook.copies:
            status = self._post(pool, body)
            posts += 1
            taken += status == _OK
            if status != _OK and self._stopping.wait(_PAUSE_SECONDS):
                break
        return Posted(number, event.label, event.value, status, posts)

    def _post(self, pool: PoolManager, body: bytes) -> int | None:
        try:
            return pool.request(
                "POST",
                self._webhook.url,
                body=body,
                headers=self._webhook.headers(),
                redirect=False,
            ).status
        except (HTTPError, OSError):
            return None
