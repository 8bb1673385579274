"""Ids that are handled only once: claimed, confirmed or released, in memory or in an SQLite file.

The webhooks of an API and the `jti` of a token need the same guarantee, which this package
provides. The meaning of an id, the errors that a user sees and the work in between belong to the
modules above.
"""
