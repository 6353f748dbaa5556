"""Customer care over REST."""
