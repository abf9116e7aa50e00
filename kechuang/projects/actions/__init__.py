"""Every write of projects: open, agree, report, accept, pay, freeze, amend, end.

Locks are taken in one order: project, then what the ledger locks.
"""

from kechuang.projects.actions.opening import open_project

__all__ = ["open_project"]
