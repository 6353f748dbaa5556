"""The REST interface of dispatch."""
