"""Slurm's own commands and accounts, as the desk's hand calls them.

Of the standard library alone: it is sent to login nodes with `hand`.
"""

from __future__ import annotations  # login nodes may have Python 3.9

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from kechuang.compute.backends.spool import Spool, write


class Silent(Exception):
    """A command of Slurm's gave no answer, or refused."""


class Accounts(Spool):
    """A Slurm by its commands: what it is, and what each account may take."""

    def __init__(self, settings: dict) -> None:
        super().__init__(Path(settings["spool"]))
        self.settings = settings
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC",
            "SLURM_TIME_FORMAT": "%s", "HOME": os.environ.get("HOME", "/"),
            **({"SLURM_CONF": settings["conf"]} if settings.get("conf") else {}),
        }  # fmt: skip

    def call(self, *command: str, given: str = "", may_fail: bool = False) -> str:
        """What a command of Slurm's prints; Silent past its time or where it refuses."""
        try:
            done = subprocess.run(
                command, input=given, env=self.environment, capture_output=True, text=True,
                timeout=self.settings["timeout_seconds"], check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Silent(f"{command[0]}: {error}") from error
        if done.returncode and not may_fail:
            raise Silent(f"{command[0]}: {(done.stderr or done.stdout).strip()[:500]}")
        return done.stdout

    def keep_quotas(self, minutes: dict, least: dict | None = None) -> list:
        """Make each account where it is missing and hold it to its core minutes; which were set.
        With `least` Slurm is not asked where at least so much was set the last time."""
        noted = self._noted()
        if least is not None and all(noted.get(name, -1) >= one for name, one in least.items()):
            return []
        self.spool.mkdir(parents=True, exist_ok=True, mode=0o711)
        write(self.spool / ".quotas", "{}")  # whoever is killed over it asks anew
        cluster, user = self.settings["cluster"], self.settings["user"]
        text = self.call(
            "sacctmgr", "--noheader", "--parsable2", "show", "associations",
            f"cluster={cluster}", "format=account,user,grptresmins",
        )  # fmt: skip
        limits, members = {}, set()
        for line in text.splitlines():
            account, member, limit = line.split("|")
            if member:
                members.add((account, member))
            else:
                limits[account] = limit
        changed = []
        for account, most in minutes.items():
            wanted = f"cpu={most}"
            if account not in limits:
                self._manage("add", "account", account, f"cluster={cluster}")
            if (account, user) not in members:
                self._manage("add", "user", user, f"account={account}", f"cluster={cluster}")
            if limits.get(account) != wanted:
                self._manage(
                    "modify", "account", "where", f"name={account}", f"cluster={cluster}", "set",
                    f"GrpTRESMins={wanted}",
                )  # fmt: skip
            if limits.get(account) != wanted or (account, user) not in members:
                changed.append(account)
        write(self.spool / ".quotas", json.dumps({**noted, **minutes}))
        return changed

    def _noted(self) -> dict:
        with suppress(OSError, ValueError):
            return json.loads((self.spool / ".quotas").read_text(encoding="utf-8"))
        return {}

    def _manage(self, *words: str) -> None:
        self.call("sacctmgr", "--immediate", "--quiet", *words)

    def survey(self) -> dict:
        """What this Slurm is: its version, name, processors, and whether it keeps accounts."""
        said = dict(
            (name.strip(), value.strip())
            for name, _, value in (
                line.partition("=") for line in self.call("scontrol", "show", "config").splitlines()
            )
        )
        partition = self.settings.get("partition")
        rows = self.call(
            "sinfo", "--noheader", "--format=%C|%R",
            *([f"--partition={partition}"] if partition else []),
        ).splitlines()  # fmt: skip
        self.spool.mkdir(parents=True, exist_ok=True, mode=0o711)
        return {
            "version": said.get("SLURM_VERSION", ""), "cluster": said.get("ClusterName", ""),
            "accounting": said.get("AccountingStorageType", ""),
            "enforces": said.get("AccountingStorageEnforce", ""),
            "keeps_comments": "job_comment" in said.get("AccountingStoreFlags", ""),
            "processors": sum(int(row.split("|")[0].split("/")[3]) for row in rows),
            "partitions": [row.split("|")[1] for row in rows],
        }  # fmt: skip
