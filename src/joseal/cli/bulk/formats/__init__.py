"""Rows of JSON Lines, CSV and plain lines: reading and writing them.

A new kind of file belongs here. Encrypting and decrypting the values does not.
"""
