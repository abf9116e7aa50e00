"""The front door: settings, addresses, sign-in, home, the work list, search, the line
of an object, help and operation.
"""
