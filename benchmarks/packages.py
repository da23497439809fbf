"""Packages of others, installed for a measurement into a folder that goes with it, beside the product's own."""

import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path


def install(folder: Path, requirements: Sequence[str]) -> str:
    """Install packages, all pinned and without what they need but is not named; return what PYTHONPATH must hold."""
    place = folder / "others"
    venv.create(place, with_pip=True, symlinks=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    target = folder / "packages"
    subprocess.run([*pip, "--no-deps", "--target", str(target), *requirements], check=True, stderr=subprocess.DEVNULL)
    return str(target)
