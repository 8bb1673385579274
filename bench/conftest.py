"""What pytest shows above the figures."""

from bench.surroundings import describe


def pytest_report_header() -> list[str]:
    return [f"{name}: {value}" for name, value in describe()]
