"""A stand-in for the Bot API on loopback that refuses what the real one refuses.

Limits and error texts follow core.telegram.org/bots/api; the suite presses the buttons it was sent.
"""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "123456:stand-in-token-for-tests"
BOT = {"id": 123456, "is_bot": True, "first_name": "Helpline", "username": "helpline_test_bot"}
MAX_TEXT = 4096
MAX_CALLBACK_BYTES = 64
MAX_BUTTONS = 100
MAX_DELETED = 100


@dataclass
class RefusedError(Exception):
    code: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


class StandIn:
    """One bot's side of Telegram. `sent` holds what the bot sent, `calls` every method."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.sent: list[dict[str, Any]] = []
        self.deleted: list[int] = []
        self.answered_callbacks: list[str] = []
        self.blocked: set[int] = set()
        self.files: dict[str, bytes] = {}
        self.webhook: dict[str, Any] = {"url": ""}
        self.fail_next: list[RefusedError] = []  # refusals for the next calls of sendMessage
        self.hang_polls = False
        self.down = False  # nothing but errors, as from a gateway
        self._updates: list[dict[str, Any]] = []
        self._next = defaultdict(lambda: 1, update=100, message=1000)
        self._polls = 0
        self._changed = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server = self._thread = None
        self.port = 0

    # Life

    def __enter__(self) -> "StandIn":
        config = uvicorn.Config(
            Starlette(
                routes=[
                    Route("/file/bot{token}/{path}", self._file),
                    Route("/bot{token}/{method}", self._handle, methods=["GET", "POST"]),
                ]
            ),
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_polls = False
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # The person's side

    def update(self, **content: Any) -> dict[str, Any]:
        self._next["update"] += 1
        return {"update_id": self._next["update"], **content}

    def message(self, chat: int = 1, *, group: bool = False, **content: Any) -> dict[str, Any]:
        self._next["message"] += 1
        kind = {"type": "group", "title": "g"} if group else {"type": "private", "first_name": "P"}
        return {
            "message_id": self._next["message"],
            "date": 1_790_000_000,
            "chat": {"id": chat, **kind},
            "from": {"id": abs(chat), "is_bot": False, "first_name": "P"},
            **content,
        }

    def text(self, text: str, chat: int = 1, **more: Any) -> dict[str, Any]:
        entities = []
        if text.startswith("/"):
            entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return self.update(message=self.message(chat, text=text, entities=entities, **more))

    def press(self, data: str, chat: int = 1) -> dict[str, Any]:
        self._next["callback"] += 1
        message = self.message(chat, text="x") | {"from": BOT}
        person = {"id": chat, "is_bot": False, "first_name": "P"}
        query = {
            "id": str(self._next["callback"]),
            "from": person,
            "message": message,
            "data": data,
            "chat_instance": "1",
        }
        return self.update(callback_query=query)

    def push(self, *updates: dict[str, Any]) -> None:
        """Offer updates to getUpdates."""
        with self._changed:
            self._updates.extend(updates)
            self._changed.notify_all()

    def wait(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        with self._changed:
            assert self._changed.wait_for(condition, seconds), (
                f"sent: {[m.get('text', '')[:40] for m in self.sent]}"
            )
            return condition()

    def texts(self, chat: int = 1) -> list[str]:
        return [message.get("text", "") for message in self.sent if message["chat_id"] == chat]

    def methods(self, name: str) -> list[dict[str, Any]]:
        """The arguments of every call of one method."""
        return [arguments for method, arguments in list(self.calls) if method == name]

    def buttons(self, chat: int = 1) -> dict[str, str]:
        """Label to payload of the last keyboard this chat was sent."""
        for message in reversed(self.sent):
            if message["chat_id"] == chat and message.get("reply_markup"):
                return {
                    key["text"]: key["callback_data"]
                    for row in message["reply_markup"]["inline_keyboard"]
                    for key in row
                }
        return {}

    # The bot's side

    async def _handle(self, request: Request) -> JSONResponse:
        method = request.path_params["method"]
        form = (
            dict(await request.form()) if request.method == "POST" else dict(request.query_params)
        )
        arguments = {name: _decode(value) for name, value in form.items()}
        try:
            if self.down:
                raise RefusedError(502, "Bad Gateway")
            if request.path_params["token"] != TOKEN:
                raise RefusedError(401, "Unauthorized")
            result = await self._answer(method, arguments)
        except RefusedError as refusal:
            with self._changed:
                self.calls.append((method, arguments))
                self._changed.notify_all()
            body = {"ok": False, "error_code": refusal.code, "description": refusal.description}
            if refusal.parameters:
                body["parameters"] = refusal.parameters
            return JSONResponse(body, refusal.code)
        with self._changed:
            self.calls.append((method, arguments))
            self._changed.notify_all()
        return JSONResponse({"ok": True, "result": result})

    async def _answer(self, method: str, arguments: dict[str, Any]) -> Any:
        handler = getattr(self, f"_do_{method}", None)
        if handler is None:
            raise RefusedError(404, f"Not Found: method {method}")
        done = handler(arguments)
        return await done if asyncio.iscoroutine(done) else done

    async def _file(self, request: Request) -> Response:
        return Response(self.files[request.path_params["path"]])

    def _do_getFile(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        file_id = arguments["file_id"]
        return {
            "file_id": file_id,
            "file_unique_id": "u",
            "file_path": file_id,
            "file_size": len(self.files[file_id]),
        }

    def _do_getMe(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return BOT | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _do_setMyCommands(self, _: dict[str, Any]) -> bool:  # noqa: N802
        return True

    def _do_getWebhookInfo(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self.webhook | {"has_custom_certificate": False, "pending_update_count": 0}

    def _do_setWebhook(self, arguments: dict[str, Any]) -> bool:  # noqa: N802
        if not str(arguments.get("url", "")).startswith("https://"):
            raise RefusedError(
                400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
            )
        self.webhook = {"url": arguments["url"], "secret_token": arguments.get("secret_token", "")}
        return True

    def _do_deleteWebhook(self, _: dict[str, Any]) -> bool:  # noqa: N802
        self.webhook = {"url": ""}
        return True

    async def _do_getUpdates(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        if self.webhook["url"]:
            raise RefusedError(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._polls:
            raise RefusedError(409, "Conflict: terminated by other getUpdates request")
        self._polls += 1
        try:
            offset, timeout = int(arguments.get("offset", 0)), float(arguments.get("timeout", 0))
            waited = 0.0
            while True:
                with self._changed:
                    self._updates = [one for one in self._updates if one["update_id"] >= offset]
                    ready = list(self._updates[:100])
                if ready and not self.hang_polls:
                    return ready
                if waited >= timeout and not self.hang_polls:
                    return []
                await asyncio.sleep(0.02)
                waited += 0.02
        finally:
            self._polls -= 1

    def _do_sendMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.fail_next:
            raise self.fail_next.pop(0)
        text = arguments.get("text", "")
        if not text.strip():
            raise RefusedError(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > MAX_TEXT:
            raise RefusedError(400, "Bad Request: message is too long")
        self._check_markup(arguments.get("reply_markup"))
        return self._send(arguments)

    def _do_sendDocument(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if len(arguments.get("caption") or "") > 1024:
            raise RefusedError(400, "Bad Request: message caption is too long")
        return self._send(arguments)

    def _send(self, arguments: dict[str, Any]) -> dict[str, Any]:
        chat = int(arguments["chat_id"])
        if chat in self.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        with self._changed:
            self._next["message"] += 1
            message_id = self._next["message"]
            self.sent.append({**arguments, "chat_id": chat, "message_id": message_id})
        kind = (
            {"type": "private", "first_name": "P"} if chat > 0 else {"type": "group", "title": "g"}
        )
        return {
            "message_id": message_id,
            "date": 1_790_000_000,
            "chat": {"id": chat, **kind},
            "from": BOT,
            "text": str(arguments.get("text", "")),
        }

    def _check_markup(self, markup: Any) -> None:
        keys = [key for row in (markup or {}).get("inline_keyboard", []) for key in row]
        if len(keys) > MAX_BUTTONS:
            raise RefusedError(400, "Bad Request: reply markup is too long")
        for key in keys:
            if not key["text"].strip():
                raise RefusedError(
                    400, "Bad Request: text buttons are unallowed in the inline keyboard"
                )
            if not 1 <= len(key["callback_data"].encode()) <= MAX_CALLBACK_BYTES:
                raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")

    def _do_answerCallbackQuery(self, arguments: dict[str, Any]) -> bool:  # noqa: N802
        self.answered_callbacks.append(arguments["callback_query_id"])
        return True

    def _do_deleteMessages(self, arguments: dict[str, Any]) -> bool:  # noqa: N802
        ids = arguments["message_ids"]
        if not 1 <= len(ids) <= MAX_DELETED:
            raise RefusedError(400, "Bad Request: wrong number of message identifiers")
        self.deleted.extend(ids)
        return True

    def _do_deleteMessage(self, arguments: dict[str, Any]) -> bool:  # noqa: N802
        self.deleted.append(int(arguments["message_id"]))
        return True


def _decode(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    return decoded if isinstance(decoded, (dict, list)) else value
