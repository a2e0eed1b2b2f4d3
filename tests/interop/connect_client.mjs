// Calls the shop with connect-node: connect_client.mjs <descriptors> <address>
//
// Over Connect (protobuf and JSON, POST and GET, HTTP/1.1 and HTTP/2), gRPC-Web and gRPC, every shape each of them allows.

import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createFileRegistry, create, equals, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";

const [descriptors, address] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const Shop = registry.getService("shop.Shop");
const [Item, Shortage] = ["shop.Item", "shop.Shortage"].map((name) => registry.getMessage(name));

const sent = (sku) =>
  create(Item, {
    sku,
    count: 2,
    priceCents: 9007199254740993n,
    photo: new Uint8Array([0, 255, 128]),
    tags: ["new", "grün"],
    grade: 1,
    notes: { "made in": "Jena" },
    weight: 0.5,
  });

async function* items(...skus) {
  for (const sku of skus) yield create(Item, { sku, count: 3, priceCents: 7n });
}

async function collected(stream) {
  const all = [];
  for await (const item of stream) all.push(item);
  return all;
}

async function fails(code, call) {
  try {
    await call();
  } catch (error) {
    const connect = ConnectError.from(error);
    assert.equal(Code[connect.code], Code[code], connect.message);
    return connect;
  }
  assert.fail(`succeeded where ${Code[code]} was expected`);
}

async function everything(name, transport, shapes) {
  const shop = createClient(Shop, transport);

  let [shelf, till] = [];
  const found = await shop.find(
    { sku: "A-7" },
    {
      onHeader: (headers) => (shelf = headers.get("x-shelf")),
      onTrailer: (trailers) => (till = trailers.get("x-till")),
    },
  );
  assert.ok(equals(Item, found, sent("A-7")), `${name}: ${JSON.stringify(found.sku)}`);
  assert.deepEqual([shelf, till], ["7", "closed"], name);
  assert.ok(equals(Item, await shop.echo(sent("B")), sent("B")), name);
  assert.ok(equals(Item, await shop.echo(create(Item)), create(Item)), `${name}: nothing set`);
  const large = await shop.find({ sku: "large" });
  assert.ok(large.photo.length === 100_000 && large.photo.every((byte) => byte === 7), name);
  const photo = new Uint8Array(100_000).fill(9);
  assert.ok(Buffer.from(photo).equals((await shop.echo(create(Item, { photo }))).photo), name);

  const missing = await fails(Code.NotFound, () => shop.find({ sku: "missing" }));
  assert.equal(missing.rawMessage, "no `missing` here, sörry: 100%", name);
  assert.deepEqual(missing.findDetails(Shortage).map((detail) => [detail.sku, detail.left]), [["missing", 0]], name);
  assert.equal(missing.metadata.get("x-till"), "closed", name);
  const short = await fails(Code.FailedPrecondition, () => shop.order({ sku: "C", count: 101 }));
  assert.deepEqual(short.findDetails(Shortage).map((detail) => [detail.sku, detail.left]), [["C", 100]], name);
  await fails(Code.DeadlineExceeded, () => shop.find({ sku: "slow" }, { timeoutMs: 50 }));

  const list = await collected(shop.list({ sku: "abc" }));
  assert.deepEqual(list.map((item) => item.sku), ["a", "b", "c"], name);
  assert.deepEqual(await collected(shop.list({ sku: "" })), [], name);
  const begun = [];
  const broken = await fails(Code.NotFound, async () => {
    for await (const item of shop.list({ sku: "ab!c" })) begun.push(item.sku);
  });
  assert.deepEqual([begun.join(""), broken.findDetails(Shortage).length], ["ab", 1], name);

  assert.deepEqual(await shop.total(items("a", "b")).then((r) => [r.items, r.totalCents]), [2, 42n], name);
  assert.deepEqual(await shop.total(items()).then((r) => [r.items, r.totalCents]), [0, 0n], name);
  if (shapes === "all") {
    const sums = await collected(shop.tally(items("a", "b", "c")));
    assert.deepEqual(sums.map((sum) => sum.totalCents), [21n, 42n, 63n], name);
  }
  // A caller that stops listening leaves the server able to serve.
  for await (const item of shop.list({ sku: "x".repeat(10_000) })) {
    assert.equal(item.sku, "x");
    break;
  }
  assert.equal((await shop.find({ sku: "Z" })).sku, "Z", name);
  console.log(name);
}

const baseUrl = `http://${address}`;
const packed = { acceptCompression: [compressionGzip], sendCompression: compressionGzip, compressMinBytes: 1000 };
for (const httpVersion of ["1.1", "2"]) {
  // HTTP/1.1 has no calls in which both sides stream at a time.
  const shapes = httpVersion === "2" ? "all" : "half duplex";
  for (const useBinaryFormat of [true, false]) {
    const options = { baseUrl, httpVersion, useBinaryFormat };
    const name = `over HTTP/${httpVersion} in ${useBinaryFormat ? "protobuf" : "JSON"}`;
    await everything(`Connect ${name}`, createConnectTransport({ ...options, acceptCompression: [] }), shapes);
    await everything(`Connect ${name} by GET`, createConnectTransport({ ...options, useHttpGet: true }), shapes);
    await everything(`Connect ${name}, gzip`, createConnectTransport({ ...options, ...packed }), shapes);
    await everything(`gRPC-Web ${name}`, createGrpcWebTransport({ ...options, acceptCompression: [] }), shapes);
    await everything(`gRPC-Web ${name}, gzip`, createGrpcWebTransport({ ...options, ...packed }), shapes);
  }
}
for (const useBinaryFormat of [true, false]) {
  const options = { baseUrl, useBinaryFormat };
  const name = `in ${useBinaryFormat ? "protobuf" : "JSON"}`;
  await everything(`gRPC ${name}`, createGrpcTransport({ ...options, acceptCompression: [] }), "all");
  await everything(`gRPC ${name}, gzip`, createGrpcTransport({ ...options, ...packed }), "all");
}
console.log("ok");
process.exit(0);
