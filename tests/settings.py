"""Settings of the tests: the product's own, under a fixed environment."""

import os
import tempfile
from pathlib import Path

_SCRATCH = Path(tempfile.mkdtemp(prefix="fluenzr-tests-"))

os.environ |= {
    "FLUENZR_ENV_FILE": os.devnull,
    "SECRET_KEY": "only-for-tests-" + "k" * 50,
    "FLUENZR_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "FLUENZR_TRACKING_KEYS": "only-for-tests-tracking-key-0123456789",
    "DATA_DIR": str(_SCRATCH),
    "SITE_URL": "http://testserver",
    "ALLOW_PRIVATE_HOSTS": "1",
    "FLUENZR_SETTLING_SECONDS": "0",
}

from fluenzr.settings import *  # noqa: E402, F403
