//! Clients in other languages, against one port; and servers in other languages, called by ours.

#[path = "../it/tls/certificates.rs"]
mod certificates;
#[path = "shop/contract.rs"]
mod contract;

mod curl;
mod debug;
mod grpc;
mod servers;
mod shop;
mod tls;
