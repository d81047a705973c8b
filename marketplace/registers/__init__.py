"""Registers of structures that people hand in: what is asked of them, what they are told."""
