"""What structures sell, and where they work."""
