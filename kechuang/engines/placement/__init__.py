"""Which centre takes a job, and in what order a centre runs its queue; simulated, and explained.

Each module is used by its name: `trace` and `evaluation` for one machine's queue, `centres`,
`broker` and `grid` for the choice between centres, `metering` for what a job costs to the fen,
`waits` for how well waits are foretold.
"""
