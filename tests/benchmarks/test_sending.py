import re
from pathlib import Path

import pytest

from benchmarks.sending import comparing, letter
from benchmarks.sending.comparing import Claim
from benchmarks.sending.contenders import ALL, LIMIT
from benchmarks.sending.metering import Measured
from benchmarks.sending.sink import Sink
from campaigns.mail import moulds


def measured(*, seconds: float = 1.0, processor: float = 0.01, statements: int | None = 10) -> Measured:
    return Measured(100, seconds, processor, statements, megabytes=100.0, size=3500)


def test_each_person_reads_their_own_words_and_links() -> None:
    one, other = letter.write(0), letter.write(1)
    links = re.findall(r'href="([^"]+)"', one.html)

    assert len(set(links)) == len(letter.LINKS) + 1
    assert all(link in one.text for link in links)
    assert not set(links) & set(re.findall(r'href="([^"]+)"', other.html))
    assert one.subject == "Ada, a question about Initech"
    assert "{" not in one.subject + one.text + one.html


@pytest.mark.parametrize("deciding", [False, True])
def test_the_products_mail_has_the_same_links(deciding: bool) -> None:
    data = {"subject": letter.SUBJECT, "body": letter.body(deciding=deciding), "bodyFormat": "html"}

    mould = moulds.make("mail", data)

    assert tuple(mould.tracked_urls().values()) == letter.LINKS
    assert mould.html.has_tags is deciding


def test_claims_name_contenders() -> None:
    assert {name for claim in comparing.CLAIMS for name in claim.needs()} <= {one.name for one in ALL}


def test_a_ratio_is_one_of_the_same_round() -> None:
    claim = Claim("us", "of the limit", 0.5, against=LIMIT)
    slow = {LIMIT: measured(seconds=2), "us": measured(seconds=4)}
    fast = {LIMIT: measured(seconds=0.1), "us": measured(seconds=0.2)}

    assert claim.found([slow, fast]) == 0.5
    assert claim.holds(0.5)
    assert not claim.holds(0.49)


def test_a_missed_claim_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    good = comparing.verdict([{LIMIT: measured(), "fluenzr, 1 sender": measured(seconds=10)}])

    assert not good
    assert "fluenzr, 1 sender: 0.1 of smtp-source (at least 0.18)   NOT AS CLAIMED" in capsys.readouterr().out


def test_what_was_not_measured_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert comparing.verdict([{LIMIT: measured()}])

    assert f"{len(comparing.CLAIMS)} of {len(comparing.CLAIMS)} claims not measured" in capsys.readouterr().out


def test_the_sink_counts_by_its_last_word(tmp_path: Path) -> None:
    counts = tmp_path / "sink"
    counts.write_bytes(b"sess=1 quit=0 mesg=0\rsess=1 quit=0 mesg=19\rsess=1 quit=1 mesg=20\r")

    assert Sink(25, counts).received() == 20
