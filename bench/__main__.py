"""`python -m bench [pages] [town city province]`: run the benchmarks and print their tables."""

import sys

from bench import pages

SIZES = ("town", "city", "province")

if __name__ == "__main__":
    pages.run([size for size in sys.argv[1:] if size in SIZES] or list(SIZES))
