"""Reads of the desk: who sees what, quotes, what runs, figures."""

from kechuang.compute.queries.desk import (
    allocations_in_force,
    allocations_visible_to,
    centres_visible_to,
    jobs_visible_to,
    price_list_at,
    stages_of,
    statements_visible_to,
    within,
)
from kechuang.compute.queries.figures import CentreFigures, figures_of, utilisation
from kechuang.compute.queries.quoting import quotes_for
from kechuang.compute.queries.running import (
    backend_for,
    bills_of,
    centres_with_accounts,
    centres_with_work,
    live_runs,
    log_of,
    order_of,
    place_of,
    progress_of,
    quotas_at,
    results_of,
    statement_content,
    unbilled_jobs,
    what_lacks,
)

__all__ = [
    "CentreFigures", "allocations_in_force", "allocations_visible_to", "backend_for", "bills_of",
    "centres_visible_to", "centres_with_accounts", "centres_with_work", "figures_of",
    "jobs_visible_to", "live_runs", "log_of", "order_of", "place_of",
    "price_list_at", "progress_of", "quotas_at", "quotes_for", "results_of", "stages_of",
    "statement_content", "statements_visible_to", "unbilled_jobs", "utilisation",
    "what_lacks", "within",
]  # fmt: skip
