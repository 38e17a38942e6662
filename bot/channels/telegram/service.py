"""Runs the bot on Telegram: by webhook for service, by polling for one person trying it."""

import asyncio
import contextlib
import hmac
import logging
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot, BotCommand, Update
from telegram.error import Conflict, Forbidden, InvalidToken, NetworkError, TelegramError
from telegram.ext import AIORateLimiter, Application, TypeHandler
from telegram.request import HTTPXRequest

from bot.app import Helpline
from bot.channels.telegram.queue import ChatQueue
from bot.channels.telegram.sending import delete, send
from bot.channels.telegram.updates import Incoming, read_update
from bot.conversation.messages import Hide, Message, Reply
from bot.conversation.safety import screen
from bot.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

CHANNEL = "telegram"
POLL_SECONDS = 20  # how long one getUpdates waits for news
STALL_SECONDS = 90.0  # without a finished getUpdates for so long, polling has stalled
GROUP_INVITE_SECONDS = 60.0  # a group is invited at most once a minute
TRIM_SECONDS = 600.0
HEARTBEAT_SECONDS = (
    60.0  # `helpline health` finds a poller alive that was heard of within this time
)
MAX_UPDATE_BYTES = 1_000_000  # an update is a few kilobytes; files come by reference
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - Bot API, setWebhook
COMMANDS = {
    "zh": ("开始", "菜单", "语言", "隐私", "删除这里的一切", "收起聊天", "帮助"),
    "en": (
        "start",
        "menu",
        "language",
        "privacy",
        "delete everything here",
        "put the chat away",
        "help",
    ),
    "es": ("empezar", "menú", "idioma", "privacidad", "borrar todo", "guardar el chat", "ayuda"),
}
COMMAND_NAMES = ("start", "menu", "language", "privacy", "forget", "hide", "help")


class Telegram:
    """Between Telegram's updates and the application."""

    def __init__(self, helpline: Helpline) -> None:
        self.helpline = helpline
        self.queue: ChatQueue[Incoming] = ChatQueue(self._process, _is_text)
        self._invited: dict[int, float] = {}
        self.bot: Bot | None = None

    async def receive(self, update: Update, bot: Bot) -> None:
        """Returns when the turn is committed and answered. Raises StoreError if it was not."""
        self.bot = bot
        incoming = read_update(update, bot.username)
        if incoming is None:
            return
        if incoming.callback_id:
            # Answered before the work: a query that waits too long is refused by Telegram.
            with contextlib.suppress(TelegramError):
                await bot.answer_callback_query(incoming.callback_id)
        if incoming.kind == "left":
            await asyncio.to_thread(self.helpline.forget, CHANNEL, str(incoming.chat))
        elif incoming.kind == "group":
            await self._group(incoming, bot)
        elif incoming.message is not None:
            await self.queue.put(incoming.chat, incoming)

    async def _process(self, batch: Sequence[Incoming]) -> None:
        """One question, perhaps written in several messages."""
        assert self.bot is not None
        chat = batch[0].chat
        message = _joined(batch)
        answer = await asyncio.to_thread(
            self.helpline.answer,
            CHANNEL,
            str(chat),
            message,
            update_ids=[str(incoming.update_id) for incoming in batch],
        )
        if answer.duplicate:
            return
        ids = [incoming.message_id for incoming in batch if incoming.message_id]
        await self._deliver(self.bot, chat, answer.replies, ids, answer.turn.effects)

    async def _deliver(
        self,
        bot: Bot,
        chat: int,
        replies: Sequence[Reply],
        ids: list[int],
        effects: Sequence[object],
    ) -> None:
        store, name = self.helpline.store, self.helpline.store.pseudonym(CHANNEL, str(chat))
        try:
            if any(isinstance(effect, Hide) for effect in effects):
                earlier = await asyncio.to_thread(store.take_messages, name)
                await delete(bot, chat, [*earlier, *ids])
                ids = []
            sent = await send(bot, chat, replies)
        except Forbidden:
            # The person blocked the bot: nothing of them is kept.
            await asyncio.to_thread(self.helpline.forget, CHANNEL, str(chat))
            return
        except TelegramError as error:
            logger.error("a reply was not delivered: %s", type(error).__name__)
            return
        if not any(type(effect).__name__ == "Forget" for effect in effects):
            await asyncio.to_thread(
                store.add_messages, name, [*ids, *sent], self.helpline.settings.now()
            )

    async def _group(self, incoming: Incoming, bot: Bot) -> None:
        """In a group: the safety reply in danger, else an invitation to write alone."""
        text = incoming.message.text if incoming.message and incoming.message.kind == "text" else ""
        alarm = screen(text) if text else None
        with contextlib.suppress(TelegramError):
            if alarm and alarm.certain:
                replies = await asyncio.to_thread(self.helpline.safety_reply, alarm, text)
                await send(bot, incoming.chat, replies)
                return
            now = time.monotonic()
            if (
                not incoming.addressed
                or now - self._invited.get(incoming.chat, -1e9) < GROUP_INVITE_SECONDS
            ):
                return
            self._invited[incoming.chat] = now
            await send(bot, incoming.chat, (self.helpline.group_invitation(text),))


