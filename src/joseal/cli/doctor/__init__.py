"""`joseal doctor`: why a token does not open."""
