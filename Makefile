.DEFAULT_GOAL := help
PY := .venv/bin/python

setup: ## Make the environment; quick when the lock did not change
	@sh bin/setup

.PHONY: setup
