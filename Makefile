# Each target needs nothing but Python and pip; the work is done in scripts/, so that it also runs without make.
.DEFAULT_GOAL := help
.PHONY: help try setup format check test bench prove lock docs
bin := .venv/bin

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile

try: ## run the main job once, seen from a real client
	@scripts/try
setup: ## make .venv with every dependency at its pinned version
	@scripts/setup
format: setup ## format, and mend what ruff can mend
	$(bin)/ruff format . && $(bin)/ruff check --fix .
check: setup ## everything that must hold before a change goes in: exactly what CI runs
	@scripts/check
test: setup ## the quick tests only
	$(bin)/pytest -n 3 -q -m "not slow"
bench: setup ## measure
	$(bin)/python -m benchmarks
prove: setup ## the slow tests without a time limit, then the measurements, in stages that can be stopped
	$(bin)/pytest -q -m slow -o timeout=0 || [ $$? -eq 5 ] # 5: no test has the mark
	$(bin)/python -m benchmarks
	$(bin)/python -m benchmarks.prove
docs: setup ## write the generated pages and the tool lists of README.md and manifest.json again
	$(bin)/python scripts/generate_docs.py
lock: setup ## pin the newest allowed version of every dependency, with hashes
	@scripts/lock
