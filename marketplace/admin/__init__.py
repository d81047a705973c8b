"""Pages for facilitators and administrators."""
