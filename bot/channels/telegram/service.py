"""Runs the bot on Telegram: by webhook for service, by polling for one person trying it."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot, BotCommand, Update
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.ext import AIORateLimiter, Application, TypeHandler
from telegram.request import HTTPXRequest

from bot.app import Helpline, RateLimiter, for_the_operator
from bot.channels.telegram.limits import MAX_FETCHED, MAX_TEXT
from bot.channels.telegram.queue import ChatQueue
from bot.channels.telegram.reminding import keep_reminding
from bot.channels.telegram.sending import delete, send
from bot.channels.telegram.updates import Incoming, SentFile, read_update
from bot.conversation.messages import Forget, Hide, Message, Received, Reply
from bot.conversation.safety import screen
from bot.log import failure
from bot.notices.pictures import MAX_BYTES
from bot.settings import Settings, SettingsError
from bot.store import StoreError

logger = logging.getLogger(__name__)

CHANNEL = "telegram"
POLL_SECONDS = 20  # how long one getUpdates waits for news
STALL_SECONDS = 90.0  # without a finished getUpdates for so long, polling has stalled
GROUP_INVITE_SECONDS = 60.0  # a group is invited at most once a minute
GROUP_HELP_PER_MINUTE = 3  # safety replies to one group: several people may be in danger
FETCHES_AT_ONCE = 2  # files in memory at the same time, up to 20 MB each
UPKEEP_SECONDS = 600.0
HEARTBEAT_SECONDS = 60.0  # `helpline health` finds a poller alive that was heard of within this
# After a stall the hung request of our own may still count as another poller for so long.
GRACE_SECONDS = 60.0
RETRY_SECONDS = (5.0, 15.0, 30.0, 60.0)  # between attempts to start polling again
STOP_SECONDS = 30.0
# What the bot answers; nothing else is asked for, so nothing else arrives.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
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
        self._helped = RateLimiter(GROUP_HELP_PER_MINUTE)
        self._fetching = asyncio.Semaphore(FETCHES_AT_ONCE)
        self.bot: Bot | None = None

    async def receive(self, update: Update, bot: Bot) -> None:
        """Returns when the turn is committed and answered. Raises StoreError if it was not."""
        self.bot = bot
        incoming = read_update(update, bot.username)
        if incoming is None:
            return
        if incoming.kind == "group":
            await self._group(incoming, bot)
        elif incoming.kind == "left":
            await self.queue.put(incoming.chat, incoming)
        elif incoming.message is not None:
            # Beside the work: a query that waits too long is refused by Telegram, and waiting for
            # its answer here would let a later message overtake this one.
            answering = asyncio.create_task(_acknowledge(bot, incoming.callback_id))
            await self.queue.put(incoming.chat, incoming)
            await answering

    async def _process(self, batch: Sequence[Incoming]) -> None:
        """One question, perhaps written in several messages."""
        assert self.bot is not None
        chat = batch[0].chat
        if batch[0].kind == "left":
            await asyncio.to_thread(self.helpline.forget, CHANNEL, str(chat))
            return
        batch = await asyncio.to_thread(self._new, batch)
        if not batch:
            return
        message = await asyncio.to_thread(_joined, batch)
        if len(batch) == 1 and batch[0].file:
            message = await self._with_file(self.bot, chat, message, batch[0].file)
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

    def _new(self, batch: Sequence[Incoming]) -> Sequence[Incoming]:
        """Without what was answered before or came twice, as it was written one after the other."""
        store, now = self.helpline.store, self.helpline.settings.now()
        by_id = {one.update_id: one for one in batch}
        return [
            by_id[update_id]
            for update_id in sorted(by_id)
            if store.is_new_update(CHANNEL, str(update_id), now)
        ]

    async def _with_file(self, bot: Bot, chat: int, message: Message, sent: SentFile) -> Message:
        """The message with what is wanted of its file: the fingerprint, or a picture to read."""
        picture = message.kind == "attachment" and sent.is_picture
        want = await asyncio.to_thread(self.helpline.wants, CHANNEL, str(chat), picture=picture)
        if not want:
            return message
        async with self._fetching:
            if want == "picture":
                data = await self._fetch(bot, sent, MAX_BYTES)
                return message if isinstance(data, str) else replace(message, image=data)
            data = await self._fetch(bot, sent, MAX_FETCHED)
            received = Received(sent.kind, changed=sent.changed, limit=MAX_FETCHED)
            if isinstance(data, str):
                return replace(message, file=replace(received, problem=data))
            if not data:
                return replace(message, file=replace(received, problem="empty"))
            digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            return replace(message, file=replace(received, sha256=digest, size=len(data)))

    async def _fetch(
        self, bot: Bot, sent: SentFile, limit: int
    ) -> bytes | Literal["large", "broken"]:
        """The bytes of a file, in memory only, or why they could not be had."""
        if sent.size > limit:
            return "large"
        try:
            file = await bot.get_file(sent.file_id)
            expected = file.file_size or sent.size
            if expected > limit:
                return "large"
            data = bytes(await file.download_as_bytearray())
        except TelegramError as error:
            logger.info("a file could not be fetched: %s", type(error).__name__)
            return "large" if "too big" in str(error) else "broken"
        if len(data) > limit:
            return "large"
        return data if len(data) == expected or not expected else "broken"

    async def _deliver(
        self,
        bot: Bot,
        chat: int,
        replies: Sequence[Reply],
        ids: list[int],
        effects: Sequence[object],
    ) -> None:
        """The turn is committed: what fails from here on is logged, and not done twice."""
        store, name = self.helpline.store, self.helpline.store.pseudonym(CHANNEL, str(chat))
        try:
            try:
                if any(isinstance(effect, Hide) for effect in effects):
                    earlier = await asyncio.to_thread(store.take_messages, name)
                    await delete(bot, chat, [*earlier, *ids])
                    ids = []
                await send(bot, chat, replies, ids)
            except Forbidden:
                # The person blocked the bot: nothing of them is kept.
                await asyncio.to_thread(self.helpline.forget, CHANNEL, str(chat))
                return
            except TelegramError as error:
                logger.error("a reply was not delivered: %s", failure(error))
            if not any(isinstance(effect, Forget) for effect in effects):
                await asyncio.to_thread(store.add_messages, name, ids, self.helpline.settings.now())
        except StoreError as error:
            logger.error("what /hide needs was not saved: %s", failure(error))

    async def _group(self, incoming: Incoming, bot: Bot) -> None:
        """In a group: the safety reply in danger, else an invitation to write alone."""
        text = incoming.message.text if incoming.message and incoming.message.kind == "text" else ""
        alarm = screen(text) if text else None
        if not await asyncio.to_thread(self._is_first, incoming):
            return
        with contextlib.suppress(TelegramError):
            if alarm and alarm.certain:
                if not self._helped.allows(str(incoming.chat)):
                    return  # the numbers already stand in this group, a few lines above
                replies = await asyncio.to_thread(self.helpline.safety_reply, alarm, text)
            elif incoming.addressed and self._invites(incoming.chat):
                replies = (await asyncio.to_thread(self.helpline.group_invitation, text),)
            else:
                return
            await send(bot, incoming.chat, replies)

    def _is_first(self, incoming: Incoming) -> bool:
        """Whether this update of a group was not seen before; from now on it was."""
        store, now = self.helpline.store, self.helpline.settings.now()
        number = str(incoming.update_id)
        try:
            if not store.is_new_update(CHANNEL, number, now):
                return False
            store.mark_update(CHANNEL, number, now)
        except StoreError as error:
            logger.error("an update of a group was not marked: %s", failure(error))
        return True

    async def upkeep(self, bot: Bot) -> None:
        """Deletes what is past its time, and tells the operator about the answers. For ever."""
        settings, told = self.helpline.settings, None
        while True:
            now = settings.now()
            try:
                await asyncio.to_thread(self.helpline.tidy)
                if told != now.date():
                    told = now.date()
                    content = await asyncio.to_thread(self.helpline.content)
                    for line in await asyncio.to_thread(for_the_operator, content, told):
                        logger.warning("%s", line)
                        await _tell_operator(settings, bot, line)
            except Exception as error:  # noqa: BLE001 - tried again; it must never end
                logger.error("upkeep failed: %s", failure(error))
            await asyncio.sleep(UPKEEP_SECONDS)

    def _invites(self, chat: int) -> bool:
        now = time.monotonic()
        self._invited = {
            group: at for group, at in self._invited.items() if now - at < GROUP_INVITE_SECONDS
        }
        if chat in self._invited:
            return False
        self._invited[chat] = now
        return True


async def _acknowledge(bot: Bot, callback_id: str) -> None:
    """Ends the waiting mark on a pressed button."""
    if callback_id:
        with contextlib.suppress(TelegramError):
            await bot.answer_callback_query(callback_id)


def _is_text(incoming: Incoming) -> bool:
    return (
        incoming.message is not None
        and incoming.message.kind == "text"
        and not incoming.message.edited
        and incoming.file is None
    )


def _joined(batch: Sequence[Incoming]) -> Message:
    messages = [incoming.message for incoming in batch if incoming.message]
    if len(messages) == 1:
        return messages[0]
    text = "\n".join(message.text for message in messages)
    if len(text) > MAX_TEXT:  # more than is read of one message: danger in its middle still counts
        alarming = (message for message in messages if screen(message.text))
        return next(alarming, Message("text", text))
    return Message("text", text)


def build(
    settings: Settings, telegram: Telegram, *, polling: "Polling | None" = None
) -> Application[Any, Any, Any, Any, Any, Any]:
    """The application; it runs updates at once, the queue puts them in order."""
    builder = (
        Application.builder()
        .token(settings.telegram_token)
        .base_url(f"{settings.telegram_api.rstrip('/')}/bot")
        .base_file_url(f"{settings.telegram_api.rstrip('/')}/file/bot")
        # Retries are off by default in the limiter; a 429 is normal and is waited out.
        .rate_limiter(AIORateLimiter(max_retries=3))
        .concurrent_updates(256)
    )
    proxy = settings.telegram_proxy or None
    # Behind a proxy connecting is slow, and many chats at once wait for a connection, not fail.
    builder = builder.request(
        HTTPXRequest(
            connection_pool_size=64,
            proxy=proxy,
            connect_timeout=10,
            read_timeout=15,
            pool_timeout=30,
        )
    )
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
    # Kind and place alone: the text of an error may quote an update.
    logger.error("an update failed: %s", failure(context.error))


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
        self._tolerant_until = 0.0

    def new_request(self, proxy: str | None) -> WatchedRequest:
        self.request = WatchedRequest(proxy)
        return self.request

    async def run(self) -> None:
        """Poll until cancelled; a stall is recovered from with a fresh application.

        Raises SettingsError or TelegramError where the first start fails; later ones are tried
        again, because a network that is down is why polling stalls.
        """
        polled = stalled = False
        failed = 0
        while True:
            application = build(self.settings, self.telegram, polling=self)
            try:
                async with application:
                    await _refuse_webhook(application.bot)
                    await _introduce(application.bot)
                    stalled = await self._poll(application, stalled)
                polled, failed = True, 0
            except NetworkError as error:
                if not polled:
                    raise
                pause = RETRY_SECONDS[min(failed, len(RETRY_SECONDS) - 1)]
                failed += 1
                logger.warning("polling cannot start: %s, again in %.0f s", failure(error), pause)
                await asyncio.sleep(pause)
            finally:
                # One that failed while it started has left its connections open.
                await application.bot.shutdown()
            if self.conflict.is_set():
                raise SettingsError(
                    "another process polls with the same token (409): stop it, one poller at a time"
                )

    async def _poll(
        self, application: Application[Any, Any, Any, Any, Any, Any], stalled: bool
    ) -> bool:
        """Until polling stalls (then True) or another poller shows. `stalled`: it did before."""
        assert application.updater is not None
        self._tolerant_until = time.monotonic() + (GRACE_SECONDS if stalled else 0)
        await application.start()
        try:
            await application.updater.start_polling(
                timeout=POLL_SECONDS,
                allowed_updates=ALLOWED_UPDATES,
                error_callback=self._on_error,
            )
            if stalled:
                text = "polling had stalled and runs again"
                await _tell_operator(self.settings, application.bot, text)
            return await self._watch(application.bot)
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(application.updater.stop(), STOP_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(application.stop(), STOP_SECONDS)

    async def _watch(self, bot: Bot) -> bool:
        """Returns True when polling has stalled; keeps the store tidy meanwhile."""
        assert self.request is not None
        upkeep = asyncio.create_task(self.telegram.upkeep(bot))
        reminding = asyncio.create_task(keep_reminding(self.telegram.helpline, bot))
        try:
            while not self.conflict.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.conflict.wait(), min(1.0, self.stall_seconds / 4))
                silent = time.monotonic() - self.request.last_success
                if silent > self.stall_seconds:
                    logger.error("polling stalled: no getUpdates for %.0f s", silent)
                    return True
                if silent < HEARTBEAT_SECONDS:
                    heartbeat_path(self.settings).touch()
            return False
        finally:
            upkeep.cancel()
            reminding.cancel()

    def _on_error(self, error: TelegramError) -> None:
        if not isinstance(error, Conflict):
            logger.warning("getUpdates failed: %s", type(error).__name__)
        elif time.monotonic() > self._tolerant_until:
            self.conflict.set()


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
        host, port = settings.listen
        here = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
        try:
            return httpx.get(f"http://{here}:{port}/health", trust_env=False, timeout=5).is_success
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
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return PlainTextResponse("not an update", 400)
        try:
            await telegram.receive(update, application.bot)
        except Exception as error:  # noqa: BLE001 - Telegram delivers the update again
            logger.error("an update was not committed: %s", failure(error))
            return PlainTextResponse("try again", 503)
        return PlainTextResponse("ok")

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with application:
            try:
                await application.bot.set_webhook(
                    settings.webhook_url,
                    secret_token=settings.webhook_secret,
                    allowed_updates=ALLOWED_UPDATES,
                )
            except BadRequest:
                logger.error("Telegram refuses the webhook: correct HELPLINE_WEBHOOK_URL")
                raise
            await _introduce(application.bot)
            upkeep = asyncio.create_task(telegram.upkeep(application.bot))
            reminding = asyncio.create_task(keep_reminding(telegram.helpline, application.bot))
            yield
            upkeep.cancel()
            reminding.cancel()

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

            # uvicorn prints what fails while it starts, the token included: ask Telegram first.
            asyncio.run(_reach(settings))
            host, port = settings.listen
            logger.info("serving by webhook on %s:%d", host, port)
            uvicorn.run(
                webhook_app(settings, telegram),
                host=host,
                port=port,
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


async def _reach(settings: Settings) -> None:
    """Raises InvalidToken or NetworkError where Telegram refuses the token or is out of reach."""
    request = HTTPXRequest(proxy=settings.telegram_proxy or None, connect_timeout=10)
    async with Bot(
        settings.telegram_token,
        base_url=f"{settings.telegram_api.rstrip('/')}/bot",
        request=request,
    ):
        pass
