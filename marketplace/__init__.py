"""Tandem, a marketplace between French public buyers and inclusive suppliers."""
