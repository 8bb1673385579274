"""At most once, even across crashes: a journal of attempts, written before anything is sent.

`entry` is one record of it, `journal` the protocol, `sqlite` the journal in a file, and `run` sends
a batch through it. No card is stored here: a journal has ids, references and outcomes.
"""
