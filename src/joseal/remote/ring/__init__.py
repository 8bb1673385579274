"""Rotation of one's own keys: their dates, their uses, and when one may be destroyed."""
