"""Experts who judge: panels, declarations of conflict, recusal, score sheets, ranking
and minutes.
"""
