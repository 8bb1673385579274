"""What do many tokens take: workers on one machine, and machines for a day's load."""
