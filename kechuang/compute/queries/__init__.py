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
from kechuang.compute.queries.registry import (
    HourOf,
    Saved,
    bandwidth_between,
    data_usable_by,
    data_visible_to,
    links_now,
    load_of,
    prices_asked,
    saved_by_placement,
    units_named,
)
from kechuang.compute.queries.running import (
    accounts_awaited,
    accounts_owed,
    backend_for,
    bills_of,
    centres_that_owe,
    centres_with_accounts,
    centres_with_work,
    lines_for,
    live_runs,
    log_of,
    order_of,
    place_of,
    progress_of,
    quotas_at,
    results_of,
    statement_content,
    unbilled_jobs,
    uncharged_jobs,
    what_lacks,
    would_cost,
)
from kechuang.compute.queries.sides import SideOf, fastest_across, sides_of
from kechuang.compute.queries.statements import (
    OpenMonth,
    allocations_billed_before,
    open_months,
)

__all__ = [
    "CentreFigures", "HourOf", "OpenMonth", "Saved", "SideOf", "accounts_awaited", "accounts_owed",
    "allocations_billed_before", "allocations_in_force", "allocations_visible_to", "backend_for",
    "bandwidth_between", "bills_of", "centres_that_owe", "centres_visible_to",
    "centres_with_accounts", "centres_with_work", "data_usable_by", "data_visible_to",
    "fastest_across", "figures_of", "jobs_visible_to", "lines_for", "links_now", "live_runs",
    "load_of", "log_of", "open_months", "order_of", "place_of", "price_list_at", "prices_asked",
    "progress_of", "quotas_at", "quotes_for", "results_of", "saved_by_placement", "sides_of",
    "stages_of", "statement_content", "statements_visible_to", "unbilled_jobs", "uncharged_jobs",
    "units_named", "utilisation", "what_lacks", "within", "would_cost",
]  # fmt: skip
