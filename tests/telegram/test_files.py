"""Files sent to the diary in Telegram: read in memory, known by fingerprint, kept nowhere."""

import hashlib
from typing import Any

import pytest

from bot.casework import Case, load_case
from bot.channels.telegram.limits import MAX_FETCHED
from tests.telegram.conftest import Service
from tests.telegram.standin import RefusedError, StandIn

DATA = b"a screenshot of the message"
HASH = hashlib.sha256(DATA).hexdigest()
FILE = {"file_id": "f", "file_unique_id": "u"}
PHOTO = {"photo": [{**FILE, "width": 9, "height": 9, "file_size": len(DATA)}]}
PICTURE = {"document": {**FILE, "mime_type": "image/png", "file_size": len(DATA)}}
VOICE = {"voice": {**FILE, "duration": 3, "mime_type": "audio/ogg"}}
PAPER = {"document": {**FILE, "mime_type": "application/pdf"}}
VIDEO = {"video": {**FILE, "width": 9, "height": 9, "duration": 3}}


class Diary:
    """A person with one entry in the diary, which now asks for their words or a file."""

    def __init__(self, service: Service, telegram_api: StandIn) -> None:
        self.service, self.api = service, telegram_api
        service.post(telegram_api.text("/start"))
        for tool in ("diary", "diary-yes1", "diary-yes2", "diary-a-family-call"):
            self.press(tool)
        telegram_api.files["f"] = DATA

    def press(self, tool: str) -> None:
        session = self.service.helpline.session("telegram", "1")
        assert self.service.post(self.api.press(f"{session.id}:tool:{tool}")) == 200

    def sends(self, content: dict[str, Any], **more: Any) -> str:
        update = self.api.update(message=self.api.message(**content, **more))
        assert self.service.post(update) == 200
        return self.api.texts()[-1]

    @property
    def case(self) -> Case:
        store = self.service.helpline.store
        name = store.pseudonym("telegram", "1")
        return load_case(store.load_case(name, self.service.helpline.settings.now()))


@pytest.fixture
def diary(service: Service, telegram_api: StandIn) -> Diary:
    return Diary(service, telegram_api)


@pytest.mark.parametrize(
    ("sent", "kind", "changed"),
    [
        (PHOTO, "picture", True),
        (PICTURE, "picture", False),
        (VOICE, "recording", False),
        (PAPER, "document", False),
        (VIDEO, "video", True),
    ],
)
def test_every_kind_of_file_becomes_a_fingerprint(
    diary: Diary, sent: dict[str, Any], kind: str, changed: bool
) -> None:
    assert HASH in diary.sends(sent)
    (file,) = diary.case.entries[0].files
    assert (file.sha256, file.size, file.kind, file.changed) == (HASH, len(DATA), kind, changed)


def test_the_words_under_a_file_describe_it_and_a_text_right_after_it_too(diary: Diary) -> None:
    diary.sends(PICTURE, caption="11月22日的短信")
    assert diary.case.entries[0].files[0].note == "11月22日的短信"
    diary.service.post(diary.api.text("短信截图"))
    assert diary.case.entries[0].files[0].note == "短信截图"
    assert diary.case.entries[0].words == ""


def test_an_album_is_noted_picture_by_picture(diary: Diary) -> None:
    for number in range(3):
        diary.api.files[f"f{number}"] = b"picture %d" % number
        document = {"file_id": f"f{number}", "file_unique_id": "u", "mime_type": "image/png"}
        diary.sends({"document": document}, media_group_id="album")
    assert len(diary.case.entries[0].files) == 3


def test_a_file_that_is_too_large_is_not_even_fetched(diary: Diary) -> None:
    before = diary.case
    document = {**FILE, "mime_type": "audio/mp4", "file_size": MAX_FETCHED + 1}
    assert "不让我读" in diary.sends({"document": document})
    assert diary.api.methods("getFile") == []
    assert diary.case.entries == before.entries


def test_a_file_that_telegram_refuses_as_too_big_is_called_large(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object, __: object) -> None:
        raise RefusedError(400, "Bad Request: file is too big")

    monkeypatch.setattr(StandIn, "_do_getFile", refuse)
    assert "不让我读" in diary.sends(PAPER)


@pytest.mark.parametrize("how", ["refused", "gone", "short"])
def test_a_broken_download_loses_nothing_and_can_be_tried_again(
    diary: Diary, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    before = diary.case
    with monkeypatch.context() as patch:
        if how == "refused":

            def refuse(_: object, __: object) -> None:
                raise RefusedError(400, "Bad Request: wrong file_id")

            patch.setattr(StandIn, "_do_getFile", refuse)
        elif how == "gone":
            patch.setattr("telegram.File.download_as_bytearray", _fails)
        else:
            patch.setattr("telegram.File.download_as_bytearray", _half)
        assert "没有完整收到" in diary.sends(PAPER)
    assert diary.case.entries == before.entries
    assert HASH in diary.sends(PAPER)


async def _fails(_: object) -> bytearray:
    from telegram.error import TimedOut

    raise TimedOut


async def _half(_: object) -> bytearray:
    return bytearray(DATA[:5])


def test_an_empty_file_is_called_empty(diary: Diary) -> None:
    diary.api.files["f"] = b""
    assert "空的" in diary.sends(PAPER)
    assert diary.case.entries[0].files == ()


def test_where_nothing_asks_for_a_file_none_is_fetched(
    service: Service, telegram_api: StandIn
) -> None:
    telegram_api.files["f"] = DATA
    for sent in (PHOTO, PICTURE, VOICE, PAPER, VIDEO):
        service.post(telegram_api.update(message=telegram_api.message(**sent)))
    assert telegram_api.methods("getFile") == []
    assert len(telegram_api.texts()) == 5


def test_the_same_update_twice_is_noted_once(diary: Diary) -> None:
    update = diary.api.update(message=diary.api.message(**PAPER))
    assert [diary.service.post(update) for _ in range(2)] == [200, 200]
    assert len(diary.api.methods("getFile")) == 1
    assert len(diary.case.entries[0].files) == 1


def test_a_file_changed_later_is_no_new_one(diary: Diary) -> None:
    diary.sends(PAPER)
    message = diary.api.message(**PAPER, caption="neu", edit_date=1)
    diary.service.post(diary.api.update(edited_message=message))
    assert len(diary.case.entries[0].files) == 1
