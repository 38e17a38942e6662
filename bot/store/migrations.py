"""The tables, as a chain of migrations. A migration that has shipped is never changed."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("helpline")


@migrations()
def m001_sessions_and_updates(db: Database) -> None:
    # chat: pseudonym; data: encrypted JSON; expires: seconds since 1970, UTC.
    db.table("sessions").create(
        {"chat": str, "data": bytes, "expires": int}, pk="chat", not_null={"data", "expires"}
    )
    db.table("sessions").create_index(["expires"])
    db.table("updates").create(
        {"channel": str, "update_id": str, "expires": int},
        pk=("channel", "update_id"),
        not_null={"expires"},
    )
    db.table("updates").create_index(["expires"])


@migrations()
def m002_message_ids(db: Database) -> None:
    # Ids of messages that /hide can still delete; the platform allows 48 hours.
    db.table("messages").create(
        {"chat": str, "message_id": int, "expires": int},
        pk=("chat", "message_id"),
        not_null={"expires"},
    )
    db.table("messages").create_index(["expires"])


@migrations()
def m003_cases(db: Database) -> None:
    # What a person chose to keep; data is locked with a key of their own (people.py).
    db.table("cases").create(
        {"chat": str, "data": bytes, "expires": int}, pk="chat", not_null={"data", "expires"}
    )
    db.table("cases").create_index(["expires"])


@migrations()
def m004_reminders(db: Database) -> None:
    # due: seconds since 1970, UTC; data: where to send it, locked with the person's key.
    db.table("reminders").create(
        {"chat": str, "due": int, "data": bytes, "expires": int},
        pk=("chat", "due"),
        not_null={"data", "expires"},
    )
    db.table("reminders").create_index(["due"])
    db.table("reminders").create_index(["expires"])
