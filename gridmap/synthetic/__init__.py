"""Made-up stations, pure and seeded: the same seed gives the same station on every machine."""
