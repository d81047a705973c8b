"""People and the organisations that they buy for."""
