"""Keys that never leave their device: PKCS#11 tokens, and the key services of three clouds.

Each module is for one kind of device and is imported by its own name. What a device does not need
stays out of here: a device does the private operation alone, and `joseal._core` does the rest.
"""
