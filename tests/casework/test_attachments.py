"""Files in the diary: only the fingerprint is kept, it stands in every exhibit, nothing is lost."""

import csv
import hashlib
import io
from collections.abc import Callable

import pytest

from bot.casework import wants_file
from bot.casework.attachments import size_of
from bot.casework.case import MAX_FILES
from bot.conversation.messages import Message, Received
from bot.knowledge.content import LANGUAGES
from tests.casework.conftest import CHAT, Person
from tests.casework.test_pin import after_a_while, with_pin
from tests.conftest import NOON

Make = Callable[..., Person]
RECORDING = b"the recording of a call"
HASH = hashlib.sha256(RECORDING).hexdigest()


def received(data: bytes = RECORDING, **more: object) -> Received:
    fields = {"kind": "recording", "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return Received(**{**fields, **more})  # type: ignore[arg-type]


def sends(someone: Person, file: Received | None = None, caption: str = "") -> str:
    kind, text = ("text", caption) if caption else ("attachment", "document")
    return someone.does(Message(kind, text, file=file or received()))  # type: ignore[arg-type]


def with_an_entry(person: Make, language: str = "zh") -> Person:
    someone = person(language)
    someone.agrees()
    someone.presses("tool:diary-a-family-call")
    return someone


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_kept_as_its_fingerprint_with_kind_size_time_and_words(
    person: Make, language: str
) -> None:
    someone = with_an_entry(person, language)
    assert HASH in sends(someone)
    assert someone.helpline.content().phrase("file_yours", language) in someone.text
    someone.writes("11月22日通话录音")
    (entry,) = someone.case.entries
    (file,) = entry.files
    assert (file.kind, file.sha256, file.size, file.at) == ("recording", HASH, 23, NOON)
    assert file.note == "11月22日通话录音"
    assert entry.words == ""
    assert HASH[:12] in someone.presses_any("diary-e-1")


def test_nothing_of_the_file_itself_lies_in_the_data(person: Make) -> None:
    someone = with_an_entry(person)
    sends(someone)
    assert RECORDING not in someone.bytes()
    assert HASH.encode() not in someone.bytes()


def test_the_fingerprint_stands_whole_in_table_document_and_letter(person: Make) -> None:
    someone = with_an_entry(person)
    sends(someone, caption="通话录音")
    someone.presses_any("diary-get-csv")
    (file,) = [reply.file for reply in someone.replies if reply.file]
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert HASH in rows[1][8]
    assert "通话录音" in rows[1][8]
    someone.presses_any("diary-get-docx")
    (file,) = [reply.file for reply in someone.replies if reply.file]
    from tests.casework.test_exports import words_of

    assert HASH in words_of(file)
    someone.presses_any("complaint")
    someone.presses("tool:complaint-o-kind.bank")
    someone.writes("某某银行股份有限公司")
    someone.presses("tool:complaint-n-conducts")
    someone.presses("tool:complaint-n-wants")
    assert HASH in someone.text  # among the facts to be confirmed
    someone.presses("tool:complaint-y")
    assert HASH in someone.replies[0].text


def test_words_under_a_file_describe_it_and_despair_in_them_is_heard_and_not_kept(
    person: Make,
) -> None:
    someone = with_an_entry(person)
    sends(someone, caption="截图")
    assert someone.case.entries[0].files[0].note == "截图"
    assert "12356" in sends(someone, received(b"another"), "我不想活了")
    assert len(someone.case.entries[0].files) == 1


@pytest.mark.parametrize("problem", ["large", "empty", "broken"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_cannot_be_read_gets_a_clear_word_and_loses_nothing(
    person: Make, language: str, problem: str
) -> None:
    someone = with_an_entry(person, language)
    before = someone.case
    said = sends(someone, Received("video", problem=problem, limit=20_000_000))  # type: ignore[arg-type]
    assert said == someone.helpline.content().phrase(f"file_{problem}", language, limit="19 MB")
    assert someone.case == before
    assert wants_file(someone.helpline.session("telegram", CHAT))
    assert HASH in sends(someone)


def test_a_file_that_nothing_asked_for_is_answered_as_before(person: Make) -> None:
    someone = with_an_entry(person)
    someone.presses("tool:diary-home")
    assert not wants_file(someone.helpline.session("telegram", CHAT))
    assert "打不开文件" in sends(someone)
    assert someone.case.entries[0].files == ()


def test_one_file_twice_is_noted_once_and_an_entry_holds_ten(person: Make) -> None:
    someone = with_an_entry(person)
    sends(someone)
    assert "没有重复记" in sends(someone)
    for number in range(MAX_FILES + 1):
        sends(someone, received(b"file %d" % number))
    assert "记满了" in someone.text
    assert len(someone.case.entries[0].files) == MAX_FILES


def test_a_file_is_taken_off_and_undone(person: Make) -> None:
    someone = with_an_entry(person)
    sends(someone)
    sends(someone, received(b"second"))
    someone.presses("tool:diary-u")
    assert [file.sha256 for file in someone.case.entries[0].files] == [HASH]
    someone.presses_any("diary-f-1-evidence")
    someone.presses_first("diary-d-1-")
    assert someone.case.entries[0].files == ()


def test_one_tap_too_many_takes_no_other_file_off(person: Make) -> None:
    someone = with_an_entry(person)
    sends(someone, received(b"first"))
    sends(someone, received(b"second"))
    someone.presses_any("diary-f-1-evidence")
    key, _ = someone.payloads("diary-d-1-")
    for _ in range(2):
        someone.does(Message("button", payload=key))
        (left,) = someone.case.entries[0].files
        assert left.sha256 == hashlib.sha256(b"second").hexdigest()


def test_a_picture_that_the_app_made_smaller_is_said_to_be_a_copy(person: Make) -> None:
    someone = with_an_entry(person)
    said = sends(someone, received(kind="picture", changed=True))
    assert "和原件对不上" in said
    assert "压缩过的副本" in said
    assert any(key.payload.endswith("tool:check_notice") for key in someone.keys)


def test_behind_the_pin_the_file_is_asked_for_again(person: Make) -> None:
    someone = with_pin(person)
    someone.presses_any("diary-f-1-evidence")
    after_a_while(someone)
    assert "PIN" in sends(someone)
    assert someone.case.entries[0].files == ()
    someone.writes("4711")
    sends(someone)
    assert [file.sha256 for file in someone.case.entries[0].files] == [HASH]


def test_files_are_deleted_with_the_diary(person: Make) -> None:
    someone = with_an_entry(person)
    sends(someone)
    someone.presses_any("diary-dropped")
    assert someone.case.entries == ()


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (812, "812 B"), (219136, "214 KB"), (3250586, "3.1 MB")]
)
def test_sizes_as_people_read_them(count: int, said: str) -> None:
    assert size_of(count) == said
