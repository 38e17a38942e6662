"""Case numbers are read by the rule; old forms, registers and look-alikes are told apart."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notices.case_numbers import find_case_numbers, find_pseudo_numbers
from bot.notices.courts import PROVINCES, court_of, differs, find_named, place_of
from bot.notices.folding import FoldedText


def read(text: str) -> tuple:  # type: ignore[type-arg]
    (number,) = find_case_numbers(FoldedText(text))
    return number.form, number.year, number.court_code, number.type, number.serial


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("（2025）苏0981民初1234号", ("present", 2025, "苏0981", "民初", "1234")),
        ("(2021) 粤 0192 民 初 16 号", ("present", 2021, "粤0192", "民初", "16")),
        ("〔2024〕京执复3号", ("present", 2024, "京", "执复", "3")),
        ("［２０２３］沪０１民终５６号", ("present", 2023, "沪01", "民终", "56")),
        ("（2022)最高法知民终955号", ("present", 2022, "最高法", "知民终", "955")),
        ("（2020）浙0324民初6954号之一", ("present", 2020, "浙0324", "民初", "6954")),
        ("（2024）浙02民诉前调595号", ("mediation_register", 2024, "浙02", "民诉前调", "595")),
        ("（2023）川0104诉前调8号", ("mediation_register", 2023, "川0104", "诉前调", "8")),
        ("（2013）东民初字第653号", ("old", 2013, None, "民初", "653")),
        ("（2012）穗中法执字第502-507号", ("old", 2012, None, "执", "502-507")),
        ("（2025）粤0604民初****号", ("masked", 2025, "粤0604", "民初", None)),
        ("（2024）穗仲案字第1234号", ("other", 2024, None, None, None)),
        ("（2019）川成蜀证内经字第1573号", ("other", 2019, None, None, None)),
        ("（2025）粤01123号", ("other", 2025, None, None, None)),
    ],
)
def test_each_part_is_read(text: str, expected: tuple[object, ...]) -> None:
    assert read(text) == expected
    assert read(f"关于你与某公司的{text}案件，请于3日内") == expected


def test_a_document_number_is_no_case_number() -> None:
    assert not find_case_numbers(FoldedText("依据法释〔2020〕17号、法〔2015〕137号的规定"))


def test_pseudo_numbers_are_pointed_out() -> None:
    spans = find_pseudo_numbers(FoldedText("法务编号：FW2026112201，立案预登记号88231"))
    assert [span.quote[:4] for span in spans] == ["法务编号", "立案预登"]


@pytest.mark.parametrize(
    ("code", "name", "confidence"),
    [
        ("粤0604", "广东省佛山市禅城区人民法院", "division_today"),
        ("苏0981", "江苏省东台市人民法院", "division_today"),
        ("云28", "云南省西双版纳傣族自治州中级人民法院", "division_today"),
        ("粤0184", "广东省从化市人民法院", "division_earlier"),
        ("粤1973", "广东省东莞市第三人民法院", "hand_table"),
        ("京04", "北京市第四中级人民法院", "hand_table"),
        ("冀", "河北省高级人民法院", "hand_table"),
    ],
)
def test_a_code_leads_to_its_court(code: str, name: str, confidence: str) -> None:
    court = court_of(code)
    assert court
    assert (court.name, court.confidence) == (name, confidence)


def test_an_unknown_code_leads_to_its_place_only() -> None:
    assert court_of("粤0602") is None
    assert place_of("粤0602") == "广东省佛山市"


def test_a_court_elsewhere_differs_and_a_short_name_does_not() -> None:
    assert differs("粤0604", "北京市朝阳区人民法院")
    assert not differs("粤0604", "禅城区人民法院")
    assert not differs("粤0604", "佛山市禅城区人民法院")
    assert not differs("粤0602", "北京市朝阳区人民法院")
    assert not differs("苏0981", "xx市人民法院")


def test_words_before_a_courts_name_are_left_off() -> None:
    assert [n for n, _, _ in find_named("您好,我是佛山市禅城区人民法院书记员")] == [
        "佛山市禅城区人民法院"
    ]


@given(
    year=st.integers(2016, 2026),
    code=st.sampled_from(["京0105", "沪01", "粤", "川3401", "新4002", "兵01"]),
    kind=st.sampled_from(["民初", "民终", "执", "执恢", "财保", "民督", "刑初", "知民初"]),
    serial=st.integers(1, 9_999_999),
    width=st.booleans(),
    before=st.text("你我他的，。 \n（）()", max_size=6),
)
def test_any_number_of_the_present_form_is_found_in_running_text(
    year: int, code: str, kind: str, serial: int, width: bool, before: str
) -> None:
    left, right = "（）" if width else "()"
    text = f"{before}{left}{year}{right}{code}{kind}{serial}号，请查收"
    numbers = find_case_numbers(FoldedText(text))
    assert (year, code, kind, str(serial)) in [
        (n.year, n.court_code, n.type, n.serial) for n in numbers
    ]


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    for number in find_case_numbers(FoldedText(text)):
        assert text[number.span.start : number.span.end] == number.span.quote


def test_made_up_codes_are_never_a_sign() -> None:
    generator = random.Random(5)
    for _ in range(200):
        code = generator.choice(PROVINCES) + f"{generator.randint(0, 9999):04d}"
        if court_of(code) is None:
            assert not differs(code, "北京市朝阳区人民法院")
