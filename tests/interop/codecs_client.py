"""Calls the shop in msgpack, CBOR, JSON and bare bytes by content type: codecs_client.py <address>"""

import base64
import http.client
import json
import struct
import sys

import cbor2
import msgpack

ADDRESS = sys.argv[1]

ITEM = {
    "sku": "A-7",
    "count": 2,
    "price_cents": 9007199254740993,
    "photo": b"\x00\xff\x80",
    "tags": ["new", "grün"],
    "grade": 1,
    "notes": {"made in": "Jena"},
    "weight": 0.5,
}


def post(path, content_type, body, headers={}):
    connection = http.client.HTTPConnection(ADDRESS, timeout=10)
    connection.request("POST", "/shop.Shop/" + path, body, {"content-type": content_type, **headers})
    answer = connection.getresponse()
    return answer.status, answer.getheader("content-type"), answer.read()


def plain(item):
    """JSON says the same in other words."""
    grades = ["GRADE_PLAIN", "GRADE_FINE", "GRADE_RARE"]
    return {
        "sku": item["sku"],
        "count": item["count"],
        "price_cents": int(item["priceCents"]),
        "photo": base64.b64decode(item["photo"]),
        "tags": item["tags"],
        "grade": grades.index(item["grade"]),
        "notes": item["notes"],
        "weight": item["weight"],
    }


FORMATS = {
    "msgpack": (msgpack.packb, msgpack.unpackb),
    "cbor": (cbor2.dumps, cbor2.loads),
    "json": (lambda value: json.dumps(value).encode(), json.loads),
}


def envelopes(body):
    while body:
        flag, length = struct.unpack(">BI", body[:5])
        yield flag, body[5 : 5 + length]
        body = body[5 + length :]


def enveloped(*messages):
    return b"".join(struct.pack(">BI", 0, len(message)) + message for message in messages)


for name, (write, read) in FORMATS.items():
    unary, stream, web = f"application/{name}", f"application/connect+{name}", f"application/grpc-web+{name}"

    status, content_type, body = post("Find", unary, write({"sku": "A-7"}))
    assert (status, content_type) == (200, unary), (status, content_type, body)
    found = read(body)
    assert (plain(found) if name == "json" else found) == ITEM, found

    if name != "json":
        status, _, body = post("Echo", unary, write(ITEM))
        assert (status, read(body)) == (200, ITEM), (status, body)
        # Names and numbers as JSON has them are understood as well.
        loose = {**ITEM, "priceCents": "9007199254740993", "grade": "GRADE_FINE", "later": [None, {"x": 1}]}
        del loose["price_cents"]
        status, _, body = post("Echo", unary, write(loose))
        assert (status, read(body)) == (200, ITEM), (status, body)

    # An error is JSON whatever the call was in.
    status, content_type, body = post("Find", unary, write({"sku": "missing"}))
    assert (status, content_type) == (404, "application/json"), (status, content_type, body)
    error = json.loads(body)
    assert error["code"] == "not_found" and error["message"] == "no `missing` here, sörry: 100%", error
    assert error["details"][0]["type"] == "shop.Shortage", error

    for garbage in [b"\xc1\xff", b"", write({"sku": 7}), write({"sku": "x"}) + b"\x00"]:
        status, _, body = post("Find", unary, garbage)
        assert (status, json.loads(body)["code"]) == (400, "invalid_argument"), (name, garbage, status, body)

    _, content_type, body = post("List", stream, enveloped(write({"sku": "ab!"})))
    assert content_type == stream, content_type
    *items, (flag, end) = envelopes(body)
    assert [read(item)["sku"] for _, item in items] == ["a", "b"] and flag == 2, body
    assert json.loads(end)["error"]["code"] == "not_found", end

    receipts = enveloped(write({"sku": "a", "count": 3, "price_cents": 7}), write({"count": 1, "price_cents": 1}))
    _, _, body = post("Total", stream, receipts)
    receipt = read(next(envelopes(body))[1])
    assert int(receipt.get("total_cents", receipt.get("totalCents"))) == 22, receipt

    _, content_type, body = post("Find", web, enveloped(write({"sku": "B"})))
    assert content_type == web and read(next(envelopes(body))[1])["sku"] == "B", (content_type, body)
    print(name)

# A message of text alone is its text; one of several fields cannot be bytes.
status, _, body = post("Find", "application/bytes", b"A")
assert status == 501 and b"shop.Item" in body, (status, body)

print("ok")
