"""The JSON serializations, grammar alone: what a message in JSON is made of, and where it may be.

`members` has the rules that both kinds share, `encrypted` reads and writes JWE, `signed` JWS.
Keys and primitives must not come in here.

Source: RFC 7515 section 7.2, RFC 7516 section 7.2.
"""
