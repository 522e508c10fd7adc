"""One file a question. `make bench` runs them all and writes docs/benchmarks.md."""
