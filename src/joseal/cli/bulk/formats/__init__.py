"""Rows of JSON Lines, CSV and plain lines: how they are read and written again.

A new kind of file goes here. Encrypting and decrypting the values does not.
"""
