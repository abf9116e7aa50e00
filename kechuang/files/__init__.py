"""Bytes that somebody handed in: kept once by their hash, typed by their content,
served only through the part that links them.
"""
