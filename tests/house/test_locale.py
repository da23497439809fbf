import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings

CATALOGUES = sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_compiled_catalogue_says_what_its_source_says(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        texts = gettext.GNUTranslations(compiled)
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', catalogue.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(entries) > 50
    assert [source for source, text in entries if texts.gettext(source) != text] == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_translation_keeps_the_placeholders(catalogue: Path) -> None:
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', catalogue.read_text(encoding="utf-8"), re.MULTILINE)
    names = re.compile(r"%\(\w+\)s")

    assert [source for source, text in entries if sorted(names.findall(source)) != sorted(names.findall(text))] == []
