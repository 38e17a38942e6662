"""Rasa components: thin wrappers that let Rasa train, test and serve the recogniser."""
