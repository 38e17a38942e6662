"""The same words in another script, width or disguise; any text at all without an error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.phrase import Index, Phrases, read_phrase
from bot.conversation.safety import MAX_CHARACTERS, Alarm, fold, load_words, press, screen

HELP = Alarm("crisis_self_harm", "help", certain=True)
DANGER = Alarm("physical_danger", "start", certain=True)


@settings(max_examples=300)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    assert screen(text) is None or isinstance(screen(text), Alarm)


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([*"我不想死活了。， 他说妈", "老公", "die ", "i want to ", "\ud800"]))
)
def test_no_mixture_of_its_own_words_is_an_error(parts: list[str]) -> None:
    screen("".join(parts))


@settings(max_examples=200)
@given(st.text(max_size=100))
def test_plain_words_are_found_between_any_other_lines(around: str) -> None:
    alarm = screen(f"{around}\n我想自杀\n{around}")
    assert alarm is not None
    assert alarm.certain


@pytest.mark.parametrize(
    "text",
    [
        "我想自殺",  # Traditional
        "我想　自杀",
        "我 想 自 杀",
        "自-杀",
        "自。杀",
        "自\u200b杀",
        "想、死",
        "想💀",
        "Ｉ ＷＡＮＴ ＴＯ ＤＩＥ",
        "i want to dieeee",
        "K!ll myself, kill my self",
        "su1cide",
        "s.u.i.c.i.d.e",
        "kіll mуself",  # Cyrillic і, у
        "I don’t want to live",
        "i dont want to live",
        "QUIERO SUICIDARME",
        "quiero quitarme la vída",
        "xiang si",
    ],
)
def test_a_disguise_hides_nothing(text: str) -> None:
    assert screen(text) == HELP


def test_accents_are_optional() -> None:
    assert screen("estan golpeando mi puerta") == screen("están golpeando mi puerta") == DANGER


def test_a_stop_keeps_two_clauses_apart() -> None:
    assert screen("死活不给分期，不，想活下去慢慢还") is None


def test_the_end_of_a_very_long_text_is_read() -> None:
    filler = "他们天天给我打电话。" * MAX_CHARACTERS
    assert screen(filler) is None
    assert screen(filler + "我不想活了") == HELP


def test_pressing_returns_only_what_says_more() -> None:
    assert press(fold("今天很冷。自 杀")) == "自杀"
    assert press(fold("今天很冷。明天也冷。")) == ""


def test_needles_dismiss_nothing_that_the_pattern_would_find(every_sentence: list[str]) -> None:
    words = load_words()
    groups: list[Phrases] = [words.harmless, words.quoted, words.spoken_to]
    groups += [phrases for rule in words.rules for phrases in (rule.found, rule.unless)]
    # Together and with much around them, so that beginnings are skipped and windows merged.
    folded = fold("。".join(every_sentence[::9]))[:2000]
    index = Index(groups)
    places = index.places(index.hits(folded))
    for group in groups:
        searched = {
            phrase: list(phrase.spans(folded, *found)) for phrase, *found in places.get(group, ())
        }
        for phrase in group.phrases:
            whole = [found.span() for found in phrase.regex.finditer(folded)]
            assert phrase.needles is None or searched.get(phrase, []) == whole, phrase.pattern


def test_the_notation_means_what_the_head_of_the_file_says() -> None:
    def stands(phrase: str, text: str) -> bool:
        phrases = Phrases([read_phrase(phrase, {"who": "my (mum|dad)"}, str.lower)])
        index = Index([phrases])
        return phrases.stand(text, index.places(index.hits(text)))

    assert stands("(a|b)c? d", "b d")
    assert stands("<who> … cried", "my dad has often cried")
    assert not stands("<who> ~ cried", "my dad knows i cried")
    assert not stands("<who> … cried", "my dad. she cried")
    assert stands("viv*", "quiero vivir")
    assert not stands("die", "diet")
    assert stands("^no$", "well, no, thanks")
    assert not stands("^^no$$", "well, no, thanks")
    assert stands("想…死(?!机)", "想马上死")
    assert not stands("想…死(?!机)", "想死机")
    assert not stands("(?<!不)想死", "不想死")
