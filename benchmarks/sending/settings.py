"""The product's own settings, with the statements counted."""

from fluenzr.settings import *  # noqa: F403
from fluenzr.settings import INSTALLED_APPS

INSTALLED_APPS = ["benchmarks.sending.counting.Counting", *INSTALLED_APPS]
