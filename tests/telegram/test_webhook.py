"""The service by webhook, as a person in Telegram meets it."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.app import MESSAGES_PER_MINUTE, Helpline
from bot.channels.telegram.service import GROUP_HELP_PER_MINUTE
from bot.notices.pictures import Picture, PictureError, PictureReader
from bot.settings import Settings, SettingsError
from bot.store import StoreError
from tests.telegram.conftest import OPERATOR, SECRET, Service
from tests.telegram.standin import RefusedError, StandIn


def test_start_says_who_runs_it(service: Service, telegram_api: StandIn) -> None:
    assert service.post(telegram_api.text("/start")) == 200
    welcome = telegram_api.texts()[0]
    assert all(value in welcome for value in OPERATOR.values())
    assert "English" in telegram_api.buttons()
    assert telegram_api.webhook["secret_token"] == SECRET


def test_a_question_its_answer_a_button_and_back(service: Service, telegram_api: StandIn) -> None:
    service.post(telegram_api.text("催收给我妈打电话"))
    title = service.helpline.content().topic("contacted_family", "zh").first.title
    assert title in telegram_api.texts()[-1]
    payload = next(iter(telegram_api.buttons().values()))
    assert service.post(telegram_api.press(payload)) == 200
    assert telegram_api.answered_callbacks
    assert title not in telegram_api.texts()[-1]
    service.post(telegram_api.press(telegram_api.buttons()["返回上一步"]))
    assert title in telegram_api.texts()[-1]
    service.post(telegram_api.text("/menu"))
    assert any("继续" in text for text in telegram_api.buttons())


@pytest.mark.parametrize(
    ("given", "code"), [("", 403), ("wrong", 403), (SECRET + "x", 403), (SECRET, 200)]
)
def test_only_telegram_with_the_secret_is_heard(
    service: Service, telegram_api: StandIn, given: str, code: int
) -> None:
    assert service.post(telegram_api.text("/start"), secret=given) == code
    assert bool(telegram_api.texts()) == (code == 200)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"x"', b"{", b"null", b'{"update_id": "x"}', b"\xff"]
)
def test_what_is_no_update_is_refused_politely(service: Service, body: bytes) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert service.client.post("/hook", content=body, headers=headers).status_code in (200, 400)
    assert service.client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "change",
    [{name: ""} for name in OPERATOR]
    + [
        {"webhook_secret": ""},
        {"webhook_secret": "short"},
        {"webhook_secret": "not/allowed+by=Telegram" * 2},
        {"webhook_secret": "a" * 40},
        {"webhook_url": "http://bot.example.org"},
    ],
)
def test_the_service_refuses_to_start_half_set_up(
    service_settings: Settings, change: dict[str, str]
) -> None:
    service_settings.check_service()
    with pytest.raises(SettingsError):
        replace(service_settings, **change).check_service()


def test_an_update_is_answered_once(service: Service, telegram_api: StandIn) -> None:
    update = telegram_api.text("/start")
    assert service.post(update) == 200
    sent = len(telegram_api.sent)
    assert service.post(update) == 200
    assert len(telegram_api.sent) == sent


def test_an_update_delivered_again_is_not_joined_to_a_new_one(
    service: Service, telegram_api: StandIn
) -> None:
    first = telegram_api.text("催收给我妈打电话")
    service.post(first)
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(service.post, [first, telegram_api.text("你好")]))
    assert codes == [200, 200]
    title = service.helpline.content().topic("contacted_family", "zh").first.title
    assert sum(title in text for text in telegram_api.texts()) == 1


def test_an_update_that_could_not_be_saved_is_asked_for_again(
    service: Service, telegram_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = telegram_api.text("/start")
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise StoreError("disk full")

        patch.setattr(service.helpline.store, "save_session", full)
        assert service.post(update) == 503
    assert telegram_api.sent == []
    assert service.post(update) == 200
    assert telegram_api.sent


def test_several_messages_within_half_a_second_are_one_question(
    service: Service, telegram_api: StandIn
) -> None:
    parts = ["他们又来了", "打给我妈", "怎么办"]
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(service.post, [telegram_api.text(part) for part in parts]))
    assert codes == [200, 200, 200]
    answered = [text for text in telegram_api.texts() if "不乱猜" in text or "依据" in text or text]
    title = service.helpline.content().topic("contacted_family", "zh").first.title
    assert sum(title in text for text in telegram_api.texts()) == 1
    assert len(answered) <= 2


def test_a_button_after_a_text_is_answered_after_it(
    service: Service, telegram_api: StandIn
) -> None:
    service.post(telegram_api.text("/menu"))
    payload = next(value for value in telegram_api.buttons().values() if "menu-" in value)
    before = len(telegram_api.sent)
    first, second = telegram_api.text("催收给我妈打电话"), telegram_api.press(payload)
    thread = threading.Thread(target=service.post, args=(first,))
    thread.start()
    threading.Event().wait(0.1)
    service.post(second)
    thread.join()
    texts = [message["text"] for message in telegram_api.sent[before:]]
    title = service.helpline.content().topic("contacted_family", "zh").first.title
    assert title in texts[0] or title in texts[1]
    assert title not in texts[-1]


def test_chats_do_not_wait_for_each_other(service: Service, telegram_api: StandIn) -> None:
    updates = [telegram_api.text("催收给我妈打电话", chat=chat) for chat in range(1, 21)]
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(service.post, updates)) == {200}
    assert {message["chat_id"] for message in telegram_api.sent} == set(range(1, 21))


def test_two_taps_at_once_are_both_answered(service: Service, telegram_api: StandIn) -> None:
    service.post(telegram_api.text("/menu"))
    payload = next(value for value in telegram_api.buttons().values() if "menu-" in value)
    with ThreadPoolExecutor(2) as pool:
        taps = [telegram_api.press(payload), telegram_api.press(payload)]
        assert list(pool.map(service.post, taps)) == [200, 200]
    assert len(telegram_api.answered_callbacks) == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]},
        {"voice": {"file_id": "f", "file_unique_id": "u", "duration": 3}},
        {
            "sticker": {
                "file_id": "f",
                "file_unique_id": "u",
                "width": 9,
                "height": 9,
                "is_animated": False,
                "is_video": False,
                "type": "regular",
            }
        },
        {"document": {"file_id": "f", "file_unique_id": "u"}},
        {"contact": {"phone_number": "1", "first_name": "x"}},
        {"location": {"latitude": 1.0, "longitude": 1.0}},
    ],
)
def test_what_is_not_text_gets_a_clear_word(
    service: Service, telegram_api: StandIn, sent: dict[str, object]
) -> None:
    assert service.post(telegram_api.update(message=telegram_api.message(**sent))) == 200
    assert telegram_api.texts()[0]
    assert len(telegram_api.buttons()) > 5
    if "voice" in sent:
        assert OPERATOR["hotline"] in telegram_api.texts()[0]


@pytest.mark.parametrize("readable", [True, False])
def test_a_picture_is_read_where_the_reader_is_installed(
    service: Service, telegram_api: StandIn, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    notice = "【XX法院】您涉嫌诈骗，请今日18时前将欠款转入个人账户6222021234567890123，否则立即拘留"

    def read(_: object, data: bytes) -> Picture:
        assert data == b"the picture"
        if not readable:
            raise PictureError("broken")
        return Picture(notice)

    monkeypatch.setattr(PictureReader, "read", read)
    monkeypatch.setattr(Helpline, "reads_pictures", True)
    telegram_api.files["f"] = b"the picture"
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
    assert service.post(telegram_api.update(message=telegram_api.message(photo=photo))) == 200
    assert ("先别转" in telegram_api.texts()[0]) == readable
    assert ("换一张" in telegram_api.texts()[0]) != readable


def test_an_edited_message_is_answered_anew(service: Service, telegram_api: StandIn) -> None:
    edited = telegram_api.update(
        edited_message=telegram_api.message(text="催收给我妈打电话", edit_date=1)
    )
    service.post(edited)
    assert telegram_api.texts()[0].startswith("我看到你改了消息")


def test_service_messages_are_left_alone(service: Service, telegram_api: StandIn) -> None:
    service.post(telegram_api.update(message=telegram_api.message(new_chat_title="x")))
    assert telegram_api.sent == []


def test_a_group_is_invited_to_write_alone_except_when_life_is_at_stake(
    service: Service, telegram_api: StandIn
) -> None:
    def says(text: str) -> None:
        entities = (
            [{"type": "bot_command", "offset": 0, "length": 6}] if text.startswith("/") else []
        )
        update = telegram_api.update(
            message=telegram_api.message(-5, group=True, text=text, entities=entities)
        )
        assert service.post(update) == 200

    says("催收给我妈打电话")
    assert telegram_api.sent == []
    says("/start")
    says("/start")
    assert len(telegram_api.texts(-5)) == 1
    assert "私下" in telegram_api.texts(-5)[0]
    says("我不想活了")
    assert "110" in telegram_api.texts(-5)[-1]


def test_help_in_a_group_comes_once_for_an_update_and_not_without_end(
    service: Service, telegram_api: StandIn
) -> None:
    def says(update: dict[str, object]) -> None:
        assert service.post(update) == 200

    first = telegram_api.update(
        message=telegram_api.message(-6, group=True, text="我不想活了", entities=[])
    )
    says(first)
    says(first)  # delivered again
    one = len(telegram_api.texts(-6))
    assert "110" in telegram_api.texts(-6)[-1]
    for chat in (-6,) * 10:
        message = telegram_api.message(chat, group=True, text="我不想活了", entities=[])
        says(telegram_api.update(message=message))
    assert len(telegram_api.texts(-6)) == one * GROUP_HELP_PER_MINUTE
    message = telegram_api.message(-7, group=True, text="我不想活了", entities=[])
    says(telegram_api.update(message=message))  # another group is not silenced by it
    assert "110" in telegram_api.texts(-7)[-1]


def test_help_in_a_group_comes_also_where_nothing_can_be_saved(
    service: Service, telegram_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(service.helpline.store, "mark_update", full)
    message = telegram_api.message(-8, group=True, text="我不想活了", entities=[])
    assert service.post(telegram_api.update(message=message)) == 200
    assert "110" in telegram_api.texts(-8)[-1]


def test_hide_deletes_both_sides_and_answers_neutrally(
    service: Service, telegram_api: StandIn
) -> None:
    service.post(telegram_api.text("催收给我妈打电话"))
    theirs = [message["message_id"] for message in telegram_api.sent]
    service.post(telegram_api.text("/hide"))
    assert set(theirs) <= set(telegram_api.deleted)
    assert len(telegram_api.deleted) == len(theirs) + 2
    assert "催收" not in telegram_api.texts()[-1]


def test_old_buttons_explain_themselves(service: Service, telegram_api: StandIn) -> None:
    service.post(telegram_api.press("zzzz:contacted_family:"))
    assert "之前的一次对话" in telegram_api.texts()[-1]
    service.post(telegram_api.press("zzzz:crisis_self_harm:help"))
    assert "110" in telegram_api.texts()[-1]
    service.post(telegram_api.press("garbage"))
    assert len(telegram_api.buttons()) > 5


def test_who_blocks_the_bot_is_erased(service: Service, telegram_api: StandIn) -> None:
    store = service.helpline.store
    name = store.pseudonym("telegram", "1")
    service.post(telegram_api.text("/start"))
    now = service.helpline.settings.now()
    assert store.load_session(name, now)
    telegram_api.blocked.add(1)
    assert service.post(telegram_api.text("/menu")) == 200
    assert store.load_session(name, now) is None


def test_who_leaves_is_erased(service: Service, telegram_api: StandIn) -> None:
    service.post(telegram_api.text("/start"))
    person = {"id": 1, "is_bot": False, "first_name": "P"}
    bot = {"id": 123456, "is_bot": True, "first_name": "Helpline"}
    service.post(
        telegram_api.update(
            my_chat_member={
                "chat": {"id": 1, "type": "private"},
                "from": person,
                "date": 1,
                "old_chat_member": {"status": "member", "user": bot},
                "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
            }
        )
    )
    name = service.helpline.store.pseudonym("telegram", "1")
    assert service.helpline.store.load_session(name, service.helpline.settings.now()) is None


def test_a_429_is_waited_out(service: Service, telegram_api: StandIn) -> None:
    telegram_api.fail_next = [
        RefusedError(429, "Too Many Requests: retry after 1", {"retry_after": 1})
    ]
    assert service.post(telegram_api.text("/start")) == 200
    assert telegram_api.texts()


def test_an_answer_that_failed_on_the_way_is_sent_again(
    service: Service, telegram_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.sending.RETRY_SECONDS", (0.0, 0.0))
    telegram_api.fail_next = [RefusedError(502, "Bad Gateway"), RefusedError(502, "Bad Gateway")]
    assert service.post(telegram_api.text("我不想活了")) == 200
    assert "110" in telegram_api.texts()[-1]


def test_danger_in_the_middle_of_a_flood_of_forwarded_texts_is_heard(
    service: Service, telegram_api: StandIn
) -> None:
    texts = ["普通的话。" * 800, "普通的话。" * 800, "我不想活了", "普通的话。" * 800]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(service.post, [telegram_api.text(text) for text in texts]))
    assert any("110" in text for text in telegram_api.texts())


def test_too_many_messages_get_one_line_but_safety_and_buttons_are_spared(
    service: Service, telegram_api: StandIn
) -> None:
    answer = service.helpline.answer
    from bot.conversation.messages import Message

    for _ in range(MESSAGES_PER_MINUTE):
        answer("telegram", "1", Message("text", "你好"))
    service.post(telegram_api.text("催收给我妈打电话"))
    assert "请等一分钟" in telegram_api.texts()[-1]
    sent = len(telegram_api.sent)
    service.post(telegram_api.text("催收给我妈打电话"))
    assert len(telegram_api.sent) == sent
    service.post(telegram_api.text("我不想活了"))
    assert "110" in telegram_api.texts()[-1]
    service.post(telegram_api.text("/menu"))
    assert len(telegram_api.sent) == sent + 2


def test_no_word_id_or_secret_reaches_a_log(
    service: Service, telegram_api: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.log import set_up_logging

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_logging("DEBUG")
    root.handlers[:] = handlers
    caplog.set_level(logging.DEBUG)
    logging.getLogger("bot").debug("the capture works")
    try:
        service.post(telegram_api.text("我妈的秘密词汇", chat=77889900))
        service.post(telegram_api.press("zzzz:contacted_family:", chat=77889900))
        telegram_api.blocked.add(77889900)
        service.post(telegram_api.text("/forget", chat=77889900))
        logging.getLogger("bot").debug("canary")
    finally:
        root.setLevel(level)
    written = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "the capture works" in written
    for secret in ("秘密词汇", "77889900", "stand-in-token", SECRET):
        assert secret not in written
