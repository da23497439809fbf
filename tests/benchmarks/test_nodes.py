from benchmarks.nodes.__main__ import ALL, CLAIMS
from benchmarks.sending import peers
from fluenzr.mailboxes.transports import relay


def test_claims_name_contenders() -> None:
    assert {name for claim in CLAIMS for name in claim.needs()} <= {one.name for one in ALL}


def test_smtplib_has_as_many_connections_as_a_relay() -> None:
    assert peers.CONNECTIONS == relay.CONNECTIONS
