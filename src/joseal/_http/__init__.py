"""HTTP for the packages that need it: one origin, one request at a time, one bounded answer.

The modules here are bounded in bytes and in time, and know of no API: a pool for each process,
connections, TLS, a proxy, and the reasons why a request fails. The meaning of an answer belongs to
the packages above, which are `joseal.juspay` and `joseal.remote`.
"""
