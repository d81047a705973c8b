"""Rows that tests start from, one function a kind, each with the least that makes it real."""
