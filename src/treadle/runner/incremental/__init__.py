"""Incremental runs: what a job is made of, and whether it has to run again."""
