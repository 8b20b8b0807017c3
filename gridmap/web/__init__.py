"""The web floor."""
