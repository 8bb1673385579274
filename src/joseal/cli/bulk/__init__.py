"""`joseal bulk`."""
