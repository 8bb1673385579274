"""Rotation of your own keys: their dates, their uses, and when a key may be destroyed."""
