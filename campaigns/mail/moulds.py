"""The mould of an email node: its templates compiled, its links numbered. Made once, filled for every person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from campaigns.mail import links, spintax, templating
from campaigns.mail.scanning import TemplateProblem
from campaigns.mail.templating import Compiled
from fluenzr.core.errors import Text


@dataclass(frozen=True, eq=False)
class Mould:
    """`targets` are the links by index, each compiled; `names` are all variables that a mail of this node may need."""

    node: str
    subject: Compiled
    text: Compiled
    html: Compiled
    targets: Mapping[int, Compiled]
    urls: Mapping[int, str]
    has_unsubscribe: bool
    track_opens: bool
    track_clicks: bool
    same_thread: bool
    subject_source: str
    names: frozenset[str]
    # The public ids of the files that it carries.
    attachments: tuple[str, ...] = ()
    # No mail of its workflow comes before it.
    is_first: bool = False

    @cached_property
    def fixed(self) -> Mapping[int, str]:
        """The links that lead everybody to one address, as it is put into mails; "" leads nowhere."""
        found = {index: url for index, url in self.urls.items() if links.is_fixed(url)}
        return {index: links.completed(self.targets[index].render({})) for index in found}

    def spins(self, seed: int) -> dict[str, int]:
        """Return the wordings of the bodies that a person with this seed reads; both parts say the same."""
        return spintax.choose(self.text.spins, seed=seed, place=f"{self.node}:body")

    def subject_spins(self, seed: int) -> dict[str, int]:
        """Return the wordings of the subject; apart from those of the body, as both count from 0."""
        return spintax.choose(self.subject.spins, seed=seed, place=f"{self.node}:subject")

    def tracked_urls(self) -> dict[int, str]:
        """Return the targets that a click is counted for: those that may lead to the web."""
        return {index: url for index, url in self.urls.items() if _may_be_web(url)}


def _may_be_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://")) or not links.is_fixed(url)


def make(node: str, data: Mapping[str, Any], *, is_first: bool = False) -> Mould:
    """Return the mould of an email node's data; `is_first` when no mail can come before it.

    Raises:
        TemplateProblem: a template does not parse.
    """
    subject_source = data["subject"].strip()
    found = links.bodies(data["body"], data.get("bodyFormat") or "")
    subject = templating.compiled(subject_source, markup=False)
    text = templating.build(found.text, spins=found.spins, markup=False)
    html = templating.build(found.html, spins=found.spins, markup=True)
    targets = {index: templating.compiled(url, markup=False) for index, url in found.targets.items()}
    return Mould(
        node=node,
        subject=subject,
        text=text,
        html=html,
        targets=targets,
        urls=found.targets,
        has_unsubscribe=found.has_unsubscribe,
        track_opens=bool(data.get("trackOpens", True)),
        track_clicks=bool(data.get("trackClicks", True)),
        same_thread=bool(data.get("sameThread", False)),
        subject_source=subject_source,
        names=frozenset().union(*(one.names for one in (subject, text, html, *targets.values()))),
        attachments=tuple(one["id"] for one in data.get("attachments") or ()),
        is_first=is_first,
    )


def problems(data: Mapping[str, Any], *, names: Collection[str]) -> dict[str, list[Text]]:
    """Return what keeps an email node's data from being a mould, as sentences by key."""
    found = {key: texts for key in ("subject", "body") if (texts := templating.problems(data[key], names=names))}
    if found:
        return found
    try:
        # As HTML, a body may break where the text alone does not.
        urls = make("", data).urls
    except TemplateProblem as problem:
        return {"body": [problem.text]}
    texts = links.problems(urls)
    return {"body": texts} if texts else {}
