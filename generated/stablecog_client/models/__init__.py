# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""Models of the schemas of the API description."""

from .credits_response import CreditsResponse
from .error_response import ErrorResponse
from .t_credit import TCredit
from .t_credit_type import TCreditType

__all__ = ["CreditsResponse", "ErrorResponse", "TCredit", "TCreditType"]
