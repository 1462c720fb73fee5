# Paths here are relative and programs are called as `python -m`, so that the project
# may lie in a folder whose path is long or has spaces.
.PHONY: run test bench prove e2e permissions pictures check fmt openapi vendor vendor-editor vendor-tests mjml-reference venv venv-dev

# The first Python that is new enough and can make virtual environments; if there is
# none, one that at least starts, to say what is missing.
PYTHON ?= $(shell \
	for python in python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1; then echo $$python; exit; fi; \
	done; \
	for python in python3.13 python3.12 python3.11 python3; do \
		if $$python -c '' >/dev/null 2>&1; then echo $$python; exit; fi; \
	done; \
	echo python3)
ifeq ($(filter environment command,$(firstword $(origin PYTHON))),)
CHOSEN = 0
else
CHOSEN = 1
endif

PY = .venv/bin/python
# What reads the settings without asking a server.
NO_SERVERS = DATABASE_URL=postgres://nobody@localhost/none BROKER_URL=memory:// \
	SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ
PRODUCTION = HTTPS=1 ALLOWED_HOSTS=marketing.example.org \
	CSRF_TRUSTED_ORIGINS=https://marketing.example.org

run: venv
	@exec $(PY) -m marketing_os.dev run

test: venv-dev
	@exec $(PY) -m pytest -n 2 --dist loadfile $(ARGS)

# Figures beside their baselines, see bench/README.md; ARGS names some of them.
bench: venv-dev
	@exec $(PY) -m bench $(ARGS)

# The proofs of safety (kills, load, cut-offs) at their full size.
prove: venv-dev
	@exec env PROVE=1 $(PY) -m pytest -m prove -rA $(ARGS)

e2e: venv-dev
	@exec $(PY) -m pytest -n 2 --dist loadfile -m browser $(ARGS)

# The table of who is answered what at every address, as it is now; read what changed.
permissions: venv-dev
	@PERMISSIONS=write $(PY) -m pytest tests/permissions/test_table.py $(ARGS)

# The pictures of the README and the tours, by the browser that also tests the pages.
pictures: venv-dev
	@PICTURES=1 $(PY) -m pytest tests/pages/test_pictures.py tests/tours $(ARGS)

check: venv-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(NO_SERVERS) $(PY) -m mypy manage.py marketing_os imports customers funnel \
		messaging segments automations portal
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PY) manage.py makemigrations --check --dry-run
	$(NO_SERVERS) $(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	$(NO_SERVERS) $(PY) manage.py spectacular --validate --fail-on-warn --file .openapi.new
	diff -u openapi.yml .openapi.new
	rm .openapi.new

fmt: venv-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

openapi: venv-dev
	$(NO_SERVERS) $(PY) manage.py spectacular --validate --fail-on-warn --file openapi.yml

# What the admin takes from npm, in one file; wants Node 18 or newer. The versions stand
# in messaging/editor/package.json.
vendor: vendor-editor vendor-tests
vendor-editor:
	cd messaging/editor && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs
# The browser's judge of accessibility, for tests only; its version stands here.
AXE = 4.14.1
vendor-tests:
	cd tests/axe && npm pack --silent axe-core@$(AXE) && \
		tar -xzf axe-core-$(AXE).tgz --strip-components=1 package/axe.min.js \
		package/LICENSE package/LICENSE-3RD-PARTY.txt && rm axe-core-$(AXE).tgz
	printf 'axe.min.js is fetched by `make vendor` from the npm package axe-core %s (MPL-2.0).\n' \
		$(AXE) > tests/axe/versions.txt

# What MJML's reference compiler makes of the fixtures that ours is held against; wants
# Node 22 or newer. Its version stands in tests/messaging/mjml/package.json.
mjml-reference:
	cd tests/messaging/mjml && npm install --ignore-scripts --no-package-lock --no-audit \
		--no-fund && node reference.mjs

venv:
	@PYTHON_IS_CHOSEN=$(CHOSEN) "$(PYTHON)" -m marketing_os.dev.virtualenv requirements.txt

venv-dev:
	@PYTHON_IS_CHOSEN=$(CHOSEN) "$(PYTHON)" -m marketing_os.dev.virtualenv requirements-dev.txt
