"""Webhooks: authenticate them, and handle each once."""
