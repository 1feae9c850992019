# make setup    installs the Debian packages that are missing
# make          builds the programs, optimized
# make test     builds everything with warnings as errors and runs all tests
# make interop  lets TensorFlow judge what the programs read and write
# make fuzz     feeds the readers damaged input for SECONDS (60) each
# make bench    measures the programs against others
# make learning trains all models on made-up videos, beside TensorFlow
# make demo     shows the programs at work, on small checkpoints and on a small competition
# make install  installs programs, manual pages and shell completions below PREFIX (and DESTDIR)
# make man      brings the manual pages up to date with the declared options
# make protos   turns protos/ into C; needs protoc-c (Debian: protobuf-c-compiler)
# make format   formats the sources; make lint checks them and the manual pages
# make clean    removes what was built

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAMS := ckpt-tool tfrecord-tool fake-filter merge-preds quantize trainer
RELEASE := .build/release
DEBUG := .build/debug
SOURCES := Package.swift Sources Tests Tools

.PHONY: all setup test interop fuzz bench learning demo install man protos format lint clean

all:
	@set -e; for program in $(PROGRAMS); do \
	  $(SWIFT) build -c release --static-swift-stdlib --product $$program; \
	done

setup:
	@bash packaging/setup.sh

# One setting for all that builds for debugging, so that nothing is built twice.
test lint man: export STRICT = 1

test:
	$(SWIFT) build --build-tests
	$(SWIFT) test

interop: all
	sh Tests/Interop/run.sh

FUZZERS := fuzz-records fuzz-predictions
SECONDS ?= 60
fuzz: all
	@set -e; sh Tests/Fuzz/corpus.sh .build-fuzz/corpus; \
	for fuzzer in $(FUZZERS); do \
	  FUZZ=1 $(SWIFT) build --scratch-path .build-fuzz -c release --product $$fuzzer; \
	  folder=.build-fuzz/corpus/$${fuzzer#fuzz-}; \
	  .build-fuzz/release/$$fuzzer -max_total_time=$(SECONDS) -max_len=20000 -rss_limit_mb=1024 -timeout=20 \
	    -print_final_stats=1 -artifact_prefix=.build-fuzz/ $$folder; \
	done

bench: all
	@set -e; for script in $(filter-out %/common.sh %/learning.sh,$(sort $(wildcard Benchmarks/*.sh))); do \
	  echo "== $$script"; sh $$script; \
	done

learning: all
	sh Benchmarks/learning.sh

demo: all
	bash examples/demo.sh

install: all
	@set -e; for program in $(PROGRAMS); do \
	  echo 'installing '$$program' below $(DESTDIR)$(PREFIX)'; \
	  install -D -m 755 $(RELEASE)/$$program '$(DESTDIR)$(PREFIX)/bin/'$$program; \
	  install -D -m 644 man/$$program.1 '$(DESTDIR)$(PREFIX)/share/man/man1/'$$program.1; \
	  share='$(DESTDIR)$(PREFIX)/share'; \
	  bash="$$share/bash-completion/completions" zsh="$$share/zsh/site-functions"; \
	  fish="$$share/fish/vendor_completions.d"; \
	  mkdir -p "$$bash" "$$zsh" "$$fish"; \
	  $(RELEASE)/$$program --generate-completion-script bash >"$$bash/$$program"; \
	  $(RELEASE)/$$program --generate-completion-script zsh >"$$zsh/_$$program"; \
	  $(RELEASE)/$$program --generate-completion-script fish >"$$fish/$$program.fish"; \
	done

man:
	$(SWIFT) build
	@set -e; for program in $(PROGRAMS); do \
	  $(DEBUG)/$$program --experimental-dump-help | $(DEBUG)/manual man/$$program.1; \
	done

# The result is committed, so that building needs no compiler of messages.
protos:
	protoc-c -Iprotos --c_out=Sources/CKernel/generated protos/*.proto
	mv Sources/CKernel/generated/*.h Sources/CKernel/include/

format:
	$(SWIFT) format format --in-place --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	mandoc -Tlint -W style man/*.1
	$(SWIFT) test --filter ManualTests

clean:
	$(SWIFT) package clean
