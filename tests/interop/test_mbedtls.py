"""mbedTLS 2.28, through a small peer of our own: TLS 1.2. Its handshake messages must each fit into one record, so the
shortest records are left out."""

import pytest

from support import stacks
from support.own_tests import (
    test_bulk_of_client,
    test_bulk_of_server,
    test_certificate_of_client,
    test_certificate_of_server,
    test_fragments_of_client,
    test_fragments_of_server,
    test_group_of_client,
    test_group_of_server,
    test_no_certificate_for_server,
    test_no_protocol_of_client,
    test_protocol_of_client,
    test_protocol_of_server,
    test_refusal_by_client,
    test_refusal_of_server,
    test_renegotiation_by_client,
    test_renegotiation_by_server,
    test_renegotiation_with_client,
    test_renegotiation_with_server,
    test_session_id_of_client,
    test_session_id_of_server,
    test_suite_of_client,
    test_suite_of_server,
)

PEER = stacks.stack(
    "mbedTLS",
    "libmbedtls-dev",
    suites=stacks.known12(),
    groups=stacks.GROUPS,
    kinds=("ecdsa_p256", "ecdsa_p384", "ecdsa_p521", "rsa"),
    certified=("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    samples=("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    fragments=(1024, 4096),
    shared=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
    alerts={"name": "bad_certificate", "root": "unknown_ca"},
)


@pytest.fixture
def command():
    return stacks.program("mbedtls")
