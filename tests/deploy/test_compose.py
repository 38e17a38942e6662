"""docker-compose.yml and the images, as far as they can be checked without a Docker engine."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_file_follows_the_compose_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_services_run_with_as_little_as_they_need(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["mem_limit"]
    assert service["user"] != "root"
    dockerfile = (ROOT / service["build"]["dockerfile"]).read_text()
    assert "\nUSER " in dockerfile
    assert "\nHEALTHCHECK " in dockerfile


def test_rasa_is_reached_by_the_bot_alone() -> None:
    rasa = COMPOSE["services"]["nlu"]
    assert "ports" not in rasa
    assert rasa["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert rasa["environment"]["RASA_TELEMETRY_ENABLED"] == "false"


def test_every_setting_that_compose_passes_exists() -> None:
    from bot.settings import Settings

    names = dict.fromkeys(COMPOSE["services"]["bot"]["environment"], "")
    Settings.from_environment(names)


@pytest.mark.parametrize("name", ["bot.Dockerfile", "nlu.Dockerfile"])
def test_what_the_images_copy_exists(name: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text()
    for line in (ROOT / "docker" / name).read_text().splitlines():
        if line.startswith("COPY "):
            source = line.split()[1]
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}" in ignored


def test_no_lock_file_names_a_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text, path
        assert "--hash=sha256:" in text
