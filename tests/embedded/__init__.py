"""The servers that Tandem starts by itself, and `marketplace run`."""
