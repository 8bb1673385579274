"""The known ways in which other software makes tokens differently, tried with a given key.

Only for `joseal doctor`, on the machine of the key's owner: nothing that answers others may import
this package, because it reveals which way opens. RFC 7516 section 11.5.

The texts of the findings are in `findings`, and `keys` decides which keys are tried.
"""
