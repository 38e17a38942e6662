"""`helpline …`: the commands. Heavy parts are imported by the command that needs them."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from bot.cli.notice import check_notice
from bot.settings import Settings, SettingsError

if TYPE_CHECKING:
    from bot.app import Helpline
    from bot.conversation.messages import Turn
    from bot.knowledge.content import Content

F = TypeVar("F", bound=Callable[..., Any])
LANGUAGES = ("zh", "zh-Hant", "en", "es")
language_option = click.option(
    "--language", type=click.Choice(LANGUAGES), help="Answer in this language."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


def main() -> None:
    """Run the command line; known errors become one line with the remedy, no traceback."""
    from bot.knowledge.topics import ContentError
    from bot.store import StoreError
    from bot.store.keys import KeyFileError

    try:
        cli(prog_name="helpline", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (SettingsError, ContentError, StoreError, KeyFileError) as error:
        _fail(str(error))
    except BrokenPipeError:  # the reader of our output has closed it, as `head` does
        sys.stderr.close()


def _fail(text: str, code: int = 1) -> NoReturn:
    click.echo(f"Error: {text}", err=True)
    sys.exit(code)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Vetted answers for people hounded by debt collectors, in a chat."""


def settings_from_environment(command: F) -> F:
    """Give a command its settings as the first argument."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from bot.log import set_up_logging

        settings = Settings.from_environment()
        set_up_logging(settings.log_level)
        return command(settings, *args, **kwargs)

    return run  # type: ignore[return-value]


def _content(settings: Settings) -> "Content":
    from bot.app import read_withdrawn
    from bot.knowledge.content import load_content

    content = load_content(require_signoff=settings.require_signoff, operator=settings.operator)
    return content.with_withdrawn(frozenset(read_withdrawn(settings.data_path)))


def _helpline(settings: Settings) -> "Helpline":
    from bot.app import Helpline

    return Helpline(settings)


# Talking


@cli.command()
@click.argument("text")
@json_option
@language_option
@settings_from_environment
def ask(settings: Settings, text: str, as_json: bool, language: str | None) -> None:
    """Answer TEXT; with - each line of standard input is a turn of one conversation.

    A line !PAYLOAD presses a button. Nothing is stored.
    """
    from bot import casework
    from bot.app import engine, load_policy
    from bot.conversation.messages import Message
    from bot.conversation.turn import new_session, turn

    content, understand, policy = _content(settings), engine(settings), load_policy()
    case = casework.Case()
    session = new_session(settings.now(), language or "zh", chosen=language is not None)
    for line in _lines(text):
        if line.startswith("!"):
            message = Message("button", payload=line[1:])
        elif line.startswith("/") and line[1:].isalpha():
            message = Message("command", line[1:])
        else:
            message = Message("text", line)
        done = turn(
            session,
            message,
            content,
            understand,
            settings.now(),
            policy=policy,
            tools=casework.tools(lambda: content, case),
        )
        session = done.session
        case = casework.changed_case(done.effects) or case
        if as_json:
            print_json(turn_as_json(done))
        else:
            _print_turn(done)


def _lines(text: str) -> Iterator[str]:
    """The turns: TEXT itself, or the lines of standard input (undecodable bytes replaced)."""
    if text != "-":
        yield text
        return
    for raw in sys.stdin.buffer:
        yield raw.decode("utf-8", errors="replace").rstrip("\r\n")


def turn_as_json(done: "Turn") -> dict[str, Any]:
    """The keys of the design's command contract."""
    outcome = done.outcome
    assert outcome is not None
    hidden = outcome.decision in ("clarify", "out_of_scope")
    return {
        "language": outcome.language,
        "decision": outcome.decision,
        "safety": outcome.safety,
        "topic": None if hidden else outcome.topic,
        "step": outcome.step,
        "offered": list(outcome.offered),
        "ranking": [[intent, round(confidence, 6)] for intent, confidence in outcome.ranking],
        "replies": [
            {
                "text": reply.text,
                "buttons": [
                    [{"text": key.text, "payload": key.payload} for key in row]
                    for row in reply.buttons
                ],
            }
            for reply in done.replies
        ],
        "sources": list(outcome.sources),
    }


def _print_turn(done: "Turn") -> None:
    for reply in done.replies:
        click.echo(reply.text + "\n")
        for row in reply.buttons:
            for key in row:
                click.echo(f"  [{key.text}]  !{key.payload}")
        click.echo()


