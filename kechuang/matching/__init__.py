"""Who can answer a need: ranked offers with reasons, a liaison's verdicts,
introductions and what became of them.
"""
