# Two commands on a fresh machine: `make run` and `make test`. Everything else is here too.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# What Python compiled is kept, whatever the shell says: every start takes half as long.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install install-tests run test test-systems check bench bench-slurm bench-money bench-ranking bench-compute bench-fairness bench-eligibility bench-benefits journeys

help:
	@echo "make run | test | install | check | bench   (PORT=8001 make run)"

install:
	@scripts/install core ranking learning panels eligibility

install-tests:
	@scripts/system-packages
	@scripts/install core ranking learning panels eligibility dev browser

# exec, so that `up` is make's own child and goes when make goes
run:
	@scripts/install core ranking && \
	KECHUANG_DIES_WITH_PARENT=1 exec .venv/bin/kechuang up --demo

# Tests have databases of their own that do not wait for the disk, one for each core; the journeys
# in a browser share one city, and so one of the cores.
test: install-tests
	@KECHUANG_STATE="$${KECHUANG_STATE:-$(CURDIR)/.state/tests}" KECHUANG_DURABLE=0 KECHUANG_POOL=0 \
	.venv/bin/python -m pytest --create-db -n auto --maxprocesses=4 --dist loadscope \
	--durations=15 --durations-min=5 $(ARGS)

# Of the tests those in a real Chromium alone: every page as every role, the line, a spreadsheet.
journeys: install-tests
	@KECHUANG_DURABLE=0 .venv/bin/python -m pytest tests/journeys $(ARGS)

# Heavy applications through the desk on a real Slurm (root on Debian; some two gigabytes, kept).
test-systems: install-tests
	@KC_SYSTEMS=1 KECHUANG_STATE="$${KECHUANG_STATE:-$(CURDIR)/.state/tests}" KECHUANG_DURABLE=0 \
	KECHUANG_POOL=0 .venv/bin/python -m pytest -s tests/systems $(ARGS)

check: install-tests
	@scripts/check

# Ten thousand drawn acts on the money of projects, crashes among them; KC_STEPS sets how many.
bench-money: install-tests
	@KC_STEPS="$${KC_STEPS:-10000}" KECHUANG_STATE="$${KECHUANG_STATE:-$(CURDIR)/.state/tests}" \
	KECHUANG_DURABLE=0 KECHUANG_POOL=0 .venv/bin/python -m pytest tests/projects/test_machine.py

# Panels, draw, log and sealing against their bars; DATA=folder adds the published bids (*.in);
# RECORD and MARKERS are addresses of empty databases for the record, and for words planted in bids.
bench-fairness: install-tests
	@.venv/bin/python -m bench fairness $(if $(DATA),data=$(DATA))
	@test -z "$(RECORD)" || DATABASE_URL="$(RECORD)" .venv/bin/python -m bench.record
	@test -z "$(RECORD)" || DATABASE_URL="$(RECORD)" .venv/bin/python -m bench.appends
	@test -z "$(MARKERS)" || DATABASE_URL="$(MARKERS)" .venv/bin/python -m bench.markers

# The ranking engine and its peers: SIZE offers, PEERS of them for the peers, DATA=folder for quality.
bench-ranking: install-tests
	@scripts/install bench && .venv/bin/python -m bench.ranking

# Eligibility against its bars: agreement of SQL and Python, times in PostgreSQL, OpenFisca-core on the
# same rules, reasons, boundaries.
bench-eligibility: install-tests
	@scripts/install bench && .venv/bin/python -m bench.eligibility
	@$(MAKE) --no-print-directory bench-benefits

# Sixty-four processes at each step of a batch, half of them killed: paid once, within the budget.
bench-benefits: install-tests
	@KC_CROWD="$${KC_CROWD:-64}" KECHUANG_STATE="$${KECHUANG_STATE:-$(CURDIR)/.state/tests}" \
	KECHUANG_DURABLE=0 KECHUANG_POOL=0 .venv/bin/python -m pytest -s \
	tests/cultivation/test_benefit_crowds.py -k killed

bench: install-tests
	@.venv/bin/python -m bench

# What the desk adds to a bare Slurm (root on Debian, a quiet machine): 50 pairs, an array of 500.
bench-slurm: install-tests
	@KC_SYSTEMS=1 KECHUANG_STATE="$${KECHUANG_STATE:-$(CURDIR)/.state/tests}" KECHUANG_DURABLE=0 \
	KECHUANG_POOL=0 .venv/bin/python -m pytest -s tests/systems/test_slurm_overhead.py $(ARGS)

# The bars of placement. DATA is a folder with lublin-2.swf and broker/ (centres.json, make_jobs.py);
# without it only what generated traces can show is shown.
bench-compute: install
	@.venv/bin/python -m bench.compute $(DATA)
