"""The diary: nothing before agreement, one tap or one line an entry, counts that are fair."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.casework.case import MAX_ENTRIES, Case, Entry, dump_case, load_case
from bot.casework.moments import read_line, read_moment, sounds_like_question
from bot.casework.pattern import bars_by_hour, measures
from bot.conversation.messages import Message
from bot.knowledge.content import LANGUAGES, Content
from bot.knowledge.kit import check_kit
from bot.knowledge.lint import lint
from bot.settings import CHINA
from bot.store import Keys, Store
from tests.casework.conftest import CHAT, Person
from tests.conftest import NOON

Make = Callable[..., Person]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_tap_is_an_entry_and_its_words_follow(person: Make, language: str) -> None:
    someone = person(language)
    someone.agrees()
    someone.presses("tool:diary-a-family-call")
    someone.writes("你儿子再不还钱就去你单位找你")
    assert someone.taps == 5
    (entry,) = someone.case.entries
    assert (entry.who, entry.how, entry.at) == ("family", "call", NOON)
    assert entry.words == "你儿子再不还钱就去你单位找你"
    assert entry.words in someone.text


def test_nothing_is_kept_before_both_agreements(person: Make) -> None:
    someone = person()
    someone.presses_any("diary")
    someone.presses_any("diary-a-family-call")
    someone.writes("昨天晚上11点打电话给我妈")
    assert someone.case == Case()
    someone.presses_any("diary-yes2")  # the second question cannot be answered before the first
    assert someone.case == Case()
    someone.presses_any("diary-yes1")
    assert someone.case == Case()
    someone.presses("tool:diary-no")
    assert someone.case == Case()
    assert not someone.helpline.settings.people_path.exists()


def test_one_line_is_an_entry_with_its_time(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.writes("昨天晚上11点打电话给我妈，说要她还")
    (entry,) = someone.case.entries
    assert (entry.who, entry.how, entry.at) == ("family", "call", at(21, 23))


def test_a_question_is_answered_and_the_diary_stays(person: Make) -> None:
    someone = person(topic="keep_evidence")
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.presses("tool:diary-home")
    someone.writes("录音可以当证据吗")
    assert someone.helpline.session("telegram", CHAT).topic == "keep_evidence"
    someone.presses_any("diary")
    assert len(someone.case.entries) == 1


ASKED = {
    "zh": "录音算证据吗",
    "zh-Hant": "這樣合法嗎",
    "en": "is this legal",
    "es": "puedo grabar la llamada",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_where_words_are_asked_is_taken_out_and_answered(
    person: Make, language: str
) -> None:
    someone = person(language, topic="keep_evidence")
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes(ASKED[language])
    hint = someone.helpline.content().phrase("diary_maybe_question", language)
    assert hint in someone.text
    someone.presses_first("diary-q-1-words-")
    (entry,) = someone.case.entries
    assert entry.words == ""
    assert someone.helpline.session("telegram", CHAT).topic == "keep_evidence"
    answer = someone.helpline.content().topic("keep_evidence", language).first.title
    assert answer in someone.text
    someone.presses("tool:diary")  # and back
    assert someone.helpline.content().phrase("diary_home", language, count=1) in someone.text


def test_the_words_that_stood_there_before_come_back(person: Make) -> None:
    someone = person(topic="keep_evidence")
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("今天必须还")
    someone.presses("tool:diary-f-1-words")
    someone.writes("录音算证据吗")
    someone.presses_first("diary-q-1-words-")
    assert someone.case.entries[0].words == "今天必须还"


def test_what_sounds_like_no_question_can_be_taken_out_too_but_is_not_doubted(
    person: Make,
) -> None:
    someone = person(topic="keep_evidence")
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("想知道录音有没有用")
    assert "如果这句是在问我" not in someone.text
    someone.presses_first("diary-q-1-words-")
    assert someone.case.entries[0].words == ""


def test_a_question_given_as_a_lender_leaves_no_lender_behind(person: Make) -> None:
    someone = person(topic="verify_collector")
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.presses("tool:diary-f-1-lender")
    someone.writes("怎么知道是哪家")
    someone.presses_first("diary-q-1-lender-")
    assert someone.case.entries[0].lender == ""
    assert someone.case.lenders == {}
    assert someone.helpline.session("telegram", CHAT).topic == "verify_collector"


def test_a_line_of_facts_stays_one_line_also_when_it_ends_in_a_question(person: Make) -> None:
    someone = person(topic="contacted_family")
    someone.agrees()
    someone.presses("tool:diary-line")
    someone.writes("昨天晚上11点打电话给我妈 这样合法吗")
    (entry,) = someone.case.entries
    assert (entry.who, entry.at) == ("family", at(21, 23))
    someone.presses_first("diary-q-1-line-")
    assert someone.case.entries == ()
    assert someone.helpline.session("telegram", CHAT).topic == "contacted_family"


def test_a_question_where_a_line_is_asked_is_answered_and_not_called_a_wrong_time(
    person: Make,
) -> None:
    someone = person(topic="keep_evidence")
    someone.agrees()
    someone.presses("tool:diary-line")
    assert "时间没看懂" not in someone.writes("录音算证据吗")
    assert someone.helpline.session("telegram", CHAT).topic == "keep_evidence"


@pytest.mark.parametrize(
    "text",
    [
        "录音算证据吗？",
        "這樣合法嗎",
        "他们能不能这样",
        "怎麼辦",
        "is this legal?",
        "can they do that",
        "¿es legal?",
        "qué hago",
        "cuánto tiempo tengo",
    ],
)
def test_questions_are_heard_as_such(text: str) -> None:
    assert sounds_like_question(text)


@pytest.mark.parametrize(
    "text",
    ["今天不还就去你单位", "pay today or we come to your house", "pague hoy o vamos a su casa"],
)
def test_a_threat_does_not_sound_like_a_question(text: str) -> None:
    assert not sounds_like_question(text)


def test_a_message_changed_later_is_no_new_entry(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("今天必须还")
    before = someone.case
    someone.does(Message("text", "昨天晚上11点打电话给我妈", edited=True))
    assert someone.case == before
    assert "我看到你改了一条消息" in someone.text
    assert "按改过的内容回答" not in someone.text
    someone.presses("tool:diary")
    assert "110" in someone.does(Message("text", "他们现在拿着刀在砸我家门", edited=True))
    assert someone.case.entries == before.entries


def test_a_threat_is_written_down_and_help_is_shown(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    assert "110" in someone.writes("他们现在拿着刀在砸我家门")
    assert someone.case.entries[0].words == "他们现在拿着刀在砸我家门"


def test_despair_is_never_written_down_as_their_words(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("我不想活了")
    assert someone.case.entries[0].words == ""


def test_edit_delete_and_undo(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.presses("tool:diary-f-1-time")
    assert "没看懂" in someone.writes("2026-13-45")
    assert "没看懂" in someone.writes("2027-01-01 10:00")
    someone.writes("11月15日 21:30")
    assert someone.case.entries[0].at == at(15, 21, 30)
    someone.presses("tool:diary-f-1-who")
    someone.presses("tool:diary-s-1-who-work")
    assert someone.case.entries[0].who == "work"
    someone.presses("tool:diary-u")
    assert someone.case.entries[0].who == "me"
    someone.presses("tool:diary-l-0")
    someone.presses("tool:diary-e-1")
    someone.presses("tool:diary-x-1")
    assert someone.case.entries == ()
    someone.presses("tool:diary-u")
    assert len(someone.case.entries) == 1
    assert "没有可以撤销的" in someone.presses_any("diary-u")


def test_a_pause_of_four_days_loses_nothing(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.waits(timedelta(days=4))
    someone.does(Message("button", payload="aaaa:tool:diary-l-0"))  # a key of the old conversation
    assert "1条" in someone.presses("tool:diary")


def test_what_is_not_touched_for_180_days_is_deleted_with_its_key(person: Make) -> None:
    someone = person()
    someone.agrees()
    store = someone.helpline.store
    name = store.pseudonym("telegram", CHAT)
    assert name.encode() in someone.bytes()
    assert store.load_case(name, NOON + timedelta(days=179)) is not None
    assert store.load_case(name, NOON + timedelta(days=181)) is None
    store.trim(NOON + timedelta(days=181))
    assert name.encode() not in someone.bytes()


@pytest.mark.parametrize("way", ["in the diary", "/forget", "by the operator"])
def test_deleting_destroys_key_and_words_and_a_backup_cannot_bring_them_back(
    person: Make, tmp_path: Path, way: str
) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-family-call")
    someone.writes("银行的人说要告我妈")
    store, settings = someone.helpline.store, someone.helpline.settings
    name = store.pseudonym("telegram", CHAT)
    backup = tmp_path / "elsewhere" / "backup.db"
    store.backup(backup, NOON)
    with closing(sqlite3.connect(settings.people_path)) as keys:
        wrapped = keys.execute("SELECT key FROM people").fetchone()[0]
    assert wrapped in someone.bytes()
    assert wrapped not in backup.read_bytes()
    assert "银行的人".encode() not in someone.bytes()
    if way == "in the diary":
        someone.presses_any("diary-drop")
        someone.presses("tool:diary-dropped")
    elif way == "/forget":
        someone.presses_any("forget")
    else:
        someone.helpline.forget("telegram", CHAT)
    assert someone.case == Case()
    assert wrapped not in someone.bytes()
    assert name.encode() not in settings.people_path.read_bytes()
    # Even with the old backup and the master key nothing can be read again.
    someone.helpline.close()
    backup.replace(settings.data_path / "helpline.db")
    for left in settings.data_path.glob("helpline.db-*"):
        left.unlink()
    restored = Store(settings.data_path, Keys.from_file(settings.key_path), settings.people_path)
    assert list(restored.db.table("cases").rows_where("chat = ?", [name]))
    assert restored.load_case(name, NOON) is None
    restored.close()


def test_two_people_have_two_keys(settings: object, tmp_path: Path) -> None:
    store = Store(tmp_path / "data", Keys.from_file(tmp_path / "key"))
    store.save_case("one", {"agreed": "x"}, NOON)
    store.save_case("two", {"agreed": "y"}, NOON)
    rows = {row["chat"]: row["data"] for row in store.db.table("cases").rows}
    store.db.table("cases").update("one", {"data": rows["two"]})
    assert store.load_case("one", NOON) is None
    assert store.load_case("two", NOON) == {"agreed": "y"}
    assert rows["one"] != rows["two"]
    store.close()


def test_500_entries_are_listed_page_by_page_and_no_more_are_taken(person: Make) -> None:
    someone = person()
    someone.agrees()
    case = someone.case
    for number in range(MAX_ENTRIES):
        case = case.added(Entry(0, NOON - timedelta(hours=number), lender="甲银行"))
    store = someone.helpline.store
    store.save_case(store.pseudonym("telegram", CHAT), dump_case(case), NOON)
    someone.presses_any("diary-a-me-call")
    assert "记满了" in someone.text
    assert len(someone.case.entries) == MAX_ENTRIES
    pages = 0
    someone.presses_any("diary-l-0")
    while any(key.payload.endswith(f"diary-l-{pages + 1}") for key in someone.keys):
        pages += 1
        someone.presses(f"tool:diary-l-{pages}")
        assert len(someone.text) < 4096
    assert pages == 62
    assert len(someone.presses_any("diary-p")) < 4096


def test_a_huge_text_is_cut_and_the_person_is_told(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    assert "太长了" in someone.writes("骂" * 5000)
    assert len(someone.case.entries[0].words) == 600


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("昨天晚上11点", at(21, 23)),
        ("昨晚十点半", at(21, 22, 30)),
        ("今天早上7点15分打给我妈", at(22, 7, 15)),
        ("11月15日 21:30", at(15, 21, 30)),
        ("晚上11点", at(21, 23)),
        ("yesterday 11 pm called my mother", at(21, 23)),
        ("15 November 21:30", at(15, 21, 30)),
        ("ayer a las 23:00 llamaron a mi madre", at(21, 23)),
        ("ayer a las 11 de la noche", at(21, 23)),
        ("刚才打给我", NOON),
    ],
)
def test_moments_as_people_write_them(text: str, moment: datetime) -> None:
    found = read_moment(text, NOON)
    assert found is not None
    assert (found.at, found.has_time) == (moment, True)


def test_a_day_without_a_time_counts_for_no_hour() -> None:
    found = read_moment("11月15日", NOON)
    assert found is not None
    assert not found.has_time
    assert bars_by_hour([Entry(1, found.at, timed=False)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "25:70",
        "昨天25点",
        "十十点",
        "今天三四十点打来",
        "2026-02-30 10:00 明天",
        "11月31日",
        "随便",
    ],
)
def test_impossible_times_are_refused(text: str) -> None:
    assert read_moment(text, NOON) is None


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("打电话给我妈", ("family", "call")),
        ("某某小额贷款公司打来电话", ("", "call")),
        ("给我单位发短信", ("work", "sms")),
        ("they came to my door", ("", "visit")),
        ("llamaron a mi jefe", ("work", "call")),
    ],
)
def test_a_line_says_who_and_how(line: str, read: tuple[str, str]) -> None:
    assert read_line(line) == read


def entries(lender: str, *moments: datetime, **fields: str) -> tuple[Entry, ...]:
    return tuple(
        replace(Entry(number, moment, lender=lender), **fields)  # type: ignore[arg-type]
        for number, moment in enumerate(moments, 1)
    )


def found(case: Case, content: Content) -> dict[str, tuple[int, int]]:
    return {
        measure.yardstick: (measure.count, measure.days)
        for measure in measures(case, content.kit["yardsticks"])
    }


def test_yardsticks_are_those_of_the_kind_of_lender(content: Content) -> None:
    calls = entries("甲", *(at(20, 9, minute) for minute in range(4)), answered="yes")
    for kind, named in (("bank", {"talk-calls": (4, 1)}), ("card", {}), ("unlicensed", {})):
        assert found(Case(entries=calls, lenders={"甲": kind}), content) == named


def test_three_answered_calls_are_within_the_yardstick(content: Content) -> None:
    calls = entries("甲", *(at(20, 9, minute) for minute in range(3)), answered="yes")
    assert found(Case(entries=calls, lenders={"甲": "bank"}), content) == {}


def test_six_unanswered_tries_are_within_the_yardstick_and_seven_are_not(content: Content) -> None:
    tries = entries("甲", *(at(20, 9, minute) for minute in range(7)), answered="no")
    assert found(Case(entries=tries[:6], lenders={"甲": "card"}), content) == {}
    assert found(Case(entries=tries, lenders={"甲": "card"}), content) == {"attempts": (7, 1)}


def test_entries_of_two_lenders_or_of_none_are_never_added_up(content: Content) -> None:
    calls = (
        *entries("甲", at(20, 9), at(20, 10), answered="yes"),
        *entries("乙", at(20, 11), at(20, 12), answered="yes"),
        *entries("", at(20, 13), at(20, 14), answered="yes"),
    )
    case = Case(entries=calls, lenders={"甲": "bank", "乙": "bank"})
    assert found(case, content) == {}


def test_the_night_is_counted_in_china_time(content: Content) -> None:
    case = Case(
        entries=entries("甲", at(20, 21, 59), at(20, 22), at(21, 7, 59), at(21, 8)),
        lenders={"甲": "card"},
    )
    assert found(case, content) == {"hours": (2, 2)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pattern_names_its_sources_and_says_yardstick(person: Make, language: str) -> None:
    someone = person(language)
    someone.agrees()
    someone.presses("tool:diary-a-family-call")
    someone.presses("tool:diary-f-1-lender")
    someone.writes("甲银行")
    someone.presses("tool:diary-k-0-bank")
    text = someone.presses("tool:diary-p")
    assert "GB/T 45251" in text
    mark = someone.helpline.content().phrase("yardstick_mark", language)
    assert mark.strip() in text


def test_the_case_survives_being_kept() -> None:
    case = Case(agreed="x").added(Entry(0, NOON, words="话")).with_lender("甲", "card")
    assert load_case(dump_case(case)) == case


def test_the_kit_that_ships_is_sound(content: Content) -> None:
    assert check_kit(content.kit, content.sources) == []


def test_the_kit_check_finds_what_a_lawyer_would_not_sign(content: Content) -> None:
    broken = {
        "yardsticks": {
            "a": {"kinds": {"card": ["no-such-law-1"]}, "text": {"zh": "{count}", "en": "x"}},
            "b": {"kinds": {"card": ["internet-loans-2020-third-persons"]}},
        }
    }
    said = "\n".join(str(problem) for problem in check_kit(broken, content.sources))
    assert "no-such-law-1" in said
    assert "no text in es" in said
    assert "other words in braces" in said
    assert "rests on one source" in said


def test_words_that_no_answer_may_use_are_refused_in_the_kit_too(content: Content) -> None:
    promise = {"a": {"text": {"zh": "这样一定能成功", "en": "x", "es": "x"}}}
    kit = {**content.kit, "letters": {**content.kit["letters"], **promise}}
    assert [problem.path for problem in lint(replace(content, kit=kit))] == ["kit/letters.yml"]


def test_words_never_reach_a_log(person: Make, caplog: pytest.LogCaptureFixture) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("特别的原话")
    assert "特别的原话" not in caplog.text


def test_a_double_tap_is_one_contact(person: Make) -> None:
    someone = person()
    someone.agrees()
    first = someone.presses("tool:diary-a-me-call")
    assert someone.presses_any("diary-a-me-call") == first
    assert len(someone.case.entries) == 1
    someone.presses_any("diary-a-family-call")  # another key is another contact
    someone.presses_any("diary-home")
    someone.presses("tool:diary-a-family-call")  # and so is the same one from a new screen
    assert [entry.who for entry in someone.case.entries] == ["me", "family", "family"]


def test_a_question_is_taken_out_once_however_often_its_key_is_pressed(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-a-me-call")
    someone.writes("要起诉我")
    someone.presses("tool:diary-f-1-words")
    someone.writes("这样合法吗")
    (key,) = someone.payloads("diary-q-1-words")
    for _ in range(2):
        someone.does(Message("button", payload=key))
        assert someone.case.entries[0].words == "要起诉我"


def test_a_line_written_in_several_messages_is_one_line_of_the_record(person: Make) -> None:
    someone = person()
    someone.agrees()
    someone.presses("tool:diary-line")
    someone.writes("今天十点打给我妈\n说要起诉")
    assert someone.case.entries[0].words == "今天十点打给我妈 说要起诉"
