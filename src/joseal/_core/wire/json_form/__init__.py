"""The grammar of the JSON serializations: the parts of a message in JSON, and where each may be.

`members` has the rules that both kinds share, `encrypted` reads and writes JWE, `signed` JWS. Keys
and primitives don't belong here.

Source: RFC 7515 section 7.2, RFC 7516 section 7.2.
"""
