"""Settings of the tests: the product's own, under a fixed environment."""

import os
import tempfile
from pathlib import Path

# One folder and one test database a process, so that several runs at once never meet.
RUN_ID = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:8] or str(os.getpid())
# A proof gives the processes that it starts one folder, as they play one machine.
SCRATCH = Path(os.environ.get("PROOF_DATA_DIR") or Path(tempfile.gettempdir()) / f"fluenzr-tests-{os.getpid()}")

os.environ |= {
    "FLUENZR_ENV_FILE": os.devnull,
    "SECRET_KEY": "only-for-tests-" + "k" * 50,
    "FLUENZR_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "FLUENZR_TRACKING_KEYS": "only-for-tests-tracking-key-0123456789",
    "FLUENZR_PEPPER": "only-for-tests-pepper-0123456789abcdef",
    "DATA_DIR": str(SCRATCH),
    "SITE_URL": "http://testserver",
    "ALLOW_PRIVATE_HOSTS": "1",
    "FLUENZR_SETTLING_SECONDS": "0",
}

from fluenzr.settings import *  # noqa: E402, F403
from fluenzr.settings import DATABASES, STORAGES  # noqa: E402

# A file, not memory: threads and locks behave as they do in use.
_IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3") if _IS_SQLITE else f"test_fluenzr_{RUN_ID}"}
if _IS_SQLITE:
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
