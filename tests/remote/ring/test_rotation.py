"""A rotation between two parties, in every order of its four steps, with a clock that is simulated.

The owner has a `KeyRing`, and serves its set. The partner encrypts to the first key of what it last
fetched, by the rules of `RemoteKeys` (from a file, which spares a server), and is cut off now and
then. Tokens are on their way for up to an hour, in any order. The four steps are tried in all 24
orders, at random times: one that the ring refuses is tried again later, as an operator would.

`JOSEAL_ROTATION_TOKENS=100000` runs as many tokens; without it about 500 are.
"""

import datetime as dt
import heapq
import itertools
import json
import os
import random  # noqa: TID251 - a simulation has to be repeatable

import pytest

from joseal import Encrypter, Key, KeyUnavailableError, UnknownKeyError
from joseal.remote import FileKeys, KeyRing, RingKey

ALG = "ECDH-ES+A128KW"
TOKENS = int(os.environ.get("JOSEAL_ROTATION_TOKENS", "480"))
STEPS = ("publish", "fetch", "switch", "retire")
ORDERS = list(itertools.permutations(STEPS))
LONGEST_WAY = 3600
QUIET = dt.timedelta(seconds=LONGEST_WAY)
BEGIN = dt.datetime(2027, 1, 1, tzinfo=dt.UTC).timestamp()
PAIRS = [Key.generate(ALG, kid=f"k{number}", curve="X25519") for number in range(4)]


class Rotation:
    """One rotation, from `old` to `new`, with the tokens of its days."""

    def __init__(self, order, seed, tokens, path, *, asks=True):
        self.draw = random.Random(seed)  # noqa: S311 - the same
        self.now = BEGIN
        self.path, self.asks = path, asks
        self.old, self.new = self.draw.sample(PAIRS, 2)
        self.uses = []
        first = RingKey(self.old, announced=self.date(0), primary=self.date(0))
        self.ring = KeyRing([first], clock=lambda: self.now, on_use=self.uses.append)
        self.serve()
        self.partner = FileKeys(
            path,
            alg=ALG,
            use="enc",
            check_seconds=300,
            stale_seconds=3600,
            clock=lambda: self.now,
            on_fetch=self.fetched,
        )
        self.fetches = []
        self.opened, self.under_retired, self.lost = 0, 0, []
        self.retired_at = None
        self.plan(order, tokens)

    def date(self, seconds):
        return dt.datetime.fromtimestamp(BEGIN + seconds, dt.UTC)

    def plan(self, order, tokens):
        """Lay out the steps in their order, the outages, and the tokens, all at random times."""
        span = self.draw.choice([3600, 6 * 3600, 24 * 3600])
        times = sorted(self.draw.uniform(0, span) for _ in order)
        counter = itertools.count()
        self.agenda = []

        def add(at, work):
            heapq.heappush(self.agenda, (at, next(counter), work))

        self.add = add
        for at, step in zip(times, order, strict=True):
            add(at, getattr(self, step))
        for _ in range(2):
            at = self.draw.uniform(0, span)
            add(at, self.cut_off)
            add(at + self.draw.uniform(60, 5400), self.serve)
        self.end = span + 6 * 3600
        for _ in range(tokens):
            add(self.draw.uniform(0, self.end), self.send)

    def run(self):
        while self.agenda:
            at, _, work = heapq.heappop(self.agenda)
            self.now = BEGIN + at
            work()
        return self

    def again(self, step):
        self.add(self.now - BEGIN + self.draw.uniform(30, 900), step)

    # The owner.

    def serve(self):
        self.is_cut_off = False
        self.path.write_text(json.dumps(self.ring.to_jwks()), "utf-8")

    def change(self, ring):
        self.ring = ring
        if not self.is_cut_off:
            self.serve()

    def moment(self):
        return dt.datetime.fromtimestamp(self.now, dt.UTC)

    def publish(self):
        self.change(self.ring.announce(self.new, self.moment()))

    def switch(self):
        try:
            self.change(self.ring.promote(self.new.kid, self.moment()))
        except ValueError:
            # Nothing was published that could be switched to.
            self.again(self.switch)

    def retire(self):
        """Ask, and wait for a yes. One who does not ask loses tokens, which the second test shows."""
        if self.asks:
            answer = self.ring.may_destroy(self.old.kid, quiet=QUIET, **self.facts())
            if not answer.allowed:
                self.again(self.retire)
                return
        try:
            self.change(self.ring.retire(self.old.kid, self.moment()))
        except ValueError:
            self.again(self.retire)
            return
        self.retired_at = self.now

    def facts(self):
        """Return what the owner's own records say: uses of the key, and fetches of the set."""
        ok = [use.at for use in self.uses if (use.kid, use.outcome) == (self.old.kid, "ok")]
        left = self.ring.states()[self.old.kid] == "retiring" and self.switched_at()
        after = [at for at in self.fetches if left and at >= left]
        return {
            "last_used": dt.datetime.fromtimestamp(max(ok), dt.UTC) if ok else None,
            "fetched": {"partner": dt.datetime.fromtimestamp(after[0], dt.UTC) if after else None},
        }

    def switched_at(self):
        """Return when the new key became primary, as the dates of the ring have it."""
        (date,) = (each.primary for each in self.ring._keys if each.kid == self.new.kid)
        return date.timestamp()

    # The partner.

    def cut_off(self):
        self.is_cut_off = True
        self.path.write_text("<html>", "utf-8")

    def fetched(self, fetch):
        if fetch.outcome != "failed":
            self.fetches.append(self.now)

    def fetch(self):
        try:
            self.partner.refresh()
        except KeyUnavailableError:
            self.again(self.fetch)

    def send(self):
        try:
            encrypter = self.partner.encrypter("A128GCM")
        except KeyUnavailableError:
            self.again(self.send)
            return
        token = encrypter.encrypt(b"x")
        way = self.draw.choice([0, self.draw.uniform(0, LONGEST_WAY - 1)])
        self.add(self.now - BEGIN + way, lambda: self.deliver(token))

    def deliver(self, token):
        states = self.ring.states()
        try:
            opened = self.ring.open(token, "A128GCM")
        except UnknownKeyError:
            self.lost.append(self.now)
            return
        self.opened += 1
        self.under_retired += states[opened.key.kid] == "retired"


