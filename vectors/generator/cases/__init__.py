"""The cases, by what they are of: `jwe`, `jws`, `keys`, and those that others have printed.

A module here builds one or more files. What several of them need belongs one level up.
"""
