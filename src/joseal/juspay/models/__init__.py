"""The bodies of the payouts API, as structs."""
