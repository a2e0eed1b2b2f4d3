//! A program whose handler blocks its thread for ever; with `--one-thread` that is the only thread there is.

use std::process::ExitCode;

use micro::app::runtime::{Runtime, block_on};
use micro::prelude::*;

#[micro::message]
pub struct Nothing {}

#[micro::service(name = "blocker")]
pub trait Blocker {
    async fn block(&self, nothing: Nothing) -> Result<Nothing>;
}

#[derive(Default)]
struct Blocks;

#[micro::handler]
impl Blocker for Blocks {
    async fn block(&self, _: Nothing) -> Result<Nothing> {
        println!("blocked");
        loop {
            std::thread::park();
        }
    }
}

fn main() -> ExitCode {
    let one = std::env::args().any(|argument| argument == "--one-thread");
    let app = micro::app().mount::<Blocks>();
    block_on(Runtime { current_thread: one, worker_threads: Some(2) }, app.run())
}
