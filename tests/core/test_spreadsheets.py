from fluenzr.core import spreadsheets


def lines(name: str = "x", *rows: tuple[object, ...]) -> list[str]:
    answer = spreadsheets.answer(name, head=("A", "B"), rows=rows)
    return answer.content.decode("utf-8-sig").splitlines()


def test_nothing_is_empty_and_numbers_stay_numbers() -> None:
    assert lines("x", (None, -1), (2.5, "Déjà, vu")) == ["A,B", ",-1", '2.5,"Déjà, vu"']


def test_text_that_a_spreadsheet_would_run_is_text() -> None:
    assert lines("x", ("=1+1", "@sum")) == ["A,B", "'=1+1,'@sum"]


def test_file_is_named_after_what_it_holds() -> None:
    names = [spreadsheets.answer(name, head=(), rows=())["Content-Disposition"] for name in ("Été 2026: leads", "???")]
    assert names == ['attachment; filename="ete-2026-leads.csv"', 'attachment; filename="table.csv"']
