"""What Tandem writes to people: composing and sending."""
