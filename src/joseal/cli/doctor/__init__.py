"""`joseal doctor`: why a token can't be decrypted or verified."""
