"""The recogniser as a Rasa intent classifier, for Rasa's own train, test and run."""

# No postponed evaluation of annotations in this folder: Rasa reads them to wire the components.

import dataclasses
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from recogniser import Recogniser, Settings, clean, encoder
from recogniser.fingerprint import code_digest, fingerprint, save_fingerprint


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RecogniserClassifier(IntentClassifier, GraphComponent):
    """Ranks all intents. What it persists is what ships in nlu/model, byte for byte."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The recogniser's settings; any of them may stand in config.yml."""
        return dataclasses.asdict(Settings())

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises InvalidConfigException for a setting that does not exist."""
        unknown = set(config) - set(cls.get_default_config())
        if unknown:
            raise InvalidConfigException(
                f"config.yml sets {sorted(unknown)} for RecogniserClassifier; "
                f"it knows {sorted(cls.get_default_config())}."
            )

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa's cache sees this file only; a changed recogniser must train anew as well."""
        return code_digest()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        recogniser: Recogniser | None = None,
    ) -> None:
        self._settings = Settings(**{**self.get_default_config(), **config})
        self._model_storage = model_storage
        self._resource = resource
        self._recogniser = recogniser

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "RecogniserClassifier":
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on the examples and writes the model's files."""
        from recogniser.training import train

        examples = [
            (example.get(TEXT), example.get(INTENT))
            for example in training_data.intent_examples
            if example.get(TEXT)
        ]
        self._recogniser = train(
            [text for text, _ in examples], [intent for _, intent in examples], self._settings
        )
        with self._model_storage.write_to(self._resource) as directory:
            self._recogniser.save(directory)
            save_fingerprint(directory, fingerprint(examples, self._settings))
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "RecogniserClassifier":
        """A trained classifier, with the encoder already in memory so that no message waits."""
        with model_storage.read_from(resource) as directory:
            recogniser = Recogniser.load(directory)
        encoder.FAST.load()
        return cls(config, model_storage, resource, recogniser)

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets each message's intent and the ranking of all intents."""
        if self._recogniser is None:
            return messages
        rankings = self._recogniser.rank_many([clean(message.get(TEXT)) for message in messages])
        for message, ranking in zip(messages, rankings, strict=True):
            rows = [{"name": name, "confidence": value} for name, value in ranking]
            message.set(INTENT, rows[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, rows, add_to_output=True)
        return messages
