"""What every safety answer must carry, in every language and on every step."""

import re

import pytest

from bot.knowledge.content import LANGUAGES, Content
from bot.knowledge.topics import Step

TOPICS = ("crisis_self_harm", "physical_danger")
NO_PERSON = {
    "zh": "没有真人在看这个聊天",
    "zh-Hant": "沒有真人在看這個聊天",
    "en": "no person reads this chat",
    "es": "ninguna persona lee este chat",
}
PROGRAM = {"zh": "我是程序", "zh-Hant": "我是程式", "en": "I am a program", "es": "Soy un programa"}
PLACES = {
    "zh": {"hk", "tw", "mo", "any"},
    "zh-Hant": {"hk", "tw", "mo", "any"},
    "en": {"us", "hk", "any"},
    "es": {"es", "mx", "us", "any"},
}
# Emergency numbers of those places, then who listens there.
ELSEWHERE = {
    "zh": ({"hk999", "tw119", "mo999"}, {"hk18111", "tw1925", "mo-lifehope"}),
    "en": ({"us911", "hk999"}, {"us988", "hk-samaritans"}),
    "es": ({"es112", "mx911", "us911"}, {"es024", "mx-linea-vida", "us988"}),
}


def _steps(content: Content, language: str) -> list[tuple[str, Step]]:
    return [
        (f"{topic}#{step.id}", step)
        for topic in TOPICS
        for step in content.topic(topic, language).steps.values()
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_says_that_it_is_a_program_and_no_person_reads(
    content: Content, language: str
) -> None:
    for name, step in _steps(content, language):
        text = "\n".join(step.parts)
        assert NO_PERSON[language] in text, name
        assert PROGRAM[language].lower() in text.lower(), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_holds_the_emergency_number_and_another_one_to_ring(
    content: Content, language: str
) -> None:
    for name, step in _steps(content, language):
        assert "h110" in step.hotlines, name
        assert "h12356" in step.hotlines, name
        assert len(step.parts) == 1, "the numbers stand in the same message"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_holds_a_line_for_people_elsewhere(content: Content, language: str) -> None:
    emergency, listening = ELSEWHERE["zh" if language == "zh-Hant" else language]
    for name, step in _steps(content, language):
        [line] = [part for part in step.paragraphs if "findahelpline" in part.hotlines]
        assert emergency | listening <= set(line.hotlines), name
        regions = {content.sources.hotlines[number].region for number in line.hotlines}
        assert regions == PLACES[language], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_stands_there_that_hotlines_does_not_hold(
    content: Content, language: str
) -> None:
    for name, step in _steps(content, language):
        text = "\n".join((step.title, *step.parts, *(button.label for button in step.buttons)))
        numbers = {content.sources.hotlines[number].number for number in step.hotlines}
        for number in sorted(numbers, key=len, reverse=True):
            text = text.replace(number, "")
        assert not re.search(r"\d{2,}", text), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_with_one_source_says_so_where_it_stands(content: Content, language: str) -> None:
    for name, step in _steps(content, language):
        for part in step.paragraphs:
            for number in part.hotlines:
                hotline = content.sources.hotlines[number]
                if hotline.confidence in ("C", "1"):
                    said = f"{hotline.number}（只有一个来源）"
                    assert language.startswith("zh"), f"{name}: {number}"
                    assert said in part.text or content.traditional(said) in part.text, name


def test_the_first_step_is_help_and_all_steps_are_for_danger_to_life(content: Content) -> None:
    for language in LANGUAGES:
        assert content.topic("crisis_self_harm", language).first.id == "help"
        assert content.topic("physical_danger", language).first.id == "start"
        assert all(content.topic(topic, language).safety for topic in TOPICS)


def test_the_question_is_asked_plainly_and_leads_to_help(content: Content) -> None:
    question = {
        "zh": "你有想过结束生命吗？",
        "zh-Hant": "你有想過結束生命嗎？",
        "en": "Are you thinking about suicide?",
        "es": "¿Está pensando en quitarse la vida?",
    }
    for language, words in question.items():
        step = content.topic("crisis_self_harm", language).steps["ask"]
        assert words in step.parts[0]
        assert step.buttons[0].target.step == "help"


def test_the_bereaved_are_never_asked_whether_they_want_to_die(content: Content) -> None:
    for language in LANGUAGES:
        text = "\n".join(content.topic("crisis_self_harm", language).steps["bereaved"].parts)
        assert not re.search(
            r"结束生命|結束生命|想死|suicide|kill|quitarse la vida|morir|自杀|自殺", text
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_names_the_debt_as_the_cause_or_death_as_a_way_out(
    content: Content, language: str
) -> None:
    for name, step in _steps(content, language):
        text = "\n".join(step.parts)
        assert not re.search(
            r"因为(?:欠|债)|因為(?:欠|債)|because of (?:the )?debt"
            r"|(?:a causa|por culpa) de (?:la|las) deudas?"
            r"|死了.{0,6}(?:不用|不必)还|解脱|解脫|escape from",
            text,
            re.IGNORECASE,
        ), name
