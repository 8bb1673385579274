"""The report: `python -m bench.report` measures, checks the bounds, writes tables and a page.

No subject belongs here.
"""
