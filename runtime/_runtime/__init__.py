"""The life of a call, from `client.<tag>.<operation>()` to its result. Private: nothing here is for import by users.

Read in this order:

1. `api_request`: an operation of the API description with the arguments of one call.
2. `config`, `client_state`, `client_base`: what a client is made with, what its calls share, what its two kinds share.
3. `sync_client` and its twin `async_client` (with `event_loops`): send, read and wait.
4. `call`: decides, without input or output, when to send, retry, return or raise; with `retries` and `rate_limit`.
5. `bodies` and `codec`: from bytes to JSON, from JSON to models, and back.
6. `failures`, `responses` and `redaction`: what errors and logs say, without the API key.
7. `network` and `addresses`: connections with deadlines. `environment`: TLS and proxies. `custom_client`: what concerns
   an `http_client` of the caller's. `aiohttp_transport`: the extra `aiohttp`.

The rest are small tools: `http_library`, `clock`, `deadline`, `per_process`, `pydantic_schema`, `tag_property`.
"""
