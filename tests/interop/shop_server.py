"""Serves the shop with Python's gRPC, compressing whatever it may: shop_server.py <generated code>"""

import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, sys.argv[1])

import grpc
import shop_pb2
import shop_pb2_grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from grpc_status import rpc_status


def sums(items):
    receipt = shop_pb2.Receipt()
    for item in items:
        receipt.items += 1
        receipt.total_cents += item.count * item.price_cents
        yield receipt


class Shop(shop_pb2_grpc.ShopServicer):
    def Find(self, request, context):
        if request.sku != "missing":
            return shop_pb2.Item(sku=request.sku)
        detail = any_pb2.Any()
        detail.Pack(shop_pb2.Shortage(sku=request.sku, left=0))
        status = status_pb2.Status(code=5, message="no `missing` here, sörry: 100%", details=[detail])
        context.abort_with_status(rpc_status.to_status(status))

    def Echo(self, request, context):
        return request

    def List(self, request, context):
        for letter in request.sku:
            yield shop_pb2.Item(sku=letter)

    def Total(self, requests, context):
        *_, last = sums(requests)
        return last

    def Tally(self, requests, context):
        yield from sums(requests)


server = grpc.server(ThreadPoolExecutor(4), compression=grpc.Compression.Gzip)
shop_pb2_grpc.add_ShopServicer_to_server(Shop(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"listening at http://127.0.0.1:{port}", file=sys.stderr, flush=True)
server.wait_for_termination()
