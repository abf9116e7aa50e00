"""Which centre takes a job, and in what order a centre runs its queue; simulated, and explained.

A queue: `read_trace`, `Rule`, `evaluate`. A choice between centres: `Broker`. Money: `metering`.
"""
