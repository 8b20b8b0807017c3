"""Routes, one topic a file."""
