"""The formats of test vectors that can be read. `registry` tells them apart."""
