"""Who takes part: organisations by credit code, people with dated appointments,
regions of three levels, accounts and tokens.
"""
