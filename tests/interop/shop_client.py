"""Calls the shop with Python's gRPC: shop_client.py <generated code> <address>"""

import sys

sys.path.insert(0, sys.argv[1])

import grpc
import shop_pb2
import shop_pb2_grpc
from grpc_status import rpc_status


def fails(code, call):
    """The details of a failure, as anybody reads them who knows `google.rpc.Status`."""
    try:
        call()
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        assert (error.code(), status.code) == (code, code.value[0]), (error.code(), status)
        assert status.message == error.details(), (status, error.details())
        shortages = []
        for detail in status.details:
            shortage = shop_pb2.Shortage()
            assert detail.Unpack(shortage), detail.type_url
            shortages.append((shortage.sku, shortage.left))
        return error.details(), shortages
    raise AssertionError(f"succeeded where {code} was expected")


def items(*skus):
    return (shop_pb2.Item(sku=sku, count=3, price_cents=7) for sku in skus)


for compression in [grpc.Compression.NoCompression, grpc.Compression.Gzip]:
    with grpc.insecure_channel(sys.argv[2], compression=compression) as channel:
        shop = shop_pb2_grpc.ShopStub(channel)
        assert shop.Find(shop_pb2.Sku(sku="A"), timeout=5).price_cents == 9007199254740993
        photo = bytes(range(256)) * 400
        assert shop.Echo(shop_pb2.Item(photo=photo), timeout=5).photo == photo

        message, details = fails(grpc.StatusCode.NOT_FOUND, lambda: shop.Find(shop_pb2.Sku(sku="missing"), timeout=5))
        assert (message, details) == ("no `missing` here, sörry: 100%", [("missing", 0)]), (message, details)
        item = shop_pb2.Item(sku="C", count=101)
        _, details = fails(grpc.StatusCode.FAILED_PRECONDITION, lambda: shop.Order(item, timeout=5))
        assert details == [("C", 100)], details
        _, details = fails(grpc.StatusCode.NOT_FOUND, lambda: list(shop.List(shop_pb2.Sku(sku="ab!"), timeout=5)))
        assert details == [("!", 0)], details

        assert [item.sku for item in shop.List(shop_pb2.Sku(sku="abc"), timeout=5)] == ["a", "b", "c"]
        assert shop.Total(items("a", "b"), timeout=5).total_cents == 42
        assert [sum.total_cents for sum in shop.Tally(items("a", "b"), timeout=5)] == [21, 42]

        # A bomb: sixteen megabytes of nothing in sixteen kilobytes.
        bomb = shop_pb2.Item(photo=bytes(16 << 20))
        try:
            shop.Echo(bomb, timeout=10)
            raise AssertionError("a bomb was taken")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
        assert shop.Find(shop_pb2.Sku(sku="A"), timeout=5).sku == "A"

print("ok")
