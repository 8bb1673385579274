"""Keys that never leave their device: PKCS#11 tokens."""
