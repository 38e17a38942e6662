"""Builds what a person sees: an answer with its buttons, the menu, a question between topics."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.messages import TRAIL_LENGTH, Decision, Key, Outcome, Reply, Session, Turn
from bot.conversation.payload import step_payload, tool_payload
from bot.knowledge.content import Content
from bot.knowledge.render import render_step, render_stub
from bot.knowledge.topics import Button, Paragraph, Step
from bot.settings import Settings

CONVERSATION = "conversation"  # the topic that holds greetings and the like, one step an intent
WHERE_TO_START = "where_to_start"
ELSEWHERE = "elsewhere"  # for people whose loan or court is not in mainland China
HUMAN = "talk_to_human"
PRIVACY = "ask-privacy"
# Tools that exist; a button of the answers to another one is not shown.
TOOLS = frozenset({"check_notice", "deadline", "cost", "diary", "complaint"})
Rows = tuple[tuple[Key, ...], ...]


def tool_key(content: Content, session: Session, name: str, phrase: str) -> Key:
    return Key(content.phrase(phrase, session.language), tool_payload(session.id, name))


def topic_key(content: Content, session: Session, topic: str, step: str = "") -> Key:
    label = content.title(topic, session.language)
    return Key(label, step_payload(session.id, topic, step))


def button_key(content: Content, session: Session, button: Button) -> Key:
    target = button.target
    if target.kind == "tool":
        return Key(button.label, tool_payload(session.id, target.tool))
    if target.kind == "human":
        return Key(button.label, step_payload(session.id, HUMAN, ""))
    return Key(button.label, step_payload(session.id, target.topic, target.step))


def navigation(content: Content, session: Session) -> Rows:
    """Back (where there is a way back) and the menu."""
    row = [tool_key(content, session, "menu", "key_menu")]
    if session.trail:
        row.insert(0, tool_key(content, session, "back", "key_back"))
    return (tuple(row),)


def open_step(
    content: Content,
    session: Session,
    topic_id: str,
    step_id: str,
    now: datetime,
    *,
    decision: Decision = "flow",
    extra: Sequence[Key | tuple[Key, ...]] = (),
    remember: bool = True,
    ranking: tuple[tuple[str, float], ...] = (),
    lead: Paragraph | None = None,
) -> Turn:
    """Show one step (the first for ""), or the honest stub where it may not be shown today.

    `extra` keys stand in a row of their own each, or in rows as given. `lead` is what a tool
    worked out; it stands before the step's own text, with its sources.
    """
    language = session.language
    topic = content.topic(topic_id, language)
    status = content.status(topic_id, language, now.date())
    step = topic.steps.get(step_id) if step_id else (topic.first if topic.steps else None)
    if status != "current" or step is None:
        if status == "current" and topic.steps:
            step = topic.first  # a step that was renamed since the button was sent
        else:
            return _open_stub(content, session, topic_id, status, now, decision, ranking)
    if lead:
        step = replace(step, paragraphs=(lead, *step.paragraphs))
    if (topic_id, step.id) == (CONVERSATION, PRIVACY):
        days = content.operator.get("backup_days") or Settings.backup_days
        backups = Paragraph(content.phrase("privacy_backups", language, days=days), ())
        step = replace(step, paragraphs=(*step.paragraphs, backups))
    rendered = render_step(content, topic, step, language, now)
    after = _moved(session, topic_id, step.id, remember=remember)
    texts = list(rendered.texts)
    hotline, hours = content.operator.get("hotline"), content.operator.get("hours")
    if topic_id == HUMAN and hotline:
        line = content.phrase("operator_line", language, hotline=hotline, hours=hours or "")
        texts[0] = f"{line}\n\n{texts[0]}"
    rows: list[tuple[Key, ...]] = [
        (button_key(content, after, button),)
        for button in step.buttons
        if not button.target.tool or button.target.tool.partition("-")[0] in TOOLS
    ]
    rows += [(key,) if isinstance(key, Key) else key for key in extra]
    note_law = rendered.is_law and not session.law_note_shown and content.has(ELSEWHERE)
    if note_law:
        texts[0] = content.phrase("law_note", language) + "\n\n" + texts[0]
        label = content.phrase("key_elsewhere", language)
        rows.append((Key(label, step_payload(after.id, ELSEWHERE, "")),))
        after = replace(after, law_note_shown=True)
    replies = [Reply(text) for text in texts[:-1]]
    replies.append(Reply(texts[-1], (*rows, *navigation(content, after))))
    outcome = Outcome(
        language, decision, topic_id, step.id, ranking=ranking, sources=rendered.sources
    )
    return Turn(after, tuple(replies), outcome=outcome)


def _open_stub(
    content: Content,
    session: Session,
    topic_id: str,
    status: str,
    now: datetime,
    decision: Decision,
    ranking: tuple[tuple[str, float], ...],
) -> Turn:
    topic = content.topic(topic_id, session.language)
    rendered = render_stub(
        content, topic, session.language, now, "stub" if status == "current" else status
    )
    after = _moved(session, topic_id, "", remember=True)
    keys = []
    if content.has(HUMAN) and topic_id != HUMAN:
        keys.append((topic_key(content, after, HUMAN),))
    if content.has(WHERE_TO_START) and topic_id != WHERE_TO_START:
        keys.append((topic_key(content, after, WHERE_TO_START),))
    outcome = Outcome(session.language, decision, topic_id, None, ranking=ranking)
    return Turn(
        after, (Reply(rendered.texts[0], (*keys, *navigation(content, after))),), outcome=outcome
    )


def _moved(session: Session, topic: str, step: str, *, remember: bool) -> Session:
    trail = session.trail
    here = (session.topic, session.step)
    if remember and session.topic and here != (topic, step):
        trail = (*trail, here)[-TRAIL_LENGTH:]
    return replace(
        session, topic=topic, step=step, trail=trail, pending="", offered=(), tool="", tool_state={}
    )


def menu(content: Content, session: Session, lead: str = "menu_lead") -> Reply:
    """The main menu: urgent things first, then the groups of topics. Needs no NLU."""
    language = session.language
    rows = [
        (topic_key(content, session, name),)
        for name in ("physical_danger", "crisis_self_harm")
        if content.has(name)
    ]
    rows += [
        (Key(content.pick(group.title, language), tool_payload(session.id, f"menu-{group.id}")),)
        for group in content.groups
    ]
    if session.topic and content.has(session.topic):
        label = content.phrase(
            "key_continue", language, title=content.title(session.topic, language)
        )
        rows.append((Key(label, step_payload(session.id, session.topic, session.step)),))
    rows.append((tool_key(content, session, "hide", "key_hide"),))
    return Reply(content.phrase(lead, language), tuple(rows))


def group_menu(content: Content, session: Session, group_id: str) -> Reply | None:
    for group in content.groups:
        if group.id == group_id:
            rows = tuple((topic_key(content, session, name),) for name in group.topics)
            return Reply(
                content.pick(group.title, session.language),
                (*rows, (tool_key(content, session, "menu", "key_menu"),)),
            )
    return None


def clarify(
    content: Content, session: Session, intents: Sequence[str], *, long: bool
) -> tuple[Session, Reply]:
    """Ask between two or three topics by their human titles, with "none of these"."""
    rows = [(topic_key(content, session, name),) for name in intents]
    if long and content.has(WHERE_TO_START):
        rows.append((topic_key(content, session, WHERE_TO_START),))
    rows.append((tool_key(content, session, "none", "key_none"),))
    after = replace(session, pending="clarify", offered=tuple(intents))
    return after, Reply(content.phrase("clarify", session.language), tuple(rows))


def current_step(content: Content, session: Session) -> Step | None:
    if not content.has(session.topic):
        return None
    return content.topic(session.topic, session.language).steps.get(session.step)
