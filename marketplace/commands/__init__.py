"""The sub-commands of `marketplace`, in files by what they need."""
