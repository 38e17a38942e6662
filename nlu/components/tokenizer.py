"""A tokenizer for all four languages at once; Rasa's own each refuse the other's script."""

# No postponed evaluation of annotations in this folder: Rasa reads them to wire the components.

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

# A Han character or kana stands for itself, a run of other letters and digits is a word.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|\S"
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ScriptAwareTokenizer(Tokenizer):
    """Words of alphabetic scripts, single characters of the others."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Settings that Rasa's base class expects; intents are never split here."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of a message, with their offsets."""
        return [
            Token(match.group(), match.start()) for match in _TOKEN.finditer(message.get(attribute))
        ]
