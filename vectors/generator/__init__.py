"""The program that makes the test vectors: `python -m vectors.generator`.

`cases` says what each file has in it, `figures` is what the RFCs print, `encoder` makes the tokens,
`catalogue.py` numbers the cases and writes them. No module of it imports joseal.
"""
