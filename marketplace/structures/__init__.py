"""Inclusive structures: who they are, where they sit, who speaks for them."""
