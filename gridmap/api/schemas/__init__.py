"""Bodies of requests and replies, one topic a file."""
