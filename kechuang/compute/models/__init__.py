"""Centres and prices, allocations, jobs and runs, usage, charges and statements."""

from kechuang.compute.models.billing import Adjustment, Bill, Charge, Statement, Usage
from kechuang.compute.models.desk import Allocation, AllocationStage, Centre, CentreStage, PriceList
from kechuang.compute.models.jobs import Job, JobStage, Quote, Result, Run
from kechuang.compute.models.registry import DataSet, Link, Phase, PriceProposal, Trial

__all__ = [
    "Adjustment", "Allocation", "AllocationStage", "Bill", "Centre", "CentreStage", "Charge",
    "DataSet", "Job", "JobStage", "Link", "Phase", "PriceList", "PriceProposal", "Quote", "Result",
    "Run", "Statement", "Trial", "Usage",
]  # fmt: skip
