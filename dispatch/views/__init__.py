"""Pages and fragments of dispatch for the browser."""
