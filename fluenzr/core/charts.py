"""What a chart shows, once: drawn by frontend/chart, and as the table under it (templates/parts/chart.html)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

MOST_SERIES = 4


@dataclass(frozen=True)
class Series:
    """One line or one colour of bars; None is a gap."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """At most four series over common labels, y from 0. `id` is unique on its page, `title` says what is shown.

    `more` stands in the table alone. `unit` follows each number: "%" or nothing.
    """

    id: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    kind: Literal["line", "bar"] = "line"
    more: Sequence[Series] = ()
    unit: Literal["", "%"] = ""

    def __post_init__(self) -> None:
        if len(self.series) > MOST_SERIES:
            raise ValueError(f"{self.id}: a chart shows at most {MOST_SERIES} series")

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        series = [{"label": str(one.label), "values": list(one.values)} for one in self.series]
        labels = [str(label) for label in self.labels]
        return {"kind": self.kind, "labels": labels, "series": series, "unit": self.unit}

    @property
    def columns(self) -> list[Series]:
        """All that the table shows."""
        return [*self.series, *self.more]

    @property
    def rows(self) -> Iterator[tuple[str, list[float | None]]]:
        """The same numbers by label, for the table."""
        for number, label in enumerate(self.labels):
            yield label, [one.values[number] for one in self.columns]
