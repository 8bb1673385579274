"""JWKs and JWK Sets: which must load, which are refused, which key of a set is tried."""
