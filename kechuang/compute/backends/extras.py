"""What applications need beyond Kechuang's own requirements, and how it gets onto this machine.

Each extra is a Python of its own below the state directory, or packages of the system; nothing of
it is imported here. A mark is written last: a half installed one counts as missing.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "extras.toml"
MARK = "installed"
SECONDS_MOST = 3600


@dataclass(frozen=True)
class Extra:
    """One extra: packages for a Python of its own, or packages of Debian and their programs."""

    python: tuple[str, ...] = ()
    module: str = ""
    debian: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    interpreter: str = ""  # the system's Python, where its packages are Debian's
    path: str = ""  # what is there once they are

    @property
    def lacks(self) -> str:
        """What is named where it is missing."""
        return self.module or " ".join(self.programs)


class NotInstalled(Exception):
    """An extra could not be installed; the words are those of the installer."""


@cache
def extras() -> dict[str, Extra]:
    """Every extra of the data file, by code."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        code: Extra(**{name: tuple(one) if isinstance(one, list) else one
                       for name, one in row.items()})
        for code, row in rows.items()
    }  # fmt: skip


def command_for(code: str) -> str:
    """What an operator types to install one."""
    return f"kechuang compute extras install {code}"


def python_of(code: str, state: Path) -> str:
    """The Python that runs an extra's programs; Kechuang's own where it has none."""
    if code and extras()[code].interpreter:
        return extras()[code].interpreter
    if code and extras()[code].python:
        return str(state / "extras" / code / "bin" / "python")
    return sys.executable


def is_there(code: str, state: Path) -> bool:
    """Whether an extra is on this machine."""
    extra = extras()[code]
    if extra.path:
        return Path(extra.path).exists()
    if extra.programs:
        return all(shutil.which(name) for name in extra.programs)
    mark = state / "extras" / code / MARK
    return mark.exists() and mark.read_text(encoding="utf-8") == " ".join(extra.python)


def install(code: str, state: Path) -> None:
    """Install one; NotInstalled with the installer's own words where that fails."""
    extra = extras()[code]
    if extra.debian:
        if os.geteuid() or not shutil.which("apt-get"):
            raise NotInstalled(f"apt-get install --no-install-recommends {' '.join(extra.debian)}")
        _run("apt-get", "-qq", "install", "--yes", "--no-install-recommends", *extra.debian)
        return
    place = state / "extras" / code
    (place / MARK).unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        _run(str(uv), "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(place))
        _run(str(uv), "pip", "install", "--quiet", "--python", str(place / "bin" / "python"),
             *extra.python)  # fmt: skip
    else:
        _run(sys.executable, "-m", "venv", str(place))
        _run(str(place / "bin" / "python"), "-m", "pip", "install", "-qq", *extra.python)
    (place / MARK).write_text(" ".join(extra.python), encoding="utf-8")


def _run(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command, check=True, env=environment, capture_output=True, text=True,
            timeout=SECONDS_MOST,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise NotInstalled((error.stderr or error.stdout)[-2000:].strip()) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
