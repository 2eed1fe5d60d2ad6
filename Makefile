# The verbs of this repository. Two are all one needs: `make demo` and `make test`; both set up what they need.
# What the verbs do is in bootstrap/ (installation) and tools/ (everything that runs).

PYTHON_RUN = .odoo/venv/bin/python
INSTALL = @bash bootstrap/install.sh
INSTALL_TEST = @bash bootstrap/install.sh --test

.DEFAULT_GOAL := help
.PHONY: help demo test unit test-addons e2e convergence conservation reconciliation duplicates chaos benchmark test-odoo lint format docs run bootstrap clean

help: ## show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r verb text; do printf '  make %-12s %s\n' "$$verb" "$$text"; done

demo: ## set up and start everything: Odoo, broker, virtual plant; ONCE=1: play the demo orders, check them, stop
	$(INSTALL)
	@exec $(PYTHON_RUN) -m tools.demo $(if $(ONCE),--once) $(if $(NAME),--name $(NAME))

test: ## all levels: unit, the addons' own tests, end to end
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tools.testing unit addons+e2e

unit: ## the pure tests, and those of the virtual plant; ARGS="-k name"
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tools.testing unit -- $(ARGS)

test-addons: ## the addons' own tests on an installed database; ARGS="-k name"
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tools.testing addons -- $(ARGS)

e2e: ## end to end over real sockets and a real browser; ARGS="-k name"
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tools.testing e2e -- $(ARGS)

convergence: ## an order's events in any order and repeated, all ending the same; SEEDS=200 for the long form, FIRST and EVENTS to see one again
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tests.convergence $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST),--first $(FIRST)) $(if $(EVENTS),--events $(EVENTS))

conservation: ## streams of reports, lawful or not, against the conservation laws; SEEDS=100
	$(INSTALL_TEST)
	@MES_CONSERVATION_SEEDS=$(or $(SEEDS),100) $(PYTHON_RUN) -m tools.testing.long_form conservation

reconciliation: ## 25 postings sabotaged in the database, all named and nothing else; MESSAGES=1000 SEED=25
	$(INSTALL_TEST)
	@MES_RECONCILIATION_MESSAGES=$(or $(MESSAGES),1000) MES_RECONCILIATION_SEED=$(or $(SEED),25) $(PYTHON_RUN) -m tools.testing.long_form reconciliation

duplicates: ## labelled streams of reports, some told twice, into stock: what was posted twice, what was held wrongly; SIZE=2000
	$(INSTALL_TEST)
	@MES_DUPLICATES_SIZE=$(or $(SIZE),2000) $(PYTHON_RUN) -m tools.testing.long_form duplicates

chaos: ## kill every kind of process in its transactions, nothing lost or doubled; SEED=n for the long form, MUTATION=name to see it fail
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tests.chaos $(if $(SEED),--seed $(SEED),--ci) $(if $(MUTATION),--mutation $(MUTATION))

benchmark: ## measure, each program's last line is its figures; NAME=latency, takeover or journal_size for one alone
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m benchmarks $(NAME)

test-odoo: ## Odoo's own tests of what the suite extends, with and without it, compared; SUITES=mrp, SHORT=1, ARGS="-k name" for less
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tests.odoo $(if $(SHORT),--short) $(or $(SUITES),mrp stock mrp_account sale_mrp mrp_subcontracting) $(if $(ARGS),-- $(ARGS))

lint: ## all linters and the checks of the repository's own rules
	$(INSTALL_TEST)
	@.odoo/venv/bin/pre-commit run --all-files

format: ## let ruff put the Python code into shape
	$(INSTALL_TEST)
	@.odoo/venv/bin/ruff check --fix . && .odoo/venv/bin/ruff format .

docs: ## write docs/reference from the tables in the code
	$(INSTALL_TEST)
	@$(PYTHON_RUN) -m tools.make_reference

run: ## an Odoo with the suite on an empty database, broker and gateway; nothing is played
	$(INSTALL)
	@exec $(PYTHON_RUN) -m tools.run

bootstrap: ## install Odoo, its environment and the broker under .odoo/; nothing is started
	$(INSTALL)

clean: ## remove everything that was installed, built or recorded
	rm -rf $$(cat .odoo/pg.elsewhere 2>/dev/null) .odoo build
