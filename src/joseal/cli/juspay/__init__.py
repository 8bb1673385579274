"""`joseal juspay`."""
