"""Attacks on a training run, each counted: `python -m tests.faults --help`."""