@cli.command()
@language_option
@settings_from_environment
def chat(settings: Settings, language: str | None) -> None:
    """Talk in this terminal. The recogniser loads while you read the welcome."""
    from bot.channels import terminal
    from bot.conversation.messages import Message
    from bot.conversation.payload import tool_payload

    helpline = _helpline(settings)
    helpline.tidy()
    warm_up = getattr(helpline.understand, "warm_up", None)
    if warm_up:
        warm_up()
    if language:
        session = helpline.session(terminal.CHANNEL, terminal.CHAT)
        payload = tool_payload(session.id, f"language-{language}")
        helpline.answer(terminal.CHANNEL, terminal.CHAT, Message("button", payload=payload))
    try:
        terminal.run(helpline)
    finally:
        helpline.close()


@cli.command()
@settings_from_environment
def telegram(settings: Settings) -> None:
    """Serve Telegram: by webhook where HELPLINE_WEBHOOK_URL is set, else by polling."""
    from bot.channels.telegram import serve

    serve(settings)


# Measuring


@cli.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write confusion.svg and risk.svg into this folder.",
)
@json_option
@language_option
@settings_from_environment
def evaluate_command(
    settings: Settings, file: Path, pictures: Path | None, as_json: bool, language: str | None
) -> None:
    """Measure the router on a labelled TSV file, each row the first message of a session."""
    from bot.app import engine, load_policy
    from bot.cli.evaluation import EvaluationError, evaluate, read_rows
    from bot.conversation.messages import Message, Outcome
    from bot.conversation.turn import new_session, turn
    from bot.understanding.embedded import EmbeddedEngine

    try:
        rows = read_rows(file)
    except EvaluationError as error:
        _fail(str(error))
    content, policy, now = _content(settings), load_policy(), settings.now()
    understand = engine(settings)
    click.echo(f"{len(rows)} questions ...", err=True)
    if isinstance(understand, EmbeddedEngine):
        understand = understand.batch([row.text for row in rows])

    def decide(text: str) -> Outcome:
        session = new_session(now, language or "zh", chosen=language is not None)
        message = Message("text", text)
        outcome = turn(session, message, content, understand, now, policy=policy).outcome
        assert outcome is not None
        return outcome

    outcomes = [decide(row.text) for row in rows]
    result = evaluate(rows, outcomes)
    if pictures:
        from bot.cli.pictures import write_pictures

        for path in write_pictures(rows, outcomes, pictures):
            click.echo(f"written: {path}", err=True)
    if as_json:
        print_json(result)
        return
    for name, part in (("all", result), *result["languages"].items()):
        click.echo(f"{name}  (rows {part['rows']})")
        for rate, value in part["rates"].items():
            click.echo(
                f"  {rate:26} {value['rate']:6.1%}  [{value['low']:.1%}, {value['high']:.1%}]  "
                f"n={value['n']}"
            )


cli.add_command(check_notice)

# Content


@cli.command()
@click.option("--fix", "fix_files", is_flag=True, help="Write the footnote definitions.")
@click.option("--today", "use_clock", is_flag=True, help="Also report what is due today.")
@settings_from_environment
def lint(settings: Settings, fix_files: bool, use_clock: bool) -> None:
    """Check every answer: links, languages, sources, dates, lengths, promises. Exit 1 on errors."""
    from bot.app import check_content as check
    from bot.knowledge.lint import fix

    content = _content(settings)
    if fix_files:
        for path in fix(content):
            click.echo(f"written: {path}", err=True)
        content = _content(settings)
    problems = check(content, settings.now().date() if use_clock or settings.today else None)
    for problem in problems:
        click.echo(problem)
    errors = sum(problem.level == "error" for problem in problems)
    steps = sum(len(languages["zh"].steps) for languages in content.topics.values())
    click.echo(
        f"{len(content.topics)} topics, {steps} steps, {len(content.sources.articles)} articles: "
        f"{errors} errors, {len(problems) - errors} warnings",
        err=True,
    )
    sys.exit(1 if errors else 0)


