"""Reports on a run: HTML, JSON, JUnit."""
