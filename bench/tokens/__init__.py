"""What does one token cost, or one key, one refusal, one import? Beside bare calls and peers.

The list of what is timed is `subjects.py`. What needs larger messages belongs elsewhere.
"""
