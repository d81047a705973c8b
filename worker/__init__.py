"""Runs the background jobs: a thin floor above everything else."""
