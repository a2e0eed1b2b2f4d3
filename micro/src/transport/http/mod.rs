//! gRPC, gRPC-Web, Connect and plain JSON over HTTP/1.1 and HTTP/2, on one port.