def _is_text(incoming: Incoming) -> bool:
    return (
        incoming.message is not None
        and incoming.message.kind == "text"
        and not incoming.message.edited
    )


def _joined(batch: Sequence[Incoming]) -> Message:
    messages = [incoming.message for incoming in batch if incoming.message]
    if len(messages) == 1:
        return messages[0]
    return Message("text", "\n".join(message.text for message in messages))


def build(
    settings: Settings, telegram: Telegram, *, polling: "Polling | None" = None
) -> Application[Any, Any, Any, Any, Any, Any]:
    """The application; it runs updates at once, the queue puts them in order."""
    builder = (
        Application.builder()
        .token(settings.telegram_token)
        .base_url(f"{settings.telegram_api.rstrip('/')}/bot")
        # Retries are off by default in the limiter; a 429 is normal and is waited out.
        .rate_limiter(AIORateLimiter(max_retries=3))
        .concurrent_updates(256)
    )
    proxy = settings.telegram_proxy or None
    builder = builder.request(HTTPXRequest(connection_pool_size=64, proxy=proxy))
    if polling:
        builder = builder.get_updates_request(polling.new_request(proxy))
    else:
        builder = builder.updater(None)
    application = builder.build()

    async def handle(update: Update, context: Any) -> None:
        await telegram.receive(update, context.bot)

    application.add_handler(TypeHandler(Update, handle))
    application.add_error_handler(_log_error)
    return application


async def _log_error(_: object, context: Any) -> None:
    # The kind alone: the text of an error may quote an update.
    logger.error("an update failed: %s", type(context.error).__name__)


class WatchedRequest(HTTPXRequest):
    """Notes when getUpdates last came back, so that a silent stall is noticed."""

    def __init__(self, proxy: str | None) -> None:
        super().__init__(connection_pool_size=1, proxy=proxy, read_timeout=POLL_SECONDS + 10)
        self.last_success = time.monotonic()

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if code == 200:
            self.last_success = time.monotonic()
        return code, payload


class Polling:
    """Polling with a watchdog: behind a proxy getUpdates can hang for ever without an error."""

    def __init__(
        self, settings: Settings, telegram: Telegram, stall_seconds: float = STALL_SECONDS
    ) -> None:
        self.settings = settings
        self.telegram = telegram
        self.stall_seconds = stall_seconds
        self.request: WatchedRequest | None = None
        self.conflict = asyncio.Event()

    def new_request(self, proxy: str | None) -> WatchedRequest:
        self.request = WatchedRequest(proxy)
        return self.request

    async def run(self) -> None:
        """Poll until cancelled; a stall is recovered from with a fresh application."""
        stalled = False
        while True:
            application = build(self.settings, self.telegram, polling=self)
            async with application:
                await _refuse_webhook(application.bot)
                await _introduce(application.bot)
                assert application.updater is not None
                await application.start()
                await application.updater.start_polling(
                    timeout=POLL_SECONDS,
                    allowed_updates=Update.ALL_TYPES,
                    error_callback=self._on_error,
                )
                if stalled:
                    await _tell_operator(
                        self.settings, application.bot, "polling had stalled and runs again"
                    )
                try:
                    stalled = await self._watch()
                finally:
                    with contextlib.suppress(Exception):
                        await asyncio.wait_for(application.updater.stop(), 10)
                    await application.stop()
            if self.conflict.is_set():
                raise SettingsError(
                    "another process polls with the same token (409): stop it, one poller at a time"
                )

    async def _watch(self) -> bool:
        """Returns True when polling has stalled; trims the store meanwhile."""
        assert self.request is not None
        trimmed = time.monotonic()
        while not self.conflict.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.conflict.wait(), min(1.0, self.stall_seconds / 4))
            if time.monotonic() - self.request.last_success > self.stall_seconds:
                logger.error(
                    "polling stalled: no getUpdates for %.0f s, starting afresh", self.stall_seconds
                )
                return True
            if time.monotonic() - self.request.last_success < HEARTBEAT_SECONDS:
                heartbeat_path(self.settings).touch()
            if time.monotonic() - trimmed > TRIM_SECONDS:
                trimmed = time.monotonic()
                await asyncio.to_thread(self.telegram.helpline.store.trim, self.settings.now())
        return False

    def _on_error(self, error: TelegramError) -> None:
        if isinstance(error, Conflict):
            self.conflict.set()
        else:
            logger.warning("getUpdates failed: %s", type(error).__name__)


