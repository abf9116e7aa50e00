"""What every door shares: who is asking and when, forms that carry refusals, keyset
pages, answers given once, sheets.
"""
