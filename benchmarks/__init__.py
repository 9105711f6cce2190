"""Benchmarks of the client against the alternatives: `make bench`."""
