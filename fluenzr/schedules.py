"""Everything that runs by itself, in one table.

`manage.py beat` walks the table each second. As a fall-back (and for what runs less often than each minute) the
table is also django-q2's own schedule, which looks every half minute: work goes on slowly even without a beat.
"""

from dataclasses import dataclass

from fluenzr.core import jobs

MINUTE = 60
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True)
class Entry:
    """One job: `every` is in seconds; `due` is the path of a cheap `due(now) -> bool`, of one indexed query.

    A `local` job belongs to this machine (its spool, its journal): the beat calls it itself, and no queue holds it.
    """

    name: str
    path: str
    cluster: str
    every: int
    due: str | None = None
    local: bool = False
    args: tuple[str, ...] = ()


ENTRIES: tuple[Entry, ...] = (
    Entry("plan", "campaigns.tasks.plan", "work", 1, due="campaigns.tasks.plan_due"),
    Entry("send", "campaigns.tasks.send", "work", 1, due="campaigns.tasks.send_due"),
    Entry("recover", "campaigns.tasks.recover", "work", 10),
    # What a sender of this machine left behind only its own journal can tell, and the queue may be another's to empty.
    Entry("recover_here", "campaigns.tasks.recover", "work", 10, local=True),
    Entry("ship_spool", "tracking.tasks.ship_spool", "work", 1, local=True),
    Entry("fold", "tracking.tasks.fold", "work", 1, due="tracking.tasks.fold_due"),
    Entry("poll_mailboxes", "tracking.tasks.poll_mailboxes", "io", 5, due="tracking.tasks.poll_due"),
    Entry("play_sandboxes", "tracking.tasks.play_sandboxes", "work", 2, due="tracking.tasks.play_due"),
    Entry("imports", "contacts.tasks.run_imports", "work", 1, due="contacts.tasks.imports_due"),
    Entry("additions", "campaigns.tasks.run_additions", "work", 1, due="campaigns.tasks.additions_due"),
    *(Entry(f"heartbeat_{name}", "fluenzr.core.jobs.heartbeat", name, 10, args=(name,)) for name in jobs.CLUSTERS),
    Entry("retention", "fluenzr.core.jobs.thin", "work", DAY),
    Entry("drop_old", "contacts.tasks.drop_old", "work", DAY),
    Entry("forget_imports", "contacts.tasks.forget_imports", "work", DAY),
    Entry("forget_additions", "campaigns.tasks.forget_additions", "work", DAY),
)


def by_beat() -> list[Entry]:
    """The entries that the beat walks: all that must come more often than each minute."""
    return [entry for entry in ENTRIES if entry.every < MINUTE]


def timetable() -> list[jobs.Timetable]:
    """The entries as rows of django-q2's schedule; local ones cannot go through a queue."""
    return [
        jobs.Timetable(
            name=entry.name,
            path=entry.path,
            cluster=entry.cluster,
            minutes=max(1, entry.every // MINUTE),
            args=entry.args,
        )
        for entry in ENTRIES
        if not entry.local
    ]
