"""What does a large message take: peak memory and time, in fresh processes."""
