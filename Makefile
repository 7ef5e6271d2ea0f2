.PHONY: help run test chaos check schema bench

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: ## Start all of it with demo data on SQLite; needs no service beside it
	@scripts/run

test: ## Run every test: SQLite, then PostgreSQL and Redis, then a real browser
	@scripts/with-services scripts/test

chaos: ## Break everything for ten minutes (CHAOS_SECONDS) while people write and look
	@command -v redis-server >/dev/null || scripts/need redis-server
	@CHAOS_SECONDS=$${CHAOS_SECONDS:-600} scripts/with-services cargo test --test chaos -- --nocapture

check: ## Format, lints, docs, dependencies: what CI refuses
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --test chaos --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	scripts/check-dependencies
	@if [ -d web-example ]; then cd web-example && npm ci && npm run check; fi

schema: ## Write schema.graphql from the code
	@mkdir -p target
	cargo run -q -- schema > target/schema.graphql
	mv target/schema.graphql schema.graphql

bench: ## Measure, on a private PostgreSQL and Redis
	@scripts/with-services cargo bench
