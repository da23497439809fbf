from datetime import timedelta
from decimal import Decimal

import pytest

from contacts import deals, people, pipeline, stages
from contacts.models import Contact, FieldChange, PipelineStage
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def row(workspace: Workspace) -> list[PipelineStage]:
    stages.create_defaults(workspace.pk)
    return stages.ordered(workspace)


def everybody(workspace: Workspace) -> "pipeline.ContactQuerySet":
    return Contact.objects.in_workspace(workspace)


def test_columns_count_and_sum_only_their_own(
    workspace: Workspace, other_workspace: Workspace, row: list[PipelineStage]
) -> None:
    make_contact(workspace, stage=row[0], deal_value=Decimal("10.50"))
    make_contact(workspace, stage=row[0])
    make_contact(workspace, stage=row[2], deal_value=Decimal(7))
    make_contact(workspace)
    make_contact(other_workspace)
    found = [(one.number, one.value) for one in pipeline.columns(workspace, everybody(workspace))]
    nothing = (0, Decimal(0))
    assert found == [(2, Decimal("10.50")), nothing, (1, Decimal(7)), nothing, nothing, nothing]


def test_columns_take_two_queries_however_many(
    workspace: Workspace, row: list[PipelineStage], django_assert_num_queries: object
) -> None:
    for _number in range(3):
        make_contact(workspace, stage=row[0])
    with django_assert_num_queries(2):  # type: ignore[operator]
        pipeline.columns(workspace, everybody(workspace))


def test_cards_show_who_came_last_first(workspace: Workspace, row: list[PipelineStage]) -> None:
    made = [make_contact(workspace, stage=row[0], stage_at=NOW + number * DAY) for number in range(52)]
    first, is_more = pipeline.cards(everybody(workspace), row[0])
    rest, is_even_more = pipeline.cards(everybody(workspace), row[0], start=50)
    assert ([*first, *rest], is_more, is_even_more) == (made[::-1], True, False)


def test_board_counts_few_all_and_shows_who_came_last(
    workspace: Workspace, row: list[PipelineStage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "CARDS", 2)
    made = [
        make_contact(workspace, stage=row[0], stage_at=NOW + number * DAY, deal_value=Decimal(number))
        for number in range(3)
    ]
    first, second, *_others = pipeline.board(workspace, everybody(workspace))
    assert (first.number, first.value, first.cards) == (3, Decimal(3), made[:0:-1])
    assert (first.is_more, first.has_more, second.cards, second.has_more) == (False, True, [], False)


def test_board_of_many_counts_only_what_it_shows_whole(
    workspace: Workspace, row: list[PipelineStage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "CARDS", 2)
    monkeypatch.setattr(pipeline, "FEW", 3)
    made = [
        make_contact(workspace, stage=row[number // 3], stage_at=NOW + number * DAY, deal_value=Decimal(5))
        for number in range(5)
    ]
    first, second, third, *_others = pipeline.board(workspace, everybody(workspace))
    assert (first.cards, first.is_more, first.has_more) == (made[2:0:-1], True, True)
    assert (second.cards, second.number, second.value, second.has_more) == (made[:2:-1], 2, Decimal(10), False)
    assert (third.cards, third.has_more) == ([], False)


def test_board_takes_three_queries_of_few(
    workspace: Workspace, row: list[PipelineStage], django_assert_num_queries: object
) -> None:
    for number in range(3):
        make_contact(workspace, stage=row[number])
    with django_assert_num_queries(3):  # type: ignore[operator]
        pipeline.board(workspace, everybody(workspace))


def test_course_counts_people_once_and_jumps_as_passing(workspace: Workspace, row: list[PipelineStage]) -> None:
    jumper, slow, lost = (make_contact(workspace, deal_value=Decimal(100)) for _number in range(3))
    for contact in (jumper, slow, lost):
        stages.move([contact], to=row[0], by="x", now=NOW)
    stages.move([jumper], to=row[4], by="x", now=NOW + DAY)
    stages.move([slow], to=row[1], by="x", now=NOW + 3 * DAY)
    stages.move([lost], to=row[5], by="x", now=NOW + 2 * DAY)
    course = pipeline.course(workspace, since=NOW, until=NOW + 5 * DAY)
    assert [(one.reached, one.onward) for one in course.passages] == [(3, 2), (2, 1), (1, 1), (1, 1), (1, 0)]
    assert course.passages[0].stayed == 2 * DAY
    assert (course.won.number, course.won.value, course.lost.number) == (1, Decimal(100), 1)
    assert course.success == 50


def test_course_of_another_time_is_empty(workspace: Workspace, row: list[PipelineStage]) -> None:
    stages.move([make_contact(workspace)], to=row[4], by="x", now=NOW)
    course = pipeline.course(workspace, since=NOW + DAY, until=NOW + 2 * DAY)
    assert [one.reached for one in course.passages] == [0] * 5
    assert (course.won.number, course.success) == (0, None)


def test_course_takes_a_fixed_number_of_queries(
    workspace: Workspace, row: list[PipelineStage], django_assert_num_queries: object
) -> None:
    for _number in range(3):
        stages.move([make_contact(workspace)], to=row[1], by="x", now=NOW)
    with django_assert_num_queries(5):  # type: ignore[operator]
        pipeline.course(workspace, since=NOW, until=NOW + DAY)


@pytest.mark.parametrize(
    ("given", "amount"),
    [("12 500", Decimal("12500")), ("99,905", Decimal("99.90")), (7, Decimal(7)), ("", None), (None, None)],
)
def test_amounts_are_read_as_people_write_them(given: str | int | None, amount: Decimal | None) -> None:
    assert deals.read(given) == amount


@pytest.mark.parametrize("given", ["many", "-1", "1e15", "nan", "inf", "1" * 400])
def test_what_is_no_amount_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as error:
        deals.read(given)
    assert list(error.value.details) == ["dealValue"]


def test_appraising_is_kept_in_the_history(workspace: Workspace) -> None:
    contact = make_contact(workspace)
    for _time in range(2):
        people.update(contact, draft={"dealValue": Decimal("10.00")}, by="ann", now=NOW)
    change = FieldChange.objects.get()
    assert (change.field, change.old, change.new, change.by) == ("dealValue", None, "10.00", "ann")


@pytest.mark.parametrize(
    ("amount", "words"), [(Decimal(12500), "12\u202f500\u00a0EUR"), (Decimal("0.5"), "0.50\u00a0EUR"), (None, "-")]
)
def test_amounts_are_shown_with_their_currency(amount: Decimal | None, words: str) -> None:
    assert deals.words(amount, "EUR") == words
