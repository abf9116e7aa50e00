"""Centres and prices, allocations, jobs and runs, usage, charges and statements."""

from kechuang.compute.models.billing import Adjustment, Bill, Charge, Statement, Usage
from kechuang.compute.models.desk import Allocation, AllocationStage, Centre, CentreStage, PriceList
from kechuang.compute.models.jobs import Job, JobStage, Quote, Result, Run

__all__ = [
    "Adjustment", "Allocation", "AllocationStage", "Bill", "Centre", "CentreStage", "Charge",
    "Job", "JobStage", "PriceList", "Quote", "Result", "Run", "Statement", "Usage",
]  # fmt: skip
