PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test check lint bench clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Made again only when the pinned set or the project's metadata change.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv: some minutes, once."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/.ready ## set up, and backtest the first strategy
	$(BIN)/backtest configs/midcap_rotation.yaml

test: .venv/.ready ## set up, and run the tests with coverage
	$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered --cov-fail-under=95

check: .venv/.ready ## style, format and types, changing nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint: .venv/.ready ## mend style and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.ready ## time everything against peers, check the books against bt and on 50,000 cases (half an hour)
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-columns=min,median,max,rounds -o addopts= --import-mode=importlib
	PYTHONPATH=. $(BIN)/python benchmarks/scale.py
	BACKTEST_KILLS=200 $(BIN)/python -m pytest tests/market/test_processes.py -k killed
	$(BIN)/python benchmarks/peers/cross_check.py
	$(BIN)/python benchmarks/peers/compare.py
	BACKTEST_CASES=50000 $(BIN)/python -m pytest -q tests/test_two_books.py

clean: ## remove the environment and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .coverage *.egg-info
