//! Clients in other languages, against one port; and servers in other languages, called by ours.

#[path = "shop/contract.rs"]
mod contract;

mod curl;
mod debug;
mod grpc;
mod servers;
mod shop;
