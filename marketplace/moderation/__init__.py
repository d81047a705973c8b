"""Desks of facilitators, and what they decide."""
