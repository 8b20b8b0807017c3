"""Disputes on their way through the loop: opened, acted on, matched, written down, counted."""
