# Aliases; all of them live in dev.py, which needs nothing but Python 3.11.
.DEFAULT_GOAL := help
.PHONY: help run test check format bench chaos contract words lock

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## serve the demo on 127.0.0.1:8000
	python3 dev.py run

test: ## all checks and all tests
	python3 dev.py test

check: ## format, lint, types, generated files, web unit tests
	python3 dev.py check

bench: ## measure
	python3 dev.py bench

chaos: ## kill -9 under typing
	python3 dev.py chaos

format: ## format Python and the web sources
	.venv/bin/ruff format
	.venv/bin/ruff check --fix
	cd web && node_modules/.bin/biome check --write .

contract: ## web/src/contract.gen.ts from models/ and sync/
	.venv/bin/python -m server.contract

words: ## web/src/ui/words.gen.ts from web/locale/nl.po
	node web/words.mjs

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: ## the three requirements*.lock, keeping what still fits (needs uv)
	$(COMPILE) pyproject.toml --extra dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml -c requirements-dev.lock -o requirements.lock
	$(COMPILE) requirements-node.in -o requirements-node.lock
