"""At most once, over crashes: a journal of attempts that is written before anything is sent.

`entry` is one line of it, `journal` the protocol, `sqlite` the journal in a file, and `run` sends a
batch through it. Nothing here knows a card: a journal holds ids, references and outcomes.
"""
