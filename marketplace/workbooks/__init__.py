"""Workbooks of the XLSX format."""
