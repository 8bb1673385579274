"""`joseal key`."""
