"""Ids that are handled once: claimed, confirmed or released, in memory or in an SQLite file.

The webhooks of an API and the `jti` of a token need the same promise, and have it from here. What
an id means, which errors a user sees and what is done in between belong to the modules above.
"""
