"""Sheets that people take along: which there are, who may, and how the long ones are written."""
