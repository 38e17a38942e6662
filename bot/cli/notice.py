"""`helpline check-notice`: read a claimed notice from the command line."""

import json
import sys
from pathlib import Path

import click

from bot.settings import Settings

LANGUAGES = ("zh", "zh-Hant", "en", "es")


@click.command("check-notice")
@click.argument("text", required=False)
@click.option("--sender", default="", metavar="NUMBER", help="The number it came from.")
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A screenshot or photograph (needs `make setup-ocr`).",
)
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", help="Answer in this.")
def check_notice(
    text: str | None, sender: str, image: Path | None, as_json: bool, language: str
) -> None:
    """Read TEXT (- for standard input) or a picture: what speaks for and against it.

    Nothing is opened, sent or stored.
    """
    from bot.conversation.notice import compose
    from bot.knowledge.content import load_content
    from bot.notices import read_notice

    settings = Settings.from_environment()
    if image is not None:
        text = _text_of(image)
    elif text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    if not text or not text.strip():
        raise click.UsageError("there is no text: give TEXT, - for standard input, or --image FILE")
    content = load_content()
    reading = read_notice(
        text,
        sender=sender,
        today=settings.now().date(),
        language=language,
        sources_known=content.sources.articles,
    )
    if as_json:
        click.echo(json.dumps(reading.as_json(), ensure_ascii=False))
    else:
        click.echo(compose(reading, content, language))


def _text_of(image: Path) -> str:
    from bot.notices.pictures import PictureError, PictureReader

    try:
        with PictureReader() as reader:
            picture = reader.read(image.read_bytes())
    except PictureError as error:
        raise click.ClickException(error.remedy) from error
    return picture.whole_text
