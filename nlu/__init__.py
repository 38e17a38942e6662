"""The Rasa project, and the recogniser that both engines share."""
