"""Generator of the client package: `python -m generator` generates generated/ from openapi.yaml.

project.py                    runs openapi-python-client's `Project` with templates/, copies runtime/ into its output,
                              and replaces generated/
refusals.py, schema_checks.py, value_checks.py, parameter_checks.py
                              refusals of what OpenAPI allows and the client does not support, with their places
nodes.py, schemas.py          read the document; a malformed node counts as empty
upstream.py                   openapi-python-client's parser, corrected
rewrites.py                   changes of the document before openapi-python-client parses it
discriminators.py             unions with a discriminator
media_types.py                the media types that are decoded and sent
document.py, security.py      facts of the document that openapi-python-client does not pass to templates
operations.py, naming.py      operations and tags for templates, and their names
decoders.py, code.py          code: expressions that decode, literals, imports, qualified builtins
docstrings.py, errors.py      texts for docstrings; the exception for input that cannot be generated
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
