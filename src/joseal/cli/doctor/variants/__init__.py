"""The known ways in which other software makes tokens differently, tried with a given key.

Only for `joseal doctor`, on the machine of the key's owner: code that answers others must not
import this package, because it reveals which variant decrypts. RFC 7516 section 11.5.

The texts of the findings are in `findings`, and `keys` decides which keys are tried.
"""
