"""Keys that never leave their device: PKCS#11 tokens, and the key services of three clouds.

Each module is for one kind of device and is imported by its own name. Code that a device does not
need does not belong here: a device does only the private operation, and `joseal._core` does the
rest.
"""
