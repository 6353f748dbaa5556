"""The live socket: it carries topic names, never data."""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from journal.hub import hub

MOST_TOPICS = 50


class TopicConsumer(AsyncJsonWebsocketConsumer):
    """A browser sends {"watch": ["incident:42", …]} and is sent {"topic": "incident:42"} whenever one changes.

    {"live": false} says that the server itself has lost sight of changes, {"live": true} that it sees them again; the
    page then shows that its data may be old, and fetches everything once when it is live again.
    """

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(code=4401)
            return
        await self.accept()
        self.mailbox = hub.join()
        self.mailbox.put("live", {"live": await hub.wait_live(2.0)})
        self.mailbox.start(self.deliver)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        topics = content.get("watch") if isinstance(content, dict) else None
        if isinstance(topics, list) and all(isinstance(topic, str) for topic in topics):
            self.mailbox.topics = frozenset(topics[:MOST_TOPICS])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        try:
            await super().receive(text_data=text_data, bytes_data=bytes_data, **kwargs)
        except ValueError:
            await self.close(code=4400)

    async def deliver(self, message: dict[str, Any]) -> None:
        await self.send_json(message)

    async def disconnect(self, code: int) -> None:
        if mailbox := getattr(self, "mailbox", None):
            hub.leave(mailbox)
