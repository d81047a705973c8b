"""What the whole of it amounts to, by territory and in figures."""
