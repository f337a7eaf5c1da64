"""Wiring: which plant, store and face a command uses. Top of the layers, so that the command line stays quick to start."""
