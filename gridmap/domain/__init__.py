"""The domain floor."""
