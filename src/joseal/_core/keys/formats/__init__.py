"""The formats that keys come in, JWK apart: PEM, DER, PKCS#12, OpenSSH, certificates.

A module here turns bytes into a key of `cryptography`, or refuses them. The rules that such a key
has to keep for its alg are checked one level up. Nothing here knows `Key`.
"""
