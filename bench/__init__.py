"""Benches: what joseal costs beside the bare primitives and beside its peers. See README.md."""
