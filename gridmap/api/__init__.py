"""The JSON API; `version_1` joins its routes."""
