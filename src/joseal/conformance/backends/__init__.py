"""The implementations that can be asked, a module for each; `own` is joseal. `registry` lists them.

What is asked, and what an answer means, is in `joseal.conformance.model`: a module here asks one
implementation, and judges no answer.
"""
