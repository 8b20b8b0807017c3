# gridmap: what can be made. Each target installs what it needs and says so.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean
VENV := $(or $(GRIDMAP_VENV),.venv)
BIN := $(abspath $(VENV))/bin
# Compiled Python is kept: without it every start reads a thousand files anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(BIN):$(PATH)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || \
		sed -n 's/^\([a-z]*\):.*## /  make \1    /p' $(MAKEFILE_LIST)

setup: ## what gridmap needs to run: Python packages, PostgreSQL with PostGIS
	@sh setup/bootstrap.sh run

demo: setup ## a whole station, served on http://127.0.0.1:8000
	@exec $(BIN)/gridmap demo

test: ## everything: lint, types, floors, and all tests on a real PostGIS and in a real browser
	@sh setup/bootstrap.sh test
	@$(MAKE) --no-print-directory lint
	@echo "tests: two at a time"
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

lint: ## ruff, mypy and the floors
	@test -x $(BIN)/ruff || sh setup/bootstrap.sh test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy gridmap
	@$(BIN)/lint-imports

bench: ## the figures of the manual, each beside its peer
	@sh setup/bootstrap.sh bench
	@$(BIN)/python -m pytest tests/benchmarks -m benchmark -s -q

clean: ## remove the Python environment and caches; the database stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find gridmap tests -name __pycache__ -type d -prune -exec rm -rf {} +
