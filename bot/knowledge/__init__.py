"""Reads, checks and indexes responses/: topics, steps, sources, hotlines, sign-offs."""