@cli.command()
@click.argument("words", nargs=-1, required=True)
@json_option
@language_option
@settings_from_environment
def find(settings: Settings, words: tuple[str, ...], as_json: bool, language: str | None) -> None:
    """Look up WORDS in titles, texts, articles and numbers (the hotline worker's search)."""
    from bot.conversation.language import detect_language
    from bot.knowledge.find import find as search

    text = " ".join(words)
    today = settings.now().date()
    hits = search(_content(settings), text, language or detect_language(text) or "zh", today)
    if as_json:
        print_json([hit.__dict__ for hit in hits])
        return
    for hit in hits:
        mark = "" if hit.status == "current" else f"  {hit.status.upper()}: not to be read out"
        click.echo(f"{hit.topic}#{hit.step}  [{hit.version}]{mark}  {hit.title}\n    {hit.excerpt}")
    if not hits:
        click.echo("Nothing found. Try fewer or shorter words.", err=True)


@cli.command()
@click.argument("topic")
@click.option("--reason", required=True, help="Why; kept with the date.")
@click.option("--undo", is_flag=True, help="Put the answer back.")
@settings_from_environment
def withdraw(settings: Settings, topic: str, reason: str, undo: bool) -> None:
    """Take TOPIC off the running bot within a minute; people get its official route instead."""
    from bot.app import read_withdrawn, write_withdrawn

    content = _content(settings)
    if not content.has(topic):
        _fail(f"no topic '{topic}'. Topics: {', '.join(content.topics)}")
    if content.topic(topic, "zh").safety and not undo:
        _fail(
            f"'{topic}' is about danger to life and is never withdrawn. Correct its text instead."
        )
    withdrawn = read_withdrawn(settings.data_path)
    if undo:
        withdrawn.pop(topic, None)
    else:
        since = settings.now().isoformat(timespec="minutes")
        withdrawn[topic] = {"reason": reason, "since": since}
    write_withdrawn(settings.data_path, withdrawn)
    click.echo(f"{topic}: {'back' if undo else 'withdrawn'}", err=True)


@cli.command()
@click.argument("topic")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one printable page."
)
@language_option
@settings_from_environment
def preview(settings: Settings, topic: str, html: Path | None, language: str | None) -> None:
    """Show TOPIC as a person sees it, every step, with its sources."""
    from bot.knowledge.preview import as_html, as_text

    content = _content(settings)
    if not content.has(topic):
        _fail(f"no topic '{topic}'. Topics: {', '.join(content.topics)}")
    if html:
        html.write_text(as_html(content, topic, language or "zh", settings.now()), encoding="utf-8")
        click.echo(f"written: {html}", err=True)
    else:
        click.echo(as_text(content, topic, language or "zh", settings.now()))


@cli.group()
def review() -> None:
    """Who signed which answer, what changed since, what must be checked when."""


@review.command("status")
@json_option
@settings_from_environment
def review_status(settings: Settings, as_json: bool) -> None:
    """One line a topic and language: signed by whom, or not."""
    content = _content(settings)
    rows = []
    for name in content.topics:
        for language in content.topics[name]:
            signed = content.sign_off(name, language)
            rows.append(
                {
                    "topic": name,
                    "language": language,
                    "version": content.version(name, language),
                    "status": content.status(name, language, settings.now().date()),
                    "signer": signed.signer if signed else None,
                    "signed": signed.signed.isoformat() if signed else None,
                }
            )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        by = f"signed by {row['signer']} on {row['signed']}" if row["signer"] else "not signed"
        click.echo(f"{row['topic']} {row['language']} [{row['version']}] {row['status']}: {by}")


@review.command("longest")
@settings_from_environment
def review_longest(settings: Settings) -> None:
    """The longest steps and sentences, for who shortens them."""
    from bot.knowledge.preview import longest

    for line in longest(_content(settings)):
        click.echo(line)


@review.command("due")
@click.option("--days", default=30, show_default=True, help="How far to look ahead.")
@settings_from_environment
def review_due(settings: Settings, days: int) -> None:
    """What must be checked again when, soonest first."""
    content, today = _content(settings), settings.now().date()
    due = sorted((languages["zh"].check_again, name) for name, languages in content.topics.items())
    for day, name in due:
        if day <= today + timedelta(days=days):
            left = (day - today).days
            click.echo(f"{day}  {name}  " + (f"in {left} days" if left >= 0 else "PAST: withdrawn"))
    if due:
        click.echo(f"next of all: {due[0][0]} ({due[0][1]})", err=True)


