.DEFAULT_GOAL := help
.PHONY: help setup run test prove lint types imports migrations-check fmt lock bench-tick bench-imports bench-pages bench-million bench-additions bench-api bench-sending bench-rendering bench-ingest bench-flood bench-size bench-nodes screenshots
BIN := .venv/bin
PACKAGES := fluenzr contacts campaigns tracking

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: ## Make the environment in .venv (quick when nothing changed)
	@bin/setup

run: setup ## Set up all and start: site, demo data, workers; PORT=8000 chooses the port
	@bin/devenv
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo
	@exec $(BIN)/python manage.py up --with-parent

test: setup ## Quick tests, in parallel, on SQLite and on PostgreSQL
	@$(BIN)/python -m tests quick $(ARGS)

prove: setup ## Slow proofs: kills, races, journeys; PROVE_MINUTES=5 takes a sample
	@$(BIN)/python -m tests prove $(ARGS)

bench-tick: setup ## What a tick costs behind a backlog of 1,000,000 due people (needs PostgreSQL)
	@$(BIN)/python -m benchmarks.tick $(ARGS)

bench-pages: setup ## How long each page takes with 100,000 contacts and 1,000 campaigns, on both databases
	@$(BIN)/python -m benchmarks.pages $(ARGS)

bench-additions: setup ## How long a group of 100,000 contacts takes into a campaign, on both databases
	@$(BIN)/python -m benchmarks.additions $(ARGS)

bench-api: setup ## Lists of the API with 200,000 rows against DRF alone, and the rate limit, on both databases
	@$(BIN)/python -m benchmarks.api $(ARGS)

bench-million: setup ## How long contacts and the pipeline take with 1,000,000 contacts (needs PostgreSQL)
	@$(BIN)/python -m benchmarks.million $(ARGS)

screenshots: setup ## Take the pictures of the documents anew, of the running demo
	@$(BIN)/python -m tests.screenshots

bench-imports: setup ## A file of 200,000 contacts against \copy and django-import-export (needs PostgreSQL)
	@$(BIN)/python -m benchmarks.imports $(ARGS)

bench-sending: setup ## Mails a second against smtp-source and what others use (needs PostgreSQL, postfix, redis-server)
	@$(BIN)/python -m benchmarks.sending $(ARGS)

bench-rendering: setup ## What making a mail costs the processor, against Django's templates and mail
	@$(BIN)/python -m benchmarks.rendering $(ARGS)

bench-nodes: setup ## One and three sender nodes, near to the mail server and far from it (needs PostgreSQL, postfix)
	@$(BIN)/python -m benchmarks.nodes $(ARGS)

bench-ingest: setup ## Pixels and clicks a second against nginx and a row each (needs PostgreSQL, nginx, wrk)
	@$(BIN)/python -m benchmarks.ingest $(ARGS)

bench-flood: setup ## How much 500 hits a second slow sending (needs PostgreSQL, postfix, wrk)
	@$(BIN)/python -m benchmarks.flood $(ARGS)

bench-size: setup ## What is asked each second at 5,000,000 people in campaigns and as many mails (needs PostgreSQL)
	@$(BIN)/python -m benchmarks.size $(ARGS)

lint: setup ## Style and mistakes (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

fmt: setup ## Format, and repair what can be repaired
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup ## Types (mypy, strict)
	@$(BIN)/mypy

imports: setup ## The order of imports between the apps
	@$(BIN)/lint-imports

migrations-check: setup ## No model change without its migration
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

lock: ## Renew the locks from the .in files (needs uv)
	@bin/lock
