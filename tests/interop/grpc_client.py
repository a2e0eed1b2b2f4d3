"""Calls the greeter and the counter with Python's gRPC: grpc_client.py <generated code> <greeter> <counter>"""

import sys

sys.path.insert(0, sys.argv[1])

import grpc
import counter_pb2, counter_pb2_grpc, greeter_pb2, greeter_pb2_grpc


def numbers(*values):
    return (counter_pb2.Number(value=value) for value in values)


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()} where {code} was expected: {error.details()}"
        return error
    raise AssertionError(f"succeeded where {code} was expected")


def greeter(address):
    with grpc.insecure_channel(address) as channel:
        stub = greeter_pb2_grpc.GreeterStub(channel)
        assert stub.Hello(greeter_pb2.HelloRequest(name="Ada"), timeout=5).greeting == "Hello, Ada!"
        empty = fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.Hello(greeter_pb2.HelloRequest(), timeout=5))
        assert empty.details() == "`name` is empty", empty.details()

        raw = channel.unary_unary("/greeter.Greeter/Hello")
        truncated = fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: raw(b"\x0a\x05Ad", timeout=5))
        assert "name" in truncated.details(), truncated.details()
        unknown = channel.unary_unary("/greeter.Greeter/Helo")
        fails(grpc.StatusCode.UNIMPLEMENTED, lambda: unknown(b"", timeout=5))
        fails(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: raw(b"\x0a\x80\x80\x80\x04" + b"x" * (8 << 20), timeout=10))
        # After all that the server goes on.
        assert stub.Hello(greeter_pb2.HelloRequest(name="Bob"), timeout=5).greeting == "Hello, Bob!"


def counter(address):
    with grpc.insecure_channel(address) as channel:
        stub = counter_pb2_grpc.CounterStub(channel)
        assert stub.Double(counter_pb2.Number(value=21), timeout=5).value == 42
        assert [n.value for n in stub.Countdown(counter_pb2.Number(value=3), timeout=5)] == [3, 2, 1, 0]
        assert stub.Sum(numbers(1, 2, 3, 4), timeout=5).value == 10
        assert [n.value for n in stub.RunningSum(numbers(1, 2, 3, 4), timeout=5)] == [1, 3, 6, 10]

        # One at a time: the answer to a number comes before the next is asked.
        from queue import SimpleQueue
        queue = SimpleQueue()
        answers = stub.RunningSum(iter(queue.get, None), timeout=5)
        for value, total in [(5, 5), (6, 11), (7, 18)]:
            queue.put(counter_pb2.Number(value=value))
            assert next(answers).value == total
        queue.put(None)
        assert list(answers) == []

        # A caller that stops listening to a long stream leaves the server able to serve.
        long = stub.Countdown(counter_pb2.Number(value=4_000_000_000), timeout=30)
        assert next(long).value == 4_000_000_000
        long.cancel()
        assert stub.Double(counter_pb2.Number(value=1), timeout=5).value == 2


greeter(sys.argv[2])
counter(sys.argv[3])
print("ok")
