"""The small parts of the channel, on everything that can arrive."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Update

from bot.channels.telegram.limits import length, split
from bot.channels.telegram.queue import ChatQueue
from bot.channels.telegram.updates import read_update

BOT = Bot("1:x")
WORDS = st.text(st.characters(codec="utf-8"), max_size=3000)


@given(WORDS, st.integers(min_value=10, max_value=400))
def test_a_long_text_is_cut_within_the_limit_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < length(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_text_is_cut_at_sense() -> None:
    text = "第一段话说完了。\n\n" + "第二段也说完了。" * 3
    assert split(text, 20)[0] == "第一段话说完了。"


def test_blanks_alone_make_no_empty_message() -> None:
    assert split(" " * 50, 10) == []
    assert all(split("字" * 9 + " " * 30 + "字", 10))


def test_half_a_surrogate_pair_is_counted_and_cut_like_a_character() -> None:
    assert length("a\ud800") == 2
    assert split("a\ud800" * 6, 10) == ["a\ud800" * 5, "a\ud800"]


async def test_items_of_a_chat_keep_their_order_and_texts_join() -> None:
    seen: list[list[str]] = []

    async def process(batch: Sequence[str]) -> None:
        await asyncio.sleep(0)
        seen.append(list(batch))

    queue = ChatQueue(process, str.islower, burst_seconds=0.05)
    await asyncio.gather(*(queue.put(1, item) for item in ("a", "b", "B", "C", "d")))
    assert seen == [["a", "b"], ["B"], ["C"], ["d"]]


async def test_an_item_that_fails_is_told_to_who_waits_and_the_next_one_runs() -> None:
    async def process(batch: Sequence[str]) -> None:
        if batch[0] == "bad":
            raise ValueError

    queue = ChatQueue(process, lambda item: False)
    results = await asyncio.gather(queue.put(1, "bad"), queue.put(1, "x"), return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert results[1] is None
    assert queue._workers == {}


@pytest.mark.parametrize(
    ("text", "kind", "read"),
    [
        ("/start", "command", "start"),
        ("/start from-a-link", "command", "start"),
        ("/MENU@the_bot", "command", "menu"),
        ("/menu@another_bot", "text", "/menu@another_bot"),
        ("/help 我不想活了", "text", "我不想活了"),
        ("/我不想活了", "text", "/我不想活了"),
        ("/ 收到传票", "text", "/ 收到传票"),
        ("\ud83d", "text", "\ufffd"),
    ],
)
def test_commands_are_told_from_words(text: str, kind: str, read: str) -> None:
    message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": text}
    incoming = read_update(Update.de_json({"update_id": 1, "message": message}, BOT), "the_bot")
    assert incoming is not None
    assert incoming.message is not None
    assert (incoming.message.kind, incoming.message.text) == (kind, read)
    assert text not in repr(incoming) or kind == "command"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "text",
                "caption",
                "photo",
                "sticker",
                "voice",
                "forward_origin",
                "entities",
                "contact",
            ]
        ),
        JSON,
        max_size=4,
    )
)
def test_odd_messages_are_read_or_refused_never_more(odd: dict[str, object]) -> None:
    message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, **odd}
    try:
        update = Update.de_json({"update_id": 1, "message": message}, BOT)
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # what the webhook answers with 400
    read_update(update, "bot")
