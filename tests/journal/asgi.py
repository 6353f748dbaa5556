"""A browser's end of the live socket, in memory."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from config.asgi import application


class Socket:
    """Speaks ASGI's WebSocket messages with the whole application, session and origin checks included."""

    def __init__(self, cookie: str = "", origin: str = "http://testserver") -> None:
        headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
        if cookie:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        scope = {
            "type": "websocket",
            "path": "/ws/topics/",
            "headers": headers,
            "query_string": b"",
            "subprotocols": [],
        }
        self.application = ApplicationCommunicator(application, scope)

    async def connect(self, timeout: float = 10) -> dict[str, Any]:
        """The first answer: accepted or closed."""
        await self.application.send_input({"type": "websocket.connect"})
        return await self.application.receive_output(timeout)

    async def send(self, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        await self.application.send_input({"type": "websocket.receive", "text": text})

    async def receive(self, timeout: float = 10) -> Any:
        message = await self.application.receive_output(timeout)
        return json.loads(message["text"]) if message["type"] == "websocket.send" else message

    async def silent(self, seconds: float = 0.5) -> bool:
        return await self.application.receive_nothing(timeout=seconds)

    async def close(self) -> None:
        await self.application.send_input({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self.application.wait(10), 15)
