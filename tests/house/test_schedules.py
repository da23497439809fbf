from django.utils.module_loading import import_string

from fluenzr.core import jobs
from fluenzr.schedules import ENTRIES, by_beat, timetable

RARE = {"retention", "drop_old", "forget_imports", "forget_additions"}


def test_entries_have_names_of_their_own() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


def test_entries_run_on_known_clusters() -> None:
    assert {entry.cluster for entry in ENTRIES} <= set(jobs.CLUSTERS)


def test_entries_name_functions_that_exist() -> None:
    paths = [path for entry in ENTRIES for path in (entry.path, entry.due) if path]
    assert [path for path in paths if not callable(import_string(path))] == []


def test_beat_walks_all_but_the_rare_ones() -> None:
    rare = {entry.name for entry in ENTRIES} - {entry.name for entry in by_beat()}
    assert rare == RARE


def test_timetable_leaves_out_local_jobs() -> None:
    local = {entry.name for entry in ENTRIES if entry.local}
    assert {row.name for row in timetable()} == {entry.name for entry in ENTRIES} - local
    assert {row.minutes for row in timetable() if row.name not in RARE} == {1}
