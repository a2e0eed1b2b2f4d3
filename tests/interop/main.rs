//! Clients in other languages, against one port.

mod curl;
mod debug;
mod grpc;
mod shop;
