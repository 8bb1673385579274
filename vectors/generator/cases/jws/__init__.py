"""JWS that must verify, and JWS that must be refused and how."""
