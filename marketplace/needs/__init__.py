"""What public buyers ask for."""
