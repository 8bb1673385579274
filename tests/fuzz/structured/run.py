"""A run: executions by their numbers, each drawn from the seed and its own number alone."""

import random  # noqa: TID251 - the same seed has to give the same keys
import time

from tests.fuzz.structured import draws, samples
from tests.fuzz.structured.rules import Rules


class Run:
    """Executions of one seed."""

    def __init__(self, seed):
        self.seed, self.rules, self.done, self.slowest = seed, Rules(), 0, (0.0, None)
        self._rng = random.Random()  # noqa: S311 - see above
        # Made before the first execution is timed.
        for make in (samples.bags, samples.openssh, samples.jwks, samples.secrets, draws.donors):
            make()

    def one(self, number):
        self._rng.seed(self.seed << 48 | number)
        began = time.perf_counter()
        self.done += 1
        draws.one(self._rng, self.rules)
        took = time.perf_counter() - began
        if took > self.slowest[0]:
            self.slowest = (took, number)
