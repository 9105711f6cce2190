"""Generator of the client package: `python -m generator` makes generated/ from openapi.yaml.

project.py runs openapi-python-client's `Project` with templates/, lays runtime/ over its output and swaps the folders.
support.py, schema_checks.py  what OpenAPI allows and the client would not obey: refused, with its place
nodes.py, schemas.py          reading of a document, whatever it holds
upstream.py                   openapi-python-client's parser, corrected
discriminators.py             unions that a property tells apart
media_types.py                which media type of a response is decoded
document.py, security.py      facts of the document that openapi-python-client does not hand on
operations.py, naming.py      operations and tags as templates lay them out, and their names
decoders.py, code.py          expressions of decoders, literals, imports, builtins that a class hides
docstrings.py, errors.py      texts in docstrings; the exception of a run that cannot succeed
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
