"""One turn: a message and the session before it become replies, effects and the session after it.

The order is a promise. Commands and buttons need no understanding at all. Of words, danger to life
is looked for first, then what the open tool or step asked, then a pasted notice, and only then does
the recogniser decide between topics; a guess is never shown as an answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.conversation import choices, screens
from bot.conversation.language import detect_language
from bot.conversation.messages import (
    SESSION_HOURS,
    Decision,
    Effect,
    Forget,
    Hide,
    Key,
    Message,
    Outcome,
    Reply,
    Session,
    Tool,
    Turn,
    Understand,
    Understanding,
    Work,
)
from bot.conversation.payload import (
    Payload,
    new_session_id,
    parse_payload,
    step_payload,
    tool_payload,
)
from bot.conversation.safety import Alarm, screen
from bot.conversation.screens import CONVERSATION, WHERE_TO_START, open_step
from bot.knowledge.content import LANGUAGES, Content
from nlu.recogniser.policy import Policy

LONG_TEXT = {"zh": 60, "zh-Hant": 60, "en": 180, "es": 180}  # characters: a story, not a question
# A follow-up inside a flow is short; anything longer is a question of its own.
FOLLOW_UP = {"zh": 16, "zh-Hant": 16, "en": 48, "es": 48}
FOLLOW_UP_CONFIDENCE = 0.15  # enough for a topic that the step itself offers as a button
SHORTEST_NOTICE = 12  # characters; anything shorter is a question, not a pasted notice
ALSO_CONFIDENCE = 0.2  # a second question in the same message is offered as a button
CONVERSATION_INTENTS = (
    "greet",
    "thanks",
    "goodbye",
    "affirm",
    "deny",
    "ask_capabilities",
    "ask_privacy",
    "bot_challenge",
    "change_language",
    "start_over",
)
# Topics whose first step is the beginning of a tool.
TOOL_TOPICS = {"deadline_card": "deadline", "loan_cost": "cost"}
# Tools that keep something: a key of an earlier conversation leads back to what was kept.
KEEPING_TOOLS = ("diary", "complaint", "reminder")
LANGUAGE_NAMES = {"zh": "简体中文", "zh-Hant": "繁體中文", "en": "English", "es": "Español"}
TOOL = "tool"  # stands in `resume` where a topic would
SAFETY_TOPICS = ("crisis_self_harm", "physical_danger")


def new_session(now: datetime, language: str = "zh", *, chosen: bool = False) -> Session:
    return Session(id=new_session_id(), language=language, language_chosen=chosen, updated=now)


def turn(
    session: Session,
    message: Message,
    content: Content,
    understand: Understand,
    now: datetime,
    *,
    policy: Policy,
    tools: Mapping[str, Tool] | None = None,
) -> Turn:
    """Answer one message. `understand` is called only when words must be told apart.

    `tools` are the guided tools by name; a message goes to the open one after the safety check.
    """
    turning = _Turning(session, message, content, understand, now, policy, tools or {})
    done = turning.run()
    replies = done.replies
    if message.edited and replies and not done.session.tool:
        lead = content.phrase("edited", done.session.language)
        replies = (replace(replies[0], text=f"{lead}\n\n{replies[0].text}"), *replies[1:])
    return replace(done, replies=replies, session=replace(done.session, updated=now))


class _Turning:
    """The parts of one turn; holds what they share and nothing that outlives it."""

    def __init__(
        self,
        session: Session,
        message: Message,
        content: Content,
        understand: Understand,
        now: datetime,
        policy: Policy,
        tools: Mapping[str, Tool],
    ) -> None:
        self.session = session
        self.message = message
        self.content = content
        self.understand = understand
        self.now = now
        self.policy = policy
        self.tools = tools

    def run(self) -> Turn:
        if self.message.kind == "command":
            return self.command(self.message.text)
        if self.message.kind == "button":
            return self.button(self.message.payload)
        if self.message.kind == "attachment":
            return self.attachment(self.message.text)
        return self.words(self.message.text)

    # Small builders

    def say(
        self,
        phrase: str,
        decision: Decision = "conversation",
        *keys: Key,
        session: Session | None = None,
        topic: str | None = None,
        **values: object,
    ) -> Turn:
        after = session or self.session
        text = self.content.phrase(phrase, after.language, **values)
        rows = (*((key,) for key in keys), *screens.navigation(self.content, after))
        return Turn(after, (Reply(text, rows),), outcome=Outcome(after.language, decision, topic))

    def show(self, topic: str, step: str = "", decision: Decision = "flow", **more: object) -> Turn:
        return open_step(
            self.content,
            self.session,
            topic,
            step,
            self.now,
            decision=decision,
            **more,  # type: ignore[arg-type]
        )

    def show_menu(
        self, lead: str = "menu_lead", decision: Decision = "flow", topic: str | None = None
    ) -> Turn:
        reply = screens.menu(self.content, self.session, lead)
        session = replace(self.session, pending="", offered=(), tool="", tool_state={})
        return Turn(session, (reply,), outcome=Outcome(session.language, decision, topic))

    # Commands

    def command(self, name: str) -> Turn:
        if name == "start":
            return self.start()
        if name == "forget":
            return self.confirm_forget()
        if name == "hide":
            return self.hide()
        if name == "language":
            return self.choose_language()
        if name in ("privacy", "help"):
            return self.conversation_step(
                "ask_privacy" if name == "privacy" else "ask_capabilities"
            )
        if name == "menu":
            return self.show_menu()
        return self.show_menu("unknown_command")

    def start(self) -> Turn:
        """Who runs this, what it is, what it never asks for; then the menu."""
        operator = {
            key: self.content.operator.get(key)
            or self.content.phrase(f"operator_{key}", self.session.language)
            for key in ("organisation", "hotline", "hours", "privacy_contact")
        }
        welcome = self.content.phrase("start", self.session.language, **operator)
        menu = screens.menu(self.content, self.session)
        languages = tuple(
            Key(name, f"{self.session.id}:tool:language-{code}")
            for code, name in LANGUAGE_NAMES.items()
        )
        # Two keys a row: four names in one row are cut off on a narrow phone.
        rows = (*menu.buttons, languages[:2], languages[2:])
        session = replace(self.session, pending="", offered=(), tool="", tool_state={})
        return Turn(
            session,
            (Reply(welcome), Reply(menu.text, rows)),
            outcome=Outcome(session.language, "conversation", "greet"),
        )

    def choose_language(self) -> Turn:
        keys = [
            Key(name, f"{self.session.id}:tool:language-{code}")
            for code, name in LANGUAGE_NAMES.items()
        ]
        return self.say("choose_language", "conversation", *keys, topic="change_language")

    def confirm_forget(self) -> Turn:
        key = screens.tool_key(self.content, self.session, "forget", "key_forget")
        return self.say("forget_question", "flow", key)

    def hide(self) -> Turn:
        """A neutral answer: nothing on the screen tells what this chat is about."""
        session = replace(
            self.session,
            pending="",
            offered=(),
            tool="",
            tool_state={},
            topic="",
            step="",
            trail=(),
        )
        text = self.content.phrase("hidden", session.language)
        return Turn(session, (Reply(text),), (Hide(),), Outcome(session.language, "flow"))

    # Buttons

    def button(self, text: str) -> Turn:
        payload = parse_payload(text)
        if payload is None:
            return self.show_menu("unknown_button")
        if payload.session != self.session.id:
            return self.old_button(payload)
        if payload.topic == "tool":
            return self.tool(payload.tool)
        if not self.content.has(payload.topic):
            return self.show_menu("old_button")
        if payload.topic in TOOL_TOPICS and payload.step in ("", "start"):
            return self.tool(TOOL_TOPICS[payload.topic])
        decision: Decision = "safety" if payload.topic in SAFETY_TOPICS else "flow"
        done = self.show(payload.topic, payload.step, decision)
        return _marked_help(done) if decision == "safety" else done

    def old_button(self, payload: Payload) -> Turn:
        """A button of an earlier conversation says so and offers to open the same answer now."""
        if payload.topic in SAFETY_TOPICS and self.content.has(payload.topic):
            # Never make somebody in danger press twice.
            return _marked_help(self.show(payload.topic, payload.step, "safety"))
        if payload.tool == "reminder" and payload.tool in self.tools:
            return self.tool(payload.tool)  # it was sent days after the conversation
        keys = []
        if payload.topic != "tool" and self.content.has(payload.topic):
            keys.append(screens.topic_key(self.content, self.session, payload.topic, payload.step))
        keeping = payload.tool.partition("-")[0]
        if keeping in KEEPING_TOOLS and keeping in self.tools:
            keys.append(screens.tool_key(self.content, self.session, keeping, f"key_{keeping}"))
        return self.say("old_button", "flow", *keys)

    def tool(self, name: str) -> Turn:
        if name == "menu":
            return self.show_menu()
        if name.startswith("menu-"):
            reply = screens.group_menu(self.content, self.session, name.removeprefix("menu-"))
            if reply:
                return Turn(self.session, (reply,), outcome=Outcome(self.session.language, "flow"))
        if name == "back":
            return self.back()
        if name == "none":
            return self.none_of_these()
        if name == "safe":
            return self.safe()
        if name == "hide":
            return self.hide()
        if name == "forget":
            return self.forget()
        if name.startswith("language-"):
            return self.set_language(name.removeprefix("language-"))
        if name == "check_notice":
            session = replace(self.session, pending="notice", tool="", tool_state={})
            return self.say("notice_prompt", "flow", session=session)
        for tool_name, tool in self.tools.items():
            if name == tool_name or name.startswith(f"{tool_name}-"):
                session = (
                    self.session
                    if self.session.tool == tool_name
                    else replace(self.session, tool=tool_name, tool_state={}, pending="")
                )
                pressed = Message("button", payload=tool_payload(session.id, name))
                done = tool(session, pressed, self.now)
                if done:
                    return self.answered(done)
        return self.show_menu("unknown_button")

    def answered(self, done: Turn) -> Turn:
        """What a tool did; where it gives words back as a question, with their answer."""
        if not done.asks:
            return done
        self.session = replace(done.session, tool_state={})
        alarm = screen(done.asks)
        after = (
            self.safety(alarm) if alarm else self.notice(done.asks) or self.understood(done.asks)
        )
        said = tuple(replace(reply, buttons=()) for reply in done.replies)
        return replace(
            after, replies=(*said, *after.replies), effects=(*done.effects, *after.effects)
        )

    def back(self) -> Turn:
        if not self.session.trail:
            return self.show_menu()
        topic, step = self.session.trail[-1]
        self.session = replace(self.session, trail=self.session.trail[:-1])
        if not self.content.has(topic):
            return self.show_menu()
        return self.show(topic, step, remember=False)

    def none_of_these(self) -> Turn:
        self.session = replace(self.session, pending="", offered=())
        return self.show_menu("none_lead")

    def safe(self) -> Turn:
        """Back to where the person was before the question about their safety."""
        session = replace(self.session, pending="", resume=None)
        keys = [
            screens.topic_key(self.content, session, name)
            for name in self.session.offered
            if self.content.has(name)
        ]
        if self.session.resume and self.session.resume[0] == TOOL:
            label = self.content.phrase("key_later", session.language)
            keys.insert(0, Key(label, tool_payload(session.id, self.session.resume[1])))
        elif self.session.resume and self.content.has(self.session.resume[0]):
            topic, step = self.session.resume
            label = self.content.phrase(
                "key_continue", session.language, title=self.content.title(topic, session.language)
            )
            keys.insert(0, Key(label, step_payload(session.id, topic, step)))
        return self.say("safe_reply", "flow", *keys, session=replace(session, offered=()))

    def forget(self) -> Turn:
        fresh = new_session(self.now, self.session.language, chosen=self.session.language_chosen)
        text = self.content.phrase("forgotten", fresh.language)
        return Turn(fresh, (Reply(text),), (Forget(),), Outcome(fresh.language, "flow"))

    def set_language(self, code: str) -> Turn:
        if code not in LANGUAGES:
            return self.choose_language()
        self.session = replace(self.session, language=code, language_chosen=True)
        if self.content.has(self.session.topic):
            return self.show(self.session.topic, self.session.step, remember=False)
        return self.show_menu("language_set", "conversation", "change_language")

    # What is not text

    def attachment(self, kind: str) -> Turn:
        if self.message.file is not None and self.session.tool in self.tools:
            done = self.tools[self.session.tool](self.session, self.message, self.now)
            if done:
                return done
        if kind.startswith(("notice_", "attachment_")):
            phrase = kind  # the reader of pictures says itself what went wrong
        elif kind in ("photo", "voice", "sticker", "document"):
            phrase = f"attachment_{kind}"
        else:
            phrase = "attachment_other"
        hotline = (
            self.content.operator.get("hotline") or self.content.sources.hotlines["h12348"].number
        )
        menu = screens.menu(self.content, self.session)
        text = self.content.phrase(phrase, self.session.language, hotline=hotline)
        return Turn(
            self.session,
            (Reply(text, menu.buttons),),
            outcome=Outcome(self.session.language, "flow"),
        )

    # Words

    def words(self, text: str) -> Turn:
        if not text.strip():
            return self.show_menu("empty_text")
        self.follow_language(text)
        alarm = screen(text)
        if (
            alarm
            and not alarm.certain
            and self.session.pending == "safety"
            and choices.begins_with_no(text)
        ):
            return self.safe()  # "no, I don't want to die" answers the question; it asks no other
        if alarm:
            kept = self.kept_by_tool() if alarm.topic == "physical_danger" else ()
            return replace(self.safety(alarm), effects=kept)
        if self.session.pending == "safety" and (answer := self.safety_answer(text)):
            return answer
        if self.session.tool in self.tools:
            if self.message.edited:
                return self.edited_in_tool()
            done = self.tools[self.session.tool](self.session, self.message, self.now)
            if done:
                return self.answered(done)
        return self.chosen(text) or self.notice(text) or self.understood(text)

    def kept_by_tool(self) -> tuple[Effect, ...]:
        """A threat that the open diary asked for is written down, but help is what is shown."""
        tool = self.tools.get(self.session.tool)
        heard = tool is not None and not self.message.edited
        done = tool(self.session, self.message, self.now) if tool and heard else None
        if done is None:
            return ()
        kept = tuple(effect for effect in done.effects if isinstance(effect, Work))
        if kept:
            self.session = replace(self.session, tool_state=done.session.tool_state)
        return kept

    def edited_in_tool(self) -> Turn:
        """A message changed later is no new input: what the tool took down stays as it was."""
        return self.say("edited_in_tool", "flow", *self.to_the_tool())

    def to_the_tool(self) -> list[Key]:
        """The key back to the open tool, where it keeps something."""
        name = self.session.tool
        if name not in KEEPING_TOOLS or name not in self.tools:
            return []
        return [screens.tool_key(self.content, self.session, name, f"key_{name}")]

    def follow_language(self, text: str) -> None:
        """Answer in the language that the person writes, unless they chose one."""
        if self.session.language_chosen:
            return
        language = detect_language(text)
        if language and language != self.session.language:
            self.session = replace(self.session, language=language)

    def safety(self, alarm: Alarm, ranking: tuple[tuple[str, float], ...] = ()) -> Turn:
        """Help at once, or one gentle question that already carries the numbers."""
        resume = self.session.resume
        if self.session.topic and self.session.topic not in SAFETY_TOPICS:
            resume = (self.session.topic, self.session.step)
        if self.session.tool:
            resume = (TOOL, self.session.tool)
        self.session = replace(self.session, resume=resume)
        keys = []
        if not alarm.certain:
            keys.append(screens.tool_key(self.content, self.session, "safe", "key_safe"))
        elif resume and (resume[0] == TOOL or self.content.has(resume[0])):
            keys.append(screens.tool_key(self.content, self.session, "safe", "key_later"))
        done = self.show(alarm.topic, alarm.step, "safety", extra=keys, ranking=ranking)
        assert done.outcome is not None
        after = replace(
            done.session,
            pending="" if alarm.certain else "safety",
            # An open tool is closed, with a way back: what follows may be words of despair, and
            # none of them may end up in a diary as a collector's.
            tool="",
            tool_state={},
            offered=tuple(
                intent
                for intent, _ in ranking[:3]
                if intent not in SAFETY_TOPICS
                and intent not in CONVERSATION_INTENTS
                and self.content.has(intent)
            )[:2]
            if ranking
            else (),
        )
        outcome = replace(done.outcome, safety="help" if alarm.certain else "ask")
        return replace(done, session=after, outcome=outcome)

    def safety_answer(self, text: str) -> Turn | None:
        if choices.is_yes(text):
            return self.safety(Alarm("crisis_self_harm", "help", certain=True))
        if choices.is_no(text):
            return self.safe()
        return None

    def chosen(self, text: str) -> Turn | None:
        """A short text against what is on the screen: the offered topics, or the step's buttons."""
        language = self.session.language
        if self.session.pending == "clarify":
            titles = [self.content.title(name, language) for name in self.session.offered]
            if choices.is_no(text):
                return self.none_of_these()
            index = choices.choose(text, titles)
            return (
                self.show(self.session.offered[index], "", "answer") if index is not None else None
            )
        step = screens.current_step(self.content, self.session)
        if step is None:
            return None
        index = choices.choose(text, [button.label for button in step.buttons])
        if index is None:
            return None
        key = screens.button_key(self.content, self.session, step.buttons[index])
        return self.button(key.payload)

    def notice(self, text: str) -> Turn | None:
        """A pasted notice is read as one, whatever intent its words resemble."""
        if len(text) < SHORTEST_NOTICE:
            return None
        # Here and not above: the reader's tables take half a second that most turns never need.
        from bot.conversation.notice import answer_notice
        from bot.notices import looks_like_notice

        if self.session.pending != "notice" and not looks_like_notice(text):
            return None
        return answer_notice(self.session, text, self.content, self.now)

    def understood(self, text: str) -> Turn:
        understanding = self.understand(text)
        if understanding is None:
            # The recogniser is down: say so, and lead by the menu.
            return self.show_menu("nlu_down", "out_of_scope")
        ranking = understanding.ranking
        if self.policy.asks_about_crisis(ranking):
            return self.safety(Alarm("crisis_self_harm", "ask", certain=False), ranking)
        follow_up = self.follow_up(text, understanding)
        if follow_up:
            return follow_up
        decision = self.policy.decide(ranking)
        if decision.kind == "answer":
            return self.answer(decision.intents[0], ranking)
        long = len(text) >= LONG_TEXT[self.session.language]
        known = tuple(name for name in decision.intents if self.content.has(name))
        if decision.kind == "clarify" and known:
            session, reply = screens.clarify(self.content, self.session, known, long=long)
            outcome = Outcome(session.language, "clarify", offered=known, ranking=ranking)
            return Turn(session, (reply,), outcome=outcome)
        done = self.show_menu("out_of_scope", "out_of_scope")
        reply = done.replies[0]
        if long and self.content.has(WHERE_TO_START):
            start = screens.topic_key(self.content, self.session, WHERE_TO_START)
            reply = replace(reply, buttons=((start,), *reply.buttons))
        assert done.outcome is not None
        return replace(done, replies=(reply,), outcome=replace(done.outcome, ranking=ranking))

    def follow_up(self, text: str, understanding: Understanding) -> Turn | None:
        """Inside a flow a few words are enough for a topic that the step itself leads to."""
        step = screens.current_step(self.content, self.session)
        if step is None or len(text) > FOLLOW_UP[self.session.language]:
            return None
        neighbours = {
            button.target.topic: button.target
            for button in step.buttons
            if button.target.kind == "step"
        }
        for intent, confidence in understanding.ranking[:3]:
            if intent in CONVERSATION_INTENTS or intent == "out_of_scope":
                continue
            if confidence < FOLLOW_UP_CONFIDENCE:
                return None
            if intent in neighbours and intent != self.session.topic:
                return self.show(
                    intent, neighbours[intent].step, "answer", ranking=understanding.ranking
                )
        return None

    def answer(self, intent: str, ranking: tuple[tuple[str, float], ...]) -> Turn:
        if intent in CONVERSATION_INTENTS:
            return self.conversation_step(intent, ranking)
        if intent == "crisis_self_harm":
            return self.safety(Alarm(intent, "ask", certain=False), ranking)
        if intent == "physical_danger":
            return self.safety(Alarm(intent, "", certain=True), ranking)
        extra = [
            screens.topic_key(self.content, self.session, also)
            for also, confidence in ranking[1:3]
            if confidence >= ALSO_CONFIDENCE
            and also not in CONVERSATION_INTENTS
            and also != "out_of_scope"
            and self.content.has(also)
        ]
        extra += self.to_the_tool()
        came_from = self.session.topic
        if came_from and came_from not in (intent, CONVERSATION) and self.content.has(came_from):
            label = self.content.phrase(
                "key_return",
                self.session.language,
                title=self.content.title(came_from, self.session.language),
            )
            extra.append(Key(label, step_payload(self.session.id, came_from, self.session.step)))
        return self.show(intent, "", "answer", extra=extra, ranking=ranking)

    def conversation_step(self, intent: str, ranking: tuple[tuple[str, float], ...] = ()) -> Turn:
        """Greetings and questions about the bot: answered without leaving the place in a flow."""
        if intent == "start_over":
            fresh = new_session(
                self.now, self.session.language, chosen=self.session.language_chosen
            )
            self.session = replace(fresh, law_note_shown=self.session.law_note_shown)
            return self.show_menu("started_over", "conversation", "start_over")
        if intent == "change_language":
            return self.choose_language()
        step = intent.replace("_", "-")
        before = self.session
        done = open_step(
            self.content,
            before,
            CONVERSATION,
            step,
            self.now,
            decision="conversation",
            ranking=ranking,
        )
        assert done.outcome is not None
        last = done.replies[-1]
        if before.topic and before.topic != CONVERSATION and self.content.has(before.topic):
            label = self.content.phrase(
                "key_continue",
                before.language,
                title=self.content.title(before.topic, before.language),
            )
            here = Key(label, step_payload(before.id, before.topic, before.step))
            last = replace(last, buttons=((here,), *last.buttons))
        outcome = replace(done.outcome, topic=intent, step=step)
        return Turn(before, (*done.replies[:-1], last), outcome=outcome)


def _marked_help(done: Turn) -> Turn:
    assert done.outcome is not None
    return replace(done, outcome=replace(done.outcome, safety="help"))


def is_over(session: Session, now: datetime) -> bool:
    """Whether the conversation lies so far back that it is forgotten."""
    return session.updated is None or (now - session.updated).total_seconds() > SESSION_HOURS * 3600