def rotations(tmp_path, tokens, orders=ORDERS, **settings):
    rounds = max(1, tokens // 9600)
    each = tokens // (len(orders) * rounds) + 1
    for seed, order in itertools.product(range(rounds), orders):
        yield Rotation(order, f"{seed} {order}", each, tmp_path / "served.jwks", **settings).run()


def test_in_no_order_of_the_steps_is_a_good_token_refused_or_a_retired_key_used(tmp_path):
    total = 0
    for rotation in rotations(tmp_path, TOKENS):
        assert rotation.lost == []
        assert rotation.under_retired == 0
        # Every step came to its end, and what was under the old key is refused from then on.
        assert rotation.ring.states() == {rotation.old.kid: "retired", rotation.new.kid: "primary"}
        late = Encrypter(rotation.old.public(), enc="A128GCM").encrypt(b"x")
        with pytest.raises(UnknownKeyError):
            rotation.ring.open(late, "A128GCM")
        assert rotation.uses[-1].outcome == "retired"
        assert {use.outcome for use in rotation.uses[:-1]} == {"ok"}
        assert not rotation.agenda
        total += rotation.opened
    print(f"{total} tokens opened")
    assert total >= TOKENS


def test_whoever_does_not_ask_before_a_key_is_retired_loses_tokens(tmp_path):
    """The same simulation finds the fault that the question is there for."""
    hasty = [order for order in ORDERS if order[2:] == ("retire", "switch")]
    lost = [len(each.lost) for each in rotations(tmp_path, 200, hasty, asks=False)]
    assert sum(lost) > 0
