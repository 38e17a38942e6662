"""What the images run, read from their Dockerfiles."""

import json
from pathlib import Path

DOCKER = Path(__file__).resolve().parents[2] / "docker"


def command(image: str) -> list[str]:
    """The CMD of docker/<image>.Dockerfile."""
    return _array(image, "CMD [")


def health_check(image: str) -> list[str]:
    """The command of its HEALTHCHECK."""
    return _array(image, "  CMD [")


def _array(image: str, start: str) -> list[str]:
    lines = (DOCKER / f"{image}.Dockerfile").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith(start))
    array: list[str] = json.loads(line.strip().removeprefix("CMD "))
    return array
