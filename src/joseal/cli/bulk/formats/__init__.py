"""Rows of JSON Lines, CSV and plain lines: how they are read and written again.

A new kind of file goes here. What the values are, and who encrypts or opens them, does not.
"""
