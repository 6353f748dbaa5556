"""The REST interface of command."""
