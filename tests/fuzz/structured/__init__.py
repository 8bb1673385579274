"""Keys of every kind with changed structure, drawn by a seed and not guided by coverage.

The atheris target `keys` sees which branches an input reaches, and pays for it: some hundred inputs a
second. Nothing is instrumented here, so there are thousands. `trees` changes DER, `sealing` encrypts
what was changed, so that a change gets behind a password and a MAC, `armor` writes PEM and the other
texts around it, `members` changes JWKs, `samples` has what is changed, `draws` chooses, and `rules`
is what every execution has to keep.
"""
