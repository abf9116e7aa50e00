"""The demonstration region: a fictional city at work, laid around the day it is loaded on.

`load(size, day)` fills an empty database. The cast of people.csv signs in with the password
`kechuang-demo`; under `up --demo` one may switch between them without it.
"""

from kechuang.site.demo.loader import SIZES, DemoRefused, load

__all__ = ["SIZES", "DemoRefused", "load"]
