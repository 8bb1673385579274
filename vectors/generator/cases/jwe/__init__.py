"""JWE that must open, and JWE that must be refused and how."""
