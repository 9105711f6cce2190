"""Generator of the client package: `python -m generator` generates generated/ from openapi.yaml.

project.py                    runs openapi-python-client's `Project` with templates/, copies runtime/ into its output,
                              and replaces generated/
document.py, security.py      facts of the document that openapi-python-client does not pass to templates
operations.py, naming.py      operations and tags for templates, and their names
decoders.py, code.py          code: expressions that decode, imports, qualified builtins
docstrings.py, errors.py      texts for docstrings; the exception for input that cannot be generated
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
