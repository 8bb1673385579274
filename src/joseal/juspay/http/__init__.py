"""The network under `Client`: urllib3, and one bounded response."""
