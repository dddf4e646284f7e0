# Two commands do everything: `make run` serves, `make test` checks. Both set up .venv first.
PYTHON ?= python3.11
PIP_ARGS ?=
BIN := .venv/bin
CORPORA ?= corpora

.PHONY: run setup test quick audit lint bench bench-scale evaluate screenshot lock clean

run: setup  ## the service on 127.0.0.1:8000, with the sample batch in a new database
	@VOC_SAMPLE=1 $(BIN)/voc serve

setup: .venv/.ready  ## .venv with everything, pinned

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

test: setup lint  ## everything that CI runs
	$(BIN)/pytest -n 2 --dist loadfile --durations 30

quick: setup  ## the tests that need neither weights, a browser nor PostgreSQL, for daily work
	$(BIN)/pytest -n 2 --dist loadfile -m "not model and not browser and not hostile and not ray" -k "not postgres"

audit: ## known holes in the pinned libraries, asked of the advisories on PyPI, which must be within reach
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	build/audit/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup  ## tagging beside a loop over a BERT-base pipeline, and each step to its speed; trends and KPIs over a million rows beside plain SQL
	$(BIN)/python -m models.benchmarks.throughput
	$(BIN)/python -m models.benchmarks.steps
	$(BIN)/python -m tests.benchmarks.figures

bench-scale: setup  ## what a worker and either store give, and what a thousand million rows cost; needs PostgreSQL's programs
	$(BIN)/python -m tests.benchmarks.scale

evaluate: setup  ## the model's figures; CORPORA=folders that hold the texts of data/labels; without, on our own texts
	$(BIN)/voc evaluate --corpora $(CORPORA)

screenshot: setup  ## the pictures in README and docs, from the running page
	$(BIN)/python -m tests.browser.screenshot docs

lock: setup  ## pin what is installed now
	$(BIN)/python -m pip freeze --exclude-editable --all | sed 's/+cpu$$//' | grep -viE '^(pip|voc)==' > requirements.lock

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
