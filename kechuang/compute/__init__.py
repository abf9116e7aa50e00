"""Computing power of the city's centres at one desk: what there is, who may use how much of it,

what a job would cost where and why, the job itself, and what it came to, to the fen.
"""
