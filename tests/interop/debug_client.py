"""Asks a program about itself: debug_client.py <reflection|closed|health|watch> <address>"""

import sys

import grpc
from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

ASK = reflection_pb2.ServerReflectionRequest


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()} where {code} was expected: {error.details()}"
        return
    raise AssertionError(f"succeeded where {code} was expected")


def reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    assert services == {
        "counter.Counter",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }, services

    pool = DescriptorPool(database)
    for name in services:
        pool.FindServiceByName(name)
    counter = pool.FindServiceByName("counter.Counter")
    streams = [(m.name, m.client_streaming, m.server_streaming) for m in counter.methods]
    assert streams == [
        ("Double", False, False),
        ("Countdown", False, True),
        ("Sum", True, False),
        ("RunningSum", True, True),
    ], streams
    # What it learned is enough to call it.
    number = message_factory.GetMessageClass(pool.FindMessageTypeByName("counter.Number"))
    double = channel.unary_unary(
        "/counter.Counter/Double",
        request_serializer=number.SerializeToString,
        response_deserializer=number.FromString,
    )
    assert double(number(value=21), timeout=5).value == 42

    # Python's library asks the older version; both are the same on the wire.
    v1 = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=ASK.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    for ask in [v1, reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo]:
        questions(ask)


def questions(ask):
    extension = reflection_pb2.ExtensionRequest(containing_type="counter.Number", extension_number=7)
    asked = [
        ASK(host="me", file_by_filename="counter.proto"),
        ASK(file_containing_symbol="counter.Number.value"),
        ASK(file_containing_symbol="counter.Counter.Double"),
        ASK(file_containing_symbol="grpc.health.v1.Health"),
        ASK(file_by_filename="counter/none.proto"),
        ASK(file_containing_symbol="counter.None"),
        ASK(file_containing_extension=extension),
        ASK(all_extension_numbers_of_type="counter.Number"),
        ASK(all_extension_numbers_of_type="counter.None"),
        ASK(),
    ]
    answers = list(ask(iter(asked), timeout=5))
    assert len(answers) == len(asked)
    assert all(answer.original_request == question for answer, question in zip(answers, asked))
    assert answers[0].valid_host == "me"
    files = [
        [descriptor_pb2.FileDescriptorProto.FromString(file).name for file in answer.file_descriptor_response.file_descriptor_proto]
        for answer in answers[:4]
    ]
    assert files == [["counter.proto"]] * 3 + [["grpc/health/v1.proto"]], files
    codes = [answer.error_response.error_code for answer in answers]
    assert codes == [0, 0, 0, 0, 5, 5, 5, 0, 5, 3], codes
    numbers = answers[7].all_extension_numbers_response
    assert numbers.base_type_name == "counter.Number" and not numbers.extension_number


def closed(channel):
    ask = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: list(ask(iter([ASK(list_services="")]), timeout=5)))
    health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)


def health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    ask = health_pb2.HealthCheckRequest
    serving = health_pb2.HealthCheckResponse.SERVING
    for name in ["", "greeter", "greeter.Greeter"]:
        assert stub.Check(ask(service=name), timeout=5).status == serving
    fails(grpc.StatusCode.NOT_FOUND, lambda: stub.Check(ask(service="other.Other"), timeout=5))
    # Python's library does not know `List` yet.
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    response = message_factory.GetMessageClass(pool.FindMessageTypeByName("grpc.health.v1.HealthListResponse"))
    listing = channel.unary_unary("/grpc.health.v1.Health/List", response_deserializer=response.FromString)
    listed = listing(b"", timeout=5).statuses
    assert {name: answer.status for name, answer in listed.items()} == {"": serving, "greeter.Greeter": serving}


def watch(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    names = ["", "greeter.Greeter", "other.Other"]
    streams = [stub.Watch(health_pb2.HealthCheckRequest(service=name), timeout=60) for name in names]
    # Left open, as a tool at a terminal leaves it.
    queue = iter(lambda: __import__("time").sleep(60), 0)
    open_reflection = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(queue, timeout=60)

    def show(answer):
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    print(", ".join(show(next(stream)) for stream in streams), flush=True)
    last = next(streams[0])
    assert next(streams[1]) == last
    # Every stream ends in good order.
    ends = [list(streams[0]), list(streams[2])]
    print(", ".join([show(last)] + ["more" if end else "end" for end in ends]), flush=True)
    open_reflection.cancel()


with grpc.insecure_channel(sys.argv[2]) as channel:
    globals()[sys.argv[1]](channel)
if sys.argv[1] != "watch":
    print("ok")
