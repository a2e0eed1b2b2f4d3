//! Scenarios over several rooms: apps in one process that talk over the wire, and programs of their own.

mod contract;

mod calls;
mod context;
mod deadlines;
mod debug;
mod discovery;
mod failures;
mod injection;
mod programs;
mod promises;
