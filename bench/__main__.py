"""`python -m bench [pages] [ranking] [town city province]`: run the benchmarks, print tables.

`python -m bench fairness [data=FOLDER]` prints the bars of provable fairness alone.
"""

import sys

from bench import fairness, pages, ranking

SIZES = ("town", "city", "province")
TABLES = {"ranking": ranking.run, "pages": pages.run}

if __name__ == "__main__":
    asked = sys.argv[1:]
    if asked[:1] == ["fairness"]:
        fairness.run(asked[1:])
        sys.exit()
    sizes = [size for size in asked if size in SIZES] or list(SIZES)
    for name, run in TABLES.items():
        if name in asked or not any(each in TABLES for each in asked):
            run(sizes)
