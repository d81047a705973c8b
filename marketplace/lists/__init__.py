"""Favourites and saved searches: what a person keeps of what it found."""
