import gc

import pytest

from fluenzr.core import collector


def test_collector_comes_seldom_and_then_as_before() -> None:
    usual = gc.get_threshold()
    with collector.seldom():
        assert gc.get_threshold()[0] == collector.ALLOCATED
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (usual, 0)


def test_collector_comes_as_before_after_an_error() -> None:
    usual = gc.get_threshold()
    with pytest.raises(KeyError), collector.seldom():
        raise KeyError
    assert gc.get_threshold() == usual
