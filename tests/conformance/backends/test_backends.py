"""Other libraries as backends: what they run, and what they are not asked for."""

import pytest
from tests.conformance import samples
from tests.conformance.samples import (
    AEAD,
    COOKBOOK,
    JWE,
    JWE_KEYS,
    JWS,
    JWS_KEYS,
    KEY,
    KEYS,
    LIST,
    LOADER,
    TESTS,
    WYCHEPROOF,
    outcomes,
    run,
)

from joseal import conformance
from joseal.conformance import Outcome

OTHER = b"another".hex()


@pytest.mark.parametrize("name", ["jwcrypto", "joserfc"])
def test_other_backends_open_and_verify(tmp_path, name):
    backend = conformance.backend(name)
    assert backend.name.startswith(f"{name} ")
    for file in (JWE, JWS, WYCHEPROOF, COOKBOOK, LIST):
        assert set(outcomes(run(tmp_path, file, backend))) <= {Outcome.PASSED, Outcome.NOT_RUN}
        assert Outcome.PASSED in outcomes(run(tmp_path, file, backend))
    wrong = samples.changed(JWE, *TESTS, "plaintext", to=OTHER)
    assert outcomes(run(tmp_path, wrong, backend)) == [Outcome.UNEXPECTED, Outcome.PASSED]
    assert outcomes(run(tmp_path, {"keys": [samples.KEK]}, backend)) == [Outcome.PASSED]
    # Neither has rules about what stands in a group's loader.
    plain = samples.changed(KEY, *LOADER, to={"legacy": True})
    assert outcomes(run(tmp_path, plain, backend)) == [Outcome.PASSED] * 2
    wrong = samples.changed(plain, *TESTS, "thumbprint", to="AAAA")
    assert outcomes(run(tmp_path, wrong, backend)) == [Outcome.UNEXPECTED, Outcome.PASSED]


@pytest.mark.parametrize("name", ["jwcrypto", "joserfc"])
def test_what_another_backend_lacks_is_not_run(tmp_path, name):
    backend = conformance.backend(name)
    report = run(tmp_path, AEAD, backend)
    assert report.results[0].reason == "a single step, which this library is not asked for"
    file = samples.changed(JWE, "groups", 0, "opener", "typ", to="JWT")
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "a setting that the adapter does not pass on"
    )
    token = str(samples.all_algorithms.token("A128KW", "XC20P"))
    file = samples.changed(LIST, "verified", 0, "jwe", to=token)
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "an alg or enc that this library does not have"
    )
    file = samples.changed(LIST, "verified", 0, "jwk", to={"keys": [samples.KEK]})
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "a set of keys, which this library is not asked for"
    )
    for file in (JWE_KEYS, JWS_KEYS, KEYS):
        assert {result.reason for result in run(tmp_path, file, backend).results} == {
            "a set of keys, which this library is not asked for"
        }
    assert {result.reason for result in run(tmp_path, KEY, backend).results} == {
        "a setting that the adapter does not pass on"
    }
    file = samples.changed(KEY, *LOADER, to={})
    file = samples.changed(file, *TESTS, "jwk", to="[]")
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "a text that is not a strict JSON object, and the adapter passes on objects"
    )


@pytest.mark.parametrize("name", ["jwcrypto", "joserfc"])
def test_thumbprints_by_other_backends(shared_vectors, name):
    report = conformance.verify([shared_vectors / "rfc/rfc7638.json"], conformance.backend(name))
    assert report.count(Outcome.PASSED) == 1
