# make chat: talk to it. make test: check everything. Both set up what they need.
.DEFAULT_GOAL := test
.PHONY: setup setup-dev setup-nlu setup-ocr chat test lint train evaluate bench

BOT := .venv/bin
NLU := .venv-nlu/bin
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

setup: .venv/installed-bot
setup-dev: .venv/installed-dev
setup-nlu: .venv-nlu/installed
setup-ocr: .venv/installed-ocr

.venv/installed-bot: requirements/bot.txt pyproject.toml
	@python="$$(scripts/python bot)" || exit 1; \
	  echo "Setting up the bot in .venv (once, under a minute) ..." >&2; \
	  "$$python" -m venv .venv
	@echo "  installing its libraries ..." >&2
	@$(BOT)/python $(PIP) -r requirements/bot.txt
	@echo "$(CURDIR)" > "$$($(BOT)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/helpline.pth"
	@printf '#!/bin/sh\nexec "%s" -m bot "$$@"\n' "$(CURDIR)/$(BOT)/python" > $(BOT)/helpline && chmod +x $(BOT)/helpline
	@touch $@

.venv/installed-dev: .venv/installed-bot requirements/dev.txt
	@echo "  installing the tools for the checks ..." >&2
	@$(BOT)/python $(PIP) -r requirements/dev.txt
	@touch $@

.venv/installed-ocr: .venv/installed-bot requirements/ocr.txt
	@echo "Installing the reader for pictures (about 300 MB) ..." >&2
	@$(BOT)/python $(PIP) -r requirements/ocr.txt
	@touch $@

.venv-nlu/installed: requirements/nlu.txt
	@python="$$(scripts/python nlu)" || exit 1; \
	  echo "Setting up Rasa in .venv-nlu (once; 2.5 GB, a few minutes) ..." >&2; \
	  "$$python" -m venv .venv-nlu
	@echo "  installing Rasa and TensorFlow ..." >&2
	@$(NLU)/python $(PIP) -r requirements/nlu.txt
	@touch $@

chat: setup
	@$(BOT)/helpline chat

lint: setup-dev
	@$(BOT)/ruff format --check --quiet bot nlu tests
	@$(BOT)/ruff check --quiet bot nlu tests
	@$(BOT)/mypy --no-error-summary
	@$(BOT)/lint-imports --no-cache >/dev/null || $(BOT)/lint-imports --no-cache
	@$(BOT)/helpline lint

test: setup-dev setup-nlu
	@$(BOT)/python -m pytest -q

train: setup-nlu
	@$(NLU)/python nlu/train.py

evaluate: setup
	@$(BOT)/helpline evaluate tests/nlu/questions.tsv --pictures build

bench: setup-dev setup-nlu
	@$(BOT)/python scripts/bench.py
