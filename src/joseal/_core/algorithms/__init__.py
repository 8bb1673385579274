"""Cryptography on prepared primitives. Knows neither `Key` nor whole tokens."""
