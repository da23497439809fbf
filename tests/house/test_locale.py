import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings

CATALOGUES = sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))
ENTRY = re.compile(r'^(?:msgctxt (?P<context>".*")\n)?msgid (?P<source>".+")\nmsgstr (?P<text>".+")$', re.MULTILINE)


def entries(catalogue: Path) -> list[tuple[str, str, str]]:
    """Return (context, source, text) of the entries that fit on a line."""
    found = ENTRY.finditer(catalogue.read_text(encoding="utf-8"))
    return [tuple(ast.literal_eval(part or '""') for part in entry.groups()) for entry in found]  # type: ignore[misc]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_compiled_catalogue_says_what_its_source_says(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        texts = gettext.GNUTranslations(compiled)
    known = entries(catalogue)

    assert len(known) > 1000
    assert [
        source
        for context, source, text in known
        if (texts.pgettext(context, source) if context else texts.gettext(source)) != text
    ] == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_translation_keeps_the_placeholders(catalogue: Path) -> None:
    names = re.compile(r"%\(\w+\)s")
    differs = [
        source
        for _context, source, text in entries(catalogue)
        if sorted(names.findall(source)) != sorted(names.findall(text))
    ]

    assert differs == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_nothing_is_left_untranslated(catalogue: Path) -> None:
    text = catalogue.read_text(encoding="utf-8")

    assert re.findall(r'^msgid (".+")\nmsgstr ""$(?!\n")', text, re.MULTILINE) == []
    assert "#, fuzzy" not in text
