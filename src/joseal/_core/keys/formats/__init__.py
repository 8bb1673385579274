"""The key formats apart from JWK: PEM, DER, PKCS#12, OpenSSH, certificates.

A module here turns bytes into a `cryptography` key, or refuses them. The rules for keys of each alg
are checked one level up. Nothing here knows `Key`.
"""
