"""Channels translate between a platform and the application, nothing else."""
