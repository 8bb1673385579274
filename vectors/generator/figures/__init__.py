"""What the RFCs print, transcribed: tokens, keys and intermediate values.

Nothing here is computed.
"""
