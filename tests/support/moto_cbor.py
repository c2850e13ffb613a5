# moto answers CloudWatch in AWS JSON, and the AWS SDK for Rust asks it in Smithy RPC v2 CBOR: the one is said in the other.
# https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
import io
import json

import cbor2
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

in_json = DomainDispatcherApplication.__call__


def timed(value):
    """In CBOR a time is tagged; in JSON it is a number like any other."""
    if isinstance(value, list):
        return [timed(item) for item in value]
    if not isinstance(value, dict):
        return value
    time = lambda name, item: name.endswith("Timestamp") and isinstance(item, (int, float))
    return {name: cbor2.CBORTag(1, item) if time(name, item) else timed(item) for name, item in value.items()}


def in_cbor(self, environ, start_response):
    if environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor":
        return in_json(self, environ, start_response)
    _, _, service, _, operation = environ["PATH_INFO"].split("/")
    asked = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = json.dumps(cbor2.loads(asked) if asked else {}).encode()
    environ = environ | {
        "PATH_INFO": "/",
        "REQUEST_URI": "/",
        "RAW_URI": "/",
        "HTTP_X_AMZ_TARGET": f"{service}.{operation}",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    started = []
    answer = b"".join(in_json(self, environ, lambda status, headers, *_: started.append((status, headers))))
    status, headers = started[-1]
    try:
        answer = cbor2.dumps(timed(json.loads(answer)))
    except ValueError:  # A page that says that moto cannot do it.
        start_response(status, headers)
        return [answer]
    headers = [header for header in headers if header[0].lower() not in ("content-type", "content-length")]
    start_response(status, [*headers, ("Content-Type", "application/cbor"), ("Smithy-Protocol", "rpc-v2-cbor"),
                            ("Content-Length", str(len(answer)))])
    return [answer]


DomainDispatcherApplication.__call__ = in_cbor
