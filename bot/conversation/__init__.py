"""One turn of a conversation, pure: it knows no channel, no network, no database, no Rasa."""
