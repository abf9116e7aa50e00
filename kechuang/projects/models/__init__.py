"""Projects, agreements, milestones and acceptance, instalments and receipts.

Rules over more than one row are triggers: migration 0002.
"""

from kechuang.projects.models.agreement import Agreement, Target
from kechuang.projects.models.milestone import (
    Acceptance,
    Acceptor,
    Evidence,
    Milestone,
    MilestoneReminder,
    MilestoneStage,
)
from kechuang.projects.models.money import Instalment, InstalmentStage, OwnReceipt
from kechuang.projects.models.project import Freeze, Project, ProjectMember, ProjectStage

__all__ = [
    "Acceptance",
    "Acceptor",
    "Agreement",
    "Evidence",
    "Freeze",
    "Instalment",
    "InstalmentStage",
    "Milestone",
    "MilestoneReminder",
    "MilestoneStage",
    "OwnReceipt",
    "Project",
    "ProjectMember",
    "ProjectStage",
    "Target",
]
