"""What a security reviewer reads: grammar, algorithms, keys and messages.

Private: import from `joseal`. Nothing here opens a file or a socket.
"""
