"""The ways in which other software makes a token differently, tried with a given key.

Only for `joseal doctor`, on the machine of the one who has the key: nothing that answers to others
may import this package, because it tells which way opens. RFC 7516 section 11.5.

The texts of the findings are in `findings`, and `keys` decides which keys are tried.
"""
