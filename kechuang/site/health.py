"""Whether the installation is well: database, worker, record; for /healthz and /operate/."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from kechuang.base.refusals import N_
from kechuang.record import queries as record

WORKER_SILENT_AFTER = timedelta(seconds=90)
RECORD_LAGS_AFTER = timedelta(seconds=30)
RECORD_UNPUBLISHED_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `text` is marked for translation and filled by `facts`."""

    name: str
    is_well: bool
    text: str
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class JobCount:
    status: str
    count: int


def findings(at: datetime) -> list[Finding]:
    """Database, worker, failed jobs and the record's sequencer, each with what was seen."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version')")
            version = cursor.fetchone()[0]
    except DatabaseError:
        return [Finding(N_("数据库"), False, N_("连不上"), {})]
    return [
        Finding(N_("数据库"), True, N_("PostgreSQL {version}"), {"version": version}),
        _worker(),
        _record(at),
    ]


def _worker() -> Finding:
    """Heartbeats by the database's clock, which wrote them: a demonstration's may be set ahead."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - max(last_heartbeat), count(*) FROM procrastinate_workers")
        silent, count = cursor.fetchone()
    if silent is None:
        return Finding(N_("后台作业"), False, N_("没有在跑的后台进程"), {})
    return Finding(
        N_("后台作业"), silent < WORKER_SILENT_AFTER, N_("{count} 个进程，{seconds} 秒前有响应"),
        {"count": count, "seconds": max(0, int(silent.total_seconds()))},
    )  # fmt: skip


def _record(at: datetime) -> Finding:
    waiting = record.unsequenced_since()
    if waiting is None:
        return _published(at)
    lag = at - waiting
    return Finding(
        N_("平台日志"), lag < RECORD_LAGS_AFTER, N_("最早一条已等 {seconds} 秒未排位置"),
        {"seconds": max(0, int(lag.total_seconds()))},
    )  # fmt: skip


def _published(at: datetime) -> Finding:
    """Whether what is recorded reaches the public tree; a backlog waits for the next batches."""
    since = record.unpublished_since()
    size = {"size": record.tree_size()}
    if since is None or at - since < RECORD_UNPUBLISHED_AFTER:
        return Finding(N_("平台日志"), True, N_("已公布 {size} 条，其余按批公布"), size)
    return Finding(
        N_("平台日志"), False,
        N_("已公布 {size} 条，积压一小时以上；无榜单在揭榜时运行 kechuang record checkpoint --all"),
        size,
    )


def job_counts() -> list[JobCount]:
    """How many background jobs stand in each state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1 ORDER BY 1"
        )
        return [JobCount(*row) for row in cursor.fetchall()]


def failed_jobs(limit: int = 50) -> list[dict[str, object]]:
    """The last failed jobs: task and number of attempts, never what they carried."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, attempts, scheduled_at FROM procrastinate_jobs "
            "WHERE status = 'failed' ORDER BY id DESC LIMIT %s",
            [limit],
        )
        names = ("id", "task", "attempts", "scheduled_at")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
