"""What becomes of a match: interest, answers, questions, messages, outcomes."""
