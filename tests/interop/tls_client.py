"""Calls the shop with Python's gRPC over TLS: tls_client.py <generated code> <authority> <address>"""

import sys

sys.path.insert(0, sys.argv[1])

import grpc
import shop_pb2
import shop_pb2_grpc

authority = open(sys.argv[2], "rb").read()
address = sys.argv[3]

with grpc.secure_channel(address, grpc.ssl_channel_credentials(authority)) as channel:
    stub = shop_pb2_grpc.ShopStub(channel)
    item = shop_pb2.Item(sku="a", count=1)
    assert stub.Echo(item, timeout=5) == item
    assert len(list(stub.List(shop_pb2.Sku(sku="a"), timeout=5))) > 0
    assert stub.Total(iter([item] * 3), timeout=5).items == 3
    assert [receipt.items for receipt in stub.Tally(iter([item] * 3), timeout=5)] == [1, 2, 3]

# Without the authority, and in the clear, nobody gets in.
for channel in [grpc.secure_channel(address, grpc.ssl_channel_credentials()), grpc.insecure_channel(address)]:
    with channel:
        try:
            shop_pb2_grpc.ShopStub(channel).Echo(shop_pb2.Item(sku="a"), timeout=5)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error
        else:
            raise AssertionError("it was answered")

print("ok")
