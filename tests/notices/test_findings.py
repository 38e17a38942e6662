"""Links, numbers, money, days and quoted law: found with their place, named for what they are."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.content import Content
from bot.notices import read_notice
from bot.notices.dates import find_days, find_periods
from bot.notices.folding import FoldedText
from bot.notices.links import find_links, known_hosts, read_link
from bot.notices.money import chinese_number, find_amounts, find_laws
from bot.notices.numbers import find_numbers, masked, phone_kind, sender_kind

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "host", "oddity"),
    [
        ("http://court.gov.cn.example.com/a", "court.gov.cn.example.com", "lookalike"),
        ("zxfw-court-gov.cn/login", "zxfw-court-gov.cn", "lookalike"),
        ("https://соurt.gov.cn/x", "соurt.gov.cn", "homoglyph"),
        ("http://xn--cort-9na.com/a", "xn--cort-9na.com", "punycode"),
        ("http://171.106.48.99:28083/sfsdw", "171.106.48.99", "address"),
        ("https://t.cn/AbC", "t.cn", "short"),
        ("http://court.gov.cn@evil.top/x", "evil.top", "user"),
    ],
)
def test_odd_addresses_are_named(text: str, host: str, oddity: str) -> None:
    link = read_link(f"请点击{text}查看")
    assert link is not None
    assert (link.host, oddity in link.oddities) == (host, True)


def test_known_hosts_are_recognised_by_their_end() -> None:
    known = read_link("https://zxfw.court.gov.cn/zxfw/#/pagesAjkj?qdbh=1")
    assert known is not None
    assert known.known is not None
    assert not known.oddities
    assert read_link("https://bjcourt.gov.cn/a").oddities == ()  # type: ignore[union-attr]
    other = read_link("http://nba-court.com/tickets")
    assert other is not None
    assert other.known is None
    assert "lookalike" not in other.oddities


def test_sums_versions_and_dates_are_no_addresses() -> None:
    assert not find_links(FoldedText("余额5273.34元，版本3.1.2，2026.11.22，U.S.A.，说.做"))


def test_every_known_host_has_a_source_of_some_weight() -> None:
    assert {host.confidence for host in known_hosts().values()} <= {"2+", "1"}


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("12368", "court_line"),
        ("0411-12368", "court_line"),
        ("10690212368", "gateway"),
        ("13812345678", "mobile"),
        ("17012345678", "virtual"),
        ("16712345678", "virtual"),
        ("0755-82345678", "landline"),
        ("95588", "service"),
        ("400-123-4567", "toll_free"),
        ("+85291234567", "foreign"),
        ("96110", "short_line"),
        ("某某银行", "name"),
        ("", ""),
    ],
)
def test_a_senders_number_has_a_kind(sender: str, kind: str) -> None:
    assert sender_kind(sender)[0] == kind


def test_a_landline_names_its_place() -> None:
    assert phone_kind("075582345678") == ("landline", "深圳")


def test_identity_card_and_phone_numbers_are_found_and_masked() -> None:
    folded = FoldedText("身份证11010119900307888X，卡号6222 0212 3456 7890 123，电话138-1234-5678")
    numbers = find_numbers(folded)
    assert [n.kind for n in numbers] == ["id_card", "bank_card", "mobile"]
    assert all("*" in n.masked and n.digits not in n.masked for n in numbers)


def test_case_numbers_and_dates_stay_readable_when_quotes_are_masked() -> None:
    assert masked("（2025）苏0981民初1234号 2026-11-23") == "（2025）苏0981民初1234号 2026-11-23"
    assert masked("卡6222021234567890123") == "卡6222***********0123"


@pytest.mark.parametrize(
    ("text", "yuan"),
    [("1,205.5元", 1205.5), ("人民币3万元", 30000), ("¥88", 88), ("2.5万", 25000), ("500块", 500)],
)
def test_amounts_have_a_value(text: str, yuan: float) -> None:
    assert [a.yuan for a in find_amounts(FoldedText(f"应付{text}整"))] == [yuan]


@pytest.mark.parametrize(
    ("text", "day", "time", "relation"),
    [
        ("2026年12月8日14时30分开庭", date(2026, 12, 8), "14:30", "future"),
        ("11月23日上午9时到庭", date(2026, 11, 23), "09:00", "tomorrow"),
        ("2026-11-21 09:15 开庭", date(2026, 11, 21), "09:15", "past"),
        ("明天下午3点开庭", date(2026, 11, 23), "15:00", "tomorrow"),
        ("1月12日开庭", date(2027, 1, 12), None, "future"),
        ("二〇二六年十二月八日开庭", date(2026, 12, 8), None, "future"),
        ("2026年2月30日开庭", None, None, "unknown"),
    ],
)
def test_days_are_set_against_today(
    text: str, day: date | None, time: str | None, relation: str
) -> None:
    (found,) = find_days(FoldedText(text), TODAY)
    assert (found.day, found.time, found.relation) == (day, time, relation)


def test_periods_are_found() -> None:
    periods = find_periods(FoldedText("收到之日起十五日内答辩，24小时内联系，3个工作日内"))
    assert [(p.count, p.unit) for p in periods] == [(15, "day"), (24, "hour"), (3, "working_day")]


def test_quoted_law_is_checked_against_our_sources_or_said_to_be_unchecked(
    content: Content,
) -> None:
    text = (
        "依据《中华人民共和国民事诉讼法》第一百二十八条、《民法典》第九百九十条及《某某条例》第五条"
    )
    laws = find_laws(FoldedText(text), content.sources.articles)
    assert [(law.law, law.article, law.held) for law in laws] == [
        ("民事诉讼法", 128, True),
        ("民法典", 990, False),
        ("某某条例", 5, False),
    ]


@given(st.integers(1, 999))
def test_chinese_numerals_are_read(number: int) -> None:
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = (digits[hundreds] + "百") if hundreds else ""
    if tens:
        text += digits[tens] + "十"
    elif hundreds and ones:
        text += "零"
    text += digits[ones] if ones else ""
    assert chinese_number(text) == number


@given(
    st.text(alphabet="法院贷款还转账到个人账户今天12:.@/（）()年月日号 -*\nab粤民初", max_size=400)
)
def test_no_text_breaks_the_reading(text: str) -> None:
    reading = read_notice(text, today=TODAY)
    assert (reading.verdict is None) == (reading.kind == "not_a_notice")
    reading.as_json()


@given(st.text(max_size=200), st.text(max_size=20))
def test_no_characters_break_the_reading(text: str, sender: str) -> None:
    read_notice(text, sender=sender, today=TODAY).as_json()


def test_a_text_of_a_hundred_thousand_characters_is_read() -> None:
    for piece in ("还款今天不还", "人民法院(2025)粤", "a.", "1 ", "法 \n"):
        assert read_notice((piece * 50_000)[:100_000], today=TODAY) is not None
