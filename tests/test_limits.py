"""How many messages are answered: counted rightly also when threads count at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.app import MESSAGES_PER_MINUTE, Helpline, RateLimiter
from bot.conversation.messages import Message
from bot.settings import Settings
from tests.conftest import understood


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_a_minute_and_one_word_about_it() -> None:
    clock = Clock()
    limiter = RateLimiter(2, clock)
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    assert limiter.is_full("a")
    assert not limiter.is_full("b")
    assert [limiter.tells("a"), limiter.tells("a")] == [True, False]
    clock.now = 60
    assert not limiter.is_full("a")
    assert limiter.allows("a")
    assert limiter.tells("a")


def test_asking_whether_it_is_full_counts_nothing() -> None:
    limiter = RateLimiter(1, Clock())
    for _ in range(5):
        assert not limiter.is_full("a")
    assert limiter.allows("a")


def test_threads_together_are_allowed_no_more() -> None:
    limiter = RateLimiter(100, Clock())

    def ask(number: int) -> tuple[int, int]:
        allowed = sum(limiter.allows("all") for _ in range(50))
        for chat in range(300):
            limiter.allows(f"{number}-{chat}")
        return allowed, sum(limiter.tells("all") for _ in range(50))

    with ThreadPoolExecutor(16) as pool:
        counted = list(pool.map(ask, range(64)))
    assert sum(allowed for allowed, _ in counted) == 100
    assert sum(told for _, told in counted) == 1


@pytest.fixture
def helpline(settings: Settings) -> Iterator[Helpline]:
    made = Helpline(settings, understand=understood(("greet", 0.97)))
    yield made
    made.close()


def test_files_count_like_texts_and_are_not_fetched_beyond_the_limit(helpline: Helpline) -> None:
    helpline.answer("telegram", "1", Message("command", "start"))
    for _ in range(MESSAGES_PER_MINUTE):
        assert helpline.answer("telegram", "1", Message("attachment", "photo")).replies
    assert helpline.wants("telegram", "1", picture=True) == ""
    (told,) = helpline.answer("telegram", "1", Message("attachment", "photo")).replies
    assert "请等一分钟" in told.text
    assert helpline.answer("telegram", "1", Message("attachment", "photo")).replies == ()
    assert "110" in helpline.answer("telegram", "1", Message("text", "我不想活了")).replies[0].text
    assert helpline.answer("telegram", "1", Message("command", "menu")).replies
