"""The life of a call, from `client.<tag>.<operation>()` to its result. Private: nothing here is for import by users.

Read in this order:

1. `api_request`: an operation of the API description with the arguments of one call.
2. `config`: the options of a client. `client_base`: what both clients have in common, and the state that calls share.
3. `sync_client` and its twin `async_client`: send, read and wait. A sync call sets `timing.current_exchange`, which the
   connections of `network` obey.
4. `call`, which does no I/O, decides when to send, retry, return or raise; with the retry budget and the rate limit of
   `timing`.
5. `bodies` and `codec`: from a response to JSON, from JSON to models, and back.
6. `failures` and `redaction`: what errors and logs say, without the API key.
7. `network`: connections with deadlines. `environment`: TLS and proxies. `custom_client`: what concerns an
   `http_client` of the caller's. `aiohttp_transport`: the extra `aiohttp`.

`http_library` names httpx in one place.
"""
