//! Scenarios over several rooms: apps in one process that talk over the wire, and programs of their own.

mod contract;

mod calls;
mod cluster;
mod codecs;
mod config;
mod configured;
mod context;
mod deadlines;
mod debug;
mod depth;
mod discovery;
mod downgrades;
mod dynamic;
mod events;
mod failures;
mod faults;
mod health;
mod identity;
mod injection;
mod interceptors;
mod lent;
mod options;
mod programs;
mod promises;
mod roads;
mod subscribers;
mod tls;
mod wires;
