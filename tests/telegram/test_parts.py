"""The small parts of the channel, on everything that can arrive."""

from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Update

from bot.channels.telegram.limits import length, split
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
