"""JSON Web Keys: the alg that a caller names for one, its members, and the key made from them.

The rules for keys of every origin stay one level up, in `validate` and `shared_secrets`, and so do
sets of JWKs. Nothing here knows `Key`.

Source: RFC 7517, RFC 7518 section 6, RFC 7638, RFC 8037, RFC 9964.
"""