async def _refuse_webhook(bot: Bot) -> None:
    """Polling would silently take the updates away from a running service."""
    info = await bot.get_webhook_info()
    if info.url:
        raise SettingsError(
            "this bot's token is in use by webhook. For polling remove the webhook first "
            "(deleteWebhook), or set HELPLINE_WEBHOOK_URL to serve by webhook."
        )


async def _introduce(bot: Bot) -> None:
    """The command list under the menu button, in each language; not vital."""
    for language, texts in COMMANDS.items():
        commands = [BotCommand(*pair) for pair in zip(COMMAND_NAMES, texts, strict=True)]
        with contextlib.suppress(TelegramError):
            await bot.set_my_commands(commands, language_code=language)
            if language == "en":
                await bot.set_my_commands(commands)


async def _tell_operator(settings: Settings, bot: Bot, text: str) -> None:
    if settings.telegram_operator_chat:
        with contextlib.suppress(TelegramError):
            await bot.send_message(settings.telegram_operator_chat, text)


def heartbeat_path(settings: Settings) -> Path:
    return settings.data_path / "heartbeat"


def is_healthy(settings: Settings) -> bool:
    """Whether the running service answers (webhook) or has polled lately (polling)."""
    if settings.webhook_url:
        port = settings.webhook_listen.rpartition(":")[2]
        try:
            return httpx.get(
                f"http://127.0.0.1:{port}/health", trust_env=False, timeout=5
            ).is_success
        except httpx.HTTPError:
            return False
    try:
        age = time.time() - heartbeat_path(settings).stat().st_mtime
    except FileNotFoundError:
        return False
    return age < HEARTBEAT_SECONDS


def webhook_app(settings: Settings, telegram: Telegram) -> Starlette:
    """The ASGI application: the webhook answers 200 only after the turn is committed."""
    application = build(settings, telegram)

    async def webhook(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), settings.webhook_secret.encode()):
            return PlainTextResponse("forbidden", 403)
        body = await request.body()
        if len(body) > MAX_UPDATE_BYTES:
            return PlainTextResponse("too large", 413)
        try:
            update = Update.de_json(await request.json(), application.bot)
        except (ValueError, TypeError, KeyError, AttributeError):
            return PlainTextResponse("not an update", 400)
        try:
            await telegram.receive(update, application.bot)
        except Exception as error:  # noqa: BLE001 - Telegram delivers the update again
            logger.error("an update was not committed: %s", type(error).__name__)
            return PlainTextResponse("try again", 503)
        return PlainTextResponse("ok")

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def trim() -> None:
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            await asyncio.to_thread(telegram.helpline.store.trim, settings.now())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with application:
            await application.bot.set_webhook(
                settings.webhook_url,
                secret_token=settings.webhook_secret,
                allowed_updates=Update.ALL_TYPES,
            )
            await _introduce(application.bot)
            trimming = asyncio.create_task(trim())
            yield
            trimming.cancel()

    path = urlsplit(settings.webhook_url).path or "/"
    routes = [Route(path, webhook, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=routes, lifespan=lifespan)


def serve(settings: Settings) -> None:
    """Raises SettingsError with the remedy for everything that must be set first."""
    if not settings.telegram_token:
        raise SettingsError(
            "no HELPLINE_TELEGRAM_TOKEN: ask @BotFather for one. 'make chat' works without it."
        )
    if settings.webhook_url:
        settings.check_service()
    helpline = Helpline(settings)
    warm_up = getattr(helpline.understand, "warm_up", None)
    if warm_up:
        warm_up()
    telegram = Telegram(helpline)
    try:
        if settings.webhook_url:
            import uvicorn

            host, _, port = settings.webhook_listen.rpartition(":")
            uvicorn.run(
                webhook_app(settings, telegram),
                host=host,
                port=int(port),
                log_config=None,
                access_log=False,
            )
        else:
            logger.info("polling; for a public service set HELPLINE_WEBHOOK_URL")
            asyncio.run(_poll(settings, telegram))
    except InvalidToken as error:
        raise SettingsError(
            "Telegram refuses HELPLINE_TELEGRAM_TOKEN: ask @BotFather for it again"
        ) from error
    except NetworkError as error:
        raise SettingsError(
            f"Telegram cannot be reached ({type(error).__name__}). In mainland China set "
            "HELPLINE_TELEGRAM_PROXY."
        ) from error
    except KeyboardInterrupt:
        pass
    finally:
        helpline.close()


async def _poll(settings: Settings, telegram: Telegram) -> None:
    await Polling(settings, telegram).run()
