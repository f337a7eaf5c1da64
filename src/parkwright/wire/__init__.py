"""Wiring: which plant, store and face a command uses. The command line stays quick to start above it."""
