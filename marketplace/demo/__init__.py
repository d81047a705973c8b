"""The demonstration: invented structures, needs and people."""
