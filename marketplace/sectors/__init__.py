"""Sectors: the nomenclature of inclusive purchasing, and what words say of it."""
