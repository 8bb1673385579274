"""A small encoder of JWE and signer of JWS, written from the RFCs; what is random is an argument.

No case belongs here, and no call of joseal: its vectors would only prove that it agrees with
itself.
"""
