"""The implementations that can be tested, a module for each; `own` is joseal.

`registry` lists them. `joseal.conformance.model` defines the tasks and the answers: a module here
asks one implementation, and does not judge its answers.
"""
