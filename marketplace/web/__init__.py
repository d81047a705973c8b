"""Pages for the public, buyers and structures."""