@review.command("diff")
@click.argument("topic", required=False)
@settings_from_environment
def review_diff(settings: Settings, topic: str | None) -> None:
    """What changed in words since each sign-off (read from the repository's history)."""
    from bot.knowledge.changes import since_sign_off

    for line in since_sign_off(_content(settings), topic):
        click.echo(line)


@review.command("sign")
@click.argument("topic")
@click.option("--language", type=click.Choice(LANGUAGES), required=True)
@click.option("--as", "signer", required=True, help="Your name as in allowed_signers.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@settings_from_environment
def review_sign(settings: Settings, topic: str, language: str, signer: str, key: Path) -> None:
    """Sign TOPIC in one language with your SSH key: you answer for this text."""
    from bot.knowledge.reviews import SignOff, sign

    content = _content(settings)
    if language not in content.topics.get(topic, {}):
        _fail(f"no file topics/{topic}/{language}.md to sign")
    digest = content.digest(topic, language)
    today = settings.now().date()
    signed = sign(content.root, SignOff(topic, language, digest, signer, today, ""), key)
    click.echo(f"signed: {signed.topic} {signed.language} by {signed.signer}", err=True)


# Operating


@cli.command()
@json_option
@settings_from_environment
def doctor(settings: Settings, as_json: bool) -> None:
    """Say in plain words what is missing and how to mend it. Exit 1 if something must be mended."""
    from bot.cli.doctor import examine

    findings = examine(settings)
    if as_json:
        print_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            click.echo(str(finding))
    sys.exit(1 if any(finding.level == "mend" for finding in findings) else 0)


@cli.command()
@settings_from_environment
def health(settings: Settings) -> None:
    """Exit 0 while the Telegram service of this machine is alive (for containers)."""
    from bot.channels.telegram.service import is_healthy

    sys.exit(0 if is_healthy(settings) else 1)


@cli.command()
@click.option("--chat", "chat_id", required=True, metavar="CHANNEL:ID")
@settings_from_environment
def forget(settings: Settings, chat_id: str) -> None:
    """Delete everything held about one chat, for a person who asks the operator."""
    channel, _, identifier = chat_id.partition(":")
    if not channel or not identifier:
        _fail("write --chat telegram:123456789")
    helpline = _helpline(settings)
    emptied = helpline.forget(channel, identifier)
    helpline.close()
    if not emptied:
        _fail(
            "the rows are deleted, but another process reads the database and copies of them still "
            "lie in its log (helpline.db-wal). The running bot empties it within ten minutes; "
            "repeat this command then to be sure"
        )
    click.echo("deleted", err=True)


@cli.command()
@click.argument("target", type=click.Path(path_type=Path))
@settings_from_environment
def backup(settings: Settings, target: Path) -> None:
    """Copy the database to TARGET while the bot runs. The key is not in it.

    Copies older than HELPLINE_BACKUP_DAYS are deleted, here and by the running bot.
    """
    helpline = _helpline(settings)
    try:
        helpline.store.trim(settings.now())
        helpline.store.backup(target, settings.now())
        deleted = helpline.store.prune_backups(settings.now(), settings.backup_days)
    finally:
        helpline.close()
    click.echo(f"written: {target}; older copies deleted: {deleted}", err=True)


@cli.command("rotate-key")
@click.option("--drop-old", is_flag=True, help="Make no new key; drop old ones not needed now.")
@settings_from_environment
def rotate_key(settings: Settings, drop_old: bool) -> None:
    """Make a new master key and lock everything anew. Stop the bot first.

    The older key stays in the key file as long as a chat may bear a name made with it. What was
    interrupted is finished by running this again.
    """
    from bot.store.rotation import rotate

    done = rotate(
        settings.data_path,
        settings.key_path,
        settings.people_path,
        settings.now().date(),
        new=not drop_old,
    )
    if not drop_old:
        made = "new key made" if done.made else "an interrupted rotation is finished, no new key"
        click.echo(made, err=True)
    click.echo(f"locked anew: {done.relocked}; old keys dropped: {done.dropped}", err=True)
    if done.older:
        until = f"from {done.until} on" if done.until else "when you know that nothing needs them"
        click.echo(
            f"older keys kept: {done.older}; 'helpline rotate-key --drop-old' drops the oldest "
            f"{until}",
            err=True,
        )
    if done.unreadable:
        _fail(
            f"{done.unreadable} rows are opened by no key in {settings.key_path}: put the key that "
            "is missing back, below the others, and run this again"
        )
