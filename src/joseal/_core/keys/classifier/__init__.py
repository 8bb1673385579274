"""Recognize bytes that were given as a key: one classifier for every loader and for `doctor`.

Only pure functions and literal tables belong here: no cryptography, no key, no decision about what
is loaded.
"""
