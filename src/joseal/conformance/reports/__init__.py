"""Reports on a run: as an HTML page, as JSON, as JUnit's XML.

A report is a function of the run's results alone: nothing here runs a case or reads a vector.
"""
