"""Trains the model that ships: `rasa train nlu`, then the decision policy. Run by `make train`.

About twenty minutes, half of them for reading 27,000 examples with the slower encoder.
"""

import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

NLU = Path(__file__).resolve().parent
MODEL = NLU / "model"
FOLDS = 5

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.chdir(NLU)
sys.path.insert(0, str(NLU))


def train_with_rasa(directory: Path) -> None:
    """Runs `rasa train nlu` and copies the files that the classifier persisted."""
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as scratch:
        archive = train_nlu("config.yml", "data", scratch, fixed_model_name="model")
        with tarfile.open(str(archive)) as file:
            file.extractall(scratch)  # noqa: S202  # made a second ago by this process
        (persisted,) = Path(scratch).glob("components/train_*RecogniserClassifier*")
        directory.mkdir(exist_ok=True)
        for path in persisted.iterdir():
            shutil.copyfile(path, directory / path.name)


def train_policy(directory: Path) -> dict[str, float]:
    """Fits the decision policy by cross-validation and writes it beside the model."""
    from recogniser import Recogniser
    from recogniser.examples import read_examples
    from recogniser.fitting import fit_policy
    from recogniser.training import cross_validate, neighbour_folds

    examples = list({example[:2]: example for example in read_examples(NLU / "data")}.values())
    folds = neighbour_folds([(example.file, example.intent) for example in examples], FOLDS)
    texts = [example.text for example in examples]
    intents = [example.intent for example in examples]
    settings = Recogniser.load(directory).settings
    names, probabilities = cross_validate(texts, intents, folds, settings)
    policy, figures = fit_policy(probabilities, names, intents)
    policy.save(directory)
    return figures


if __name__ == "__main__":
    print("Training with Rasa ...", file=sys.stderr)
    train_with_rasa(MODEL)
    print("Fitting the decision policy by cross-validation ...", file=sys.stderr)
    for name, value in train_policy(MODEL).items():
        print(f"  {name:22} {value:.3f}", file=sys.stderr)
