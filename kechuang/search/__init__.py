"""One table of documents fed by the parts' actions, found by words, and never shown to
those who may not see.
"""
