"""The geo floor."""
