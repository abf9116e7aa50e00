"""Small windows of jobs, drawn by Hypothesis, crowded enough that something always waits."""

from hypothesis import strategies as st

from kechuang.engines.placement.trace import Job

PROCESSORS = 8


@st.composite
def windows(draw, exact=False, most=24):
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 40),
                st.integers(1, 30),
                st.integers(0, 20),
                st.integers(1, PROCESSORS),
                st.integers(1, 3),
            ),
            min_size=1,
            max_size=most,
        )
    )
    rows.sort(key=lambda row: row[0])
    return [
        Job(number, submit, run, run + (0 if exact else more), size, user)
        for number, (submit, run, more, size, user) in enumerate(rows, 1)
    ]


def most_in_use(jobs, starts):
    """The largest number of processors in use at any start."""
    return max(
        sum(
            job.processors
            for job, start in zip(jobs, starts, strict=True)
            if start <= at < start + job.run
        )
        for at in starts
    )
