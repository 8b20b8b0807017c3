"""The api floor."""
