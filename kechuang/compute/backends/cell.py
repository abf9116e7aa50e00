"""Shuts a process in: no network, no other process, no file but its own and what all can read.

As root it becomes `nobody`; else it lives in a user namespace of its own. Its own directory stands
at /tmp, the installation's state is not there at all. OSError where the kernel does not allow it.
Standard library alone, and little of it: see `runner`. The C library is called through the core of
`ctypes`, which comes in three times as fast as all of it.
"""

import _ctypes
import os

NEWNS, NEWUSER, NEWPID, NEWNET, NEWIPC = (
    0x00020000, 0x10000000, 0x20000000, 0x40000000, 0x08000000,
)  # fmt: skip
BIND, REC, PRIVATE = 4096, 16384, 1 << 18
NOBODY = 65534
OWN = "/tmp"  # nosec B108: the own directory, laid over what others share


class _Int(_ctypes._SimpleCData):
    _type_ = "i"


class _Call(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = _Int


_LIBC = _ctypes.dlopen(None, os.RTLD_NOW)


def call(name: str, *given: int | bytes | None) -> int:
    """What a function of the C library answers: 0 where it did what it should."""
    return _Call(_ctypes.dlsym(_LIBC, name))(*given)


def shut_in(work: str, hidden: list[str], needed: list[str]) -> None:
    """Return in the process that is shut in; its parent waits and ends as it ends."""
    is_root, user, group = os.getuid() == 0, os.getuid(), os.getgid()
    spaces = NEWNS | NEWPID | NEWNET | NEWIPC | (0 if is_root else NEWUSER)
    _checked(call("unshare", spaces), "unshare")
    if not is_root:
        _say("/proc/self/setgroups", "deny")
        _say("/proc/self/uid_map", f"{user} {user} 1")
        _say("/proc/self/gid_map", f"{group} {group} 1")
    _wait_for_the_one_within()
    _mount(None, "/", None, REC | PRIVATE)
    if is_root:
        os.chown(work, NOBODY, NOBODY)
        for name in os.listdir(work):
            os.chown(f"{work}/{name}", NOBODY, NOBODY)
    _keep_and_hide(work, hidden, needed if is_root else [])
    _mount("proc", "/proc", "proc", 0)
    if is_root:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _say(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _wait_for_the_one_within() -> None:
    """The first child is the one within the new space of processes; this one ends as it ends."""
    child = os.fork()
    if child:
        _pid, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    call("prctl", 1, 9)


def _keep_and_hide(work: str, hidden: list[str], needed: list[str]) -> None:
    """Lay the own directory over /tmp and nothing over what is hidden; what is needed of a folder
    that others may not enter is laid there anew, alone."""
    kept = sorted({os.path.realpath(path) for path in needed if _closed_above(path)}, key=len)
    work_handle = os.open(work, os.O_PATH)
    handles = {path: os.open(path, os.O_PATH) for path in kept}
    for path in kept:
        closed = _closed_above(path)
        if closed:
            _mount("tmpfs", closed, "tmpfs", 0, "mode=755,size=1m")
        os.makedirs(path, exist_ok=True)
        _mount(f"/proc/self/fd/{handles[path]}", path, None, BIND | REC)
    for path in hidden:
        if os.path.isdir(path) and not any(one.startswith(f"{path}/") for one in needed):
            _mount("tmpfs", path, "tmpfs", 0, "mode=755,size=1m")
    _mount(f"/proc/self/fd/{work_handle}", OWN, None, BIND)
    for handle in (work_handle, *handles.values()):
        os.close(handle)


def _closed_above(path: str) -> str:
    """The first folder above a path that not everybody may enter; empty where there is none."""
    step = ""
    for name in os.path.realpath(path).split("/")[1:]:
        if not os.stat(step or "/").st_mode & 0o001:
            return step or "/"
        step = f"{step}/{name}"
    return ""


def _mount(source: str | None, target: str, kind: str | None, flags: int, said: str = "") -> None:
    done = call(
        "mount", source.encode() if source else None, target.encode(),
        kind.encode() if kind else None, flags, said.encode() if said else None,
    )  # fmt: skip
    _checked(done, f"mount {target}")


def _checked(done: int, what: str) -> None:
    if done:
        raise OSError(_ctypes.get_errno(), f"{what}: {os.strerror(_ctypes.get_errno())}")
