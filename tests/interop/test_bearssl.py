"""BearSSL, through a small peer of our own: TLS 1.2 without an extended master secret, for want of which sotto resumes nothing.
It ends a connection that it refuses without saying why."""

import pytest

from support import stacks
from support.own_tests import (
    test_bulk_of_client,
    test_bulk_of_server,
    test_certificate_of_client,
    test_certificate_of_server,
    test_fragments_of_client,
    test_fragments_of_server,
    test_full_suite_of_client,
    test_full_suite_of_server,
    test_group_of_client,
    test_group_of_server,
    test_no_certificate_for_server,
    test_no_protocol_of_client,
    test_protocol_of_client,
    test_protocol_of_server,
    test_refusal_by_client,
    test_refusal_of_server,
)

RESUMES = False
PEER = stacks.stack(
    "BearSSL",
    "libbearssl-dev",
    suites=stacks.known12("_DHE_"),
    groups=stacks.GROUPS,
    kinds=("ecdsa_p256", "ecdsa_p384", "rsa"),
    certified=("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    samples=("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    shared=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
    alerts={"name": None, "root": None},
)


@pytest.fixture
def command():
    return stacks.program("bearssl")
