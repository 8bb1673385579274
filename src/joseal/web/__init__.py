"""The server side of an API: middleware that decrypts requests and encrypts answers by a profile.

A web application behind it sees plain bodies. A body that is not encrypted as the profile says
never reaches the application. Its answers are encrypted, if the profile says how.

- `AsgiMiddleware` for Starlette, FastAPI and every other ASGI application.
- `WsgiMiddleware` for Flask, Django and every other WSGI application.
- `Exchange` is the part that both share, for any other kind of server.

Nothing here may read a socket or name a framework.

Source: the ASGI specification 3.0, PEP 3333, RFC 9110.
"""

from joseal.web.asgi import AsgiMiddleware
from joseal.web.exchange import Exchange, Refusal
from joseal.web.wsgi import WsgiMiddleware

__all__ = ["AsgiMiddleware", "Exchange", "Refusal", "WsgiMiddleware"]
