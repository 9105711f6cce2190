# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The contract's operations: a package for each tag, in it a module for each operation."""
