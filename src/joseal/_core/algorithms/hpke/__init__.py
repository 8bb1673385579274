"""Hybrid Public Key Encryption: its suites, KEMs and key schedule, and both uses in JOSE.

Code that other algorithms share is one level up: curves, hashes, ML-DSA and ML-KEM keys, content
encryption. Neither a key from a file nor a whole token is known here.

Source: RFC 9180; draft-ietf-jose-hpke-encrypt, draft-ietf-jose-hpke-pq-pqt, draft-ietf-hpke-pq.
"""
