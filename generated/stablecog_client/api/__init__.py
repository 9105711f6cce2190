# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The operations of the API: a package for each tag, with a module for each operation."""
