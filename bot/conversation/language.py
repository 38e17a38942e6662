"""Which of the four languages a text is written in: script first, then small words and letters."""

import functools
import re
from collections.abc import Callable

LANGUAGES = ("zh", "zh-Hant", "en", "es")

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OTHER_SCRIPT = re.compile(
    r"[\u0370-\u1aff\u1f00-\u1fff\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af]"
)  # Greek to Mongolian, kana, hangul
_WORD = re.compile(r"[a-zà-öø-ÿœ']+")

# Signs of Traditional writing that hold where no character has a Simplified form.
_CANTONESE_OR_TAIWANESE = re.compile(r"[佢哋冇嘅喺咗唔啲嚟咁乜嗰嘢攞畀俾噉啱\u3105-\u312f「」『』]")

_ENGLISH = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "already",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "bank",
        "be",
        "because",
        "been",
        "but",
        "by",
        "call",
        "called",
        "calling",
        "calls",
        "can",
        "can't",
        "cannot",
        "could",
        "court",
        "debt",
        "did",
        "didn't",
        "do",
        "does",
        "doesn't",
        "don't",
        "for",
        "from",
        "get",
        "give",
        "go",
        "goodbye",
        "had",
        "hand",
        "has",
        "have",
        "hello",
        "help",
        "her",
        "hey",
        "hi",
        "him",
        "his",
        "how",
        "i",
        "i'm",
        "if",
        "in",
        "is",
        "isn't",
        "it",
        "it's",
        "just",
        "know",
        "like",
        "loan",
        "left",
        "life",
        "live",
        "me",
        "mom",
        "money",
        "mother",
        "my",
        "near",
        "need",
        "never",
        "no",
        "not",
        "now",
        "of",
        "on",
        "one",
        "or",
        "our",
        "out",
        "pay",
        "people",
        "please",
        "police",
        "real",
        "said",
        "say",
        "says",
        "send",
        "sent",
        "she",
        "should",
        "sorry",
        "stop",
        "talk",
        "thank",
        "thanks",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "they're",
        "this",
        "threatening",
        "to",
        "told",
        "too",
        "u",
        "up",
        "us",
        "wait",
        "want",
        "was",
        "we",
        "were",
        "what",
        "what's",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "won't",
        "work",
        "would",
        "yes",
        "you",
        "your",
    ]
)
_SPANISH = frozenset(
    [
        "a",
        "abogado",
        "al",
        "algo",
        "alguien",
        "antes",
        "aquí",
        "aqui",
        "así",
        "asi",
        "ayuda",
        "banco",
        "buenas",
        "bueno",
        "buenos",
        "como",
        "cómo",
        "con",
        "cuando",
        "cuándo",
        "cuánto",
        "cuanto",
        "cuenta",
        "cual",
        "cuál",
        "dan",
        "de",
        "debo",
        "deuda",
        "deudas",
        "del",
        "desde",
        "dice",
        "dicen",
        "dijo",
        "dinero",
        "donde",
        "dónde",
        "el",
        "él",
        "ella",
        "ellos",
        "en",
        "entonces",
        "era",
        "es",
        "esa",
        "ese",
        "eso",
        "esta",
        "está",
        "estan",
        "están",
        "estas",
        "este",
        "esto",
        "estos",
        "estoy",
        "familia",
        "fue",
        "gracias",
        "ha",
        "hablar",
        "hace",
        "hacer",
        "han",
        "hasta",
        "hay",
        "hermano",
        "hija",
        "hijo",
        "hola",
        "la",
        "las",
        "le",
        "les",
        "llaman",
        "llamada",
        "llamadas",
        "llamado",
        "llamando",
        "lo",
        "los",
        "mamá",
        "mama",
        "mañana",
        "más",
        "mas",
        "me",
        "mensaje",
        "mi",
        "mis",
        "mucho",
        "muy",
        "nada",
        "necesito",
        "ni",
        "no",
        "nos",
        "o",
        "para",
        "pagar",
        "pago",
        "pero",
        "persona",
        "pido",
        "por",
        "porque",
        "préstamo",
        "prestamo",
        "puede",
        "pueden",
        "puedo",
        "que",
        "qué",
        "quien",
        "quién",
        "quiere",
        "quieren",
        "quiero",
        "real",
        "recibí",
        "recibi",
        "se",
        "sé",
        "sea",
        "ser",
        "si",
        "sí",
        "sin",
        "sobre",
        "son",
        "soy",
        "su",
        "sus",
        "también",
        "tambien",
        "te",
        "tengo",
        "tiene",
        "tienen",
        "todo",
        "todos",
        "tu",
        "un",
        "una",
        "verdad",
        "vez",
        "vida",
        "y",
        "ya",
        "yo",
    ]
)
_SPANISH_ONLY_SIGNS = re.compile(r"[ñ¿¡]")
_SPANISH_VOWELS = re.compile(r"[áéíóú]")


@functools.cache
def _converter(name: str) -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC(name).convert
    return convert


def detect_language(text: str, default: str | None = None) -> str | None:
    """One of zh, zh-Hant, en, es; `default` where the text does not tell, None where neither does.

    Chinese without a telling character ("可以") is the default's script, else Simplified.
    Chinese with foreign words in it is Chinese; English around a Chinese legal term is English.
    """
    lowered = text.lower().replace("’", "'")
    words = _WORD.findall(lowered)
    english = sum(word in _ENGLISH for word in words)
    spanish = sum(word in _SPANISH for word in words)
    characters = _HAN.findall(text)
    if len(characters) > 2 * max(english, spanish) and not _mostly_other_script(text, characters):
        return _script("".join(characters), text, default)
    if _SPANISH_ONLY_SIGNS.search(lowered):
        spanish += 2
    if _SPANISH_VOWELS.search(lowered):
        spanish += 1
    if english == spanish:
        return default
    return "en" if english > spanish else "es"


def _mostly_other_script(text: str, characters: list[str]) -> bool:
    """Japanese and the like: Han characters among many of another script."""
    return len(_OTHER_SCRIPT.findall(text)) * 2 > len(characters)


def _script(han: str, text: str, default: str | None) -> str:
    def changed(name: str) -> int:
        converted = _converter(name)(han)
        return sum(before != after for before, after in zip(han, converted, strict=False))

    traditional, simplified = changed("t2s"), changed("s2t")
    if traditional == simplified:
        if _CANTONESE_OR_TAIWANESE.search(text):
            return "zh-Hant"
        return default if default in ("zh", "zh-Hant") else "zh"
    return "zh-Hant" if traditional > simplified else "zh"
