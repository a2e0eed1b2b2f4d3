//! A contract may ask more of its implementations, if the client is given it too.
#![deny(warnings)]

use std::fmt::Debug;

use micro::client::ServiceClient;
use micro::Result;

trait Colour {
    fn colour(&self) -> u32;
}

#[micro::service]
trait Painter: Colour + Debug {
    async fn paint(&self) -> Result<()> {
        assert_eq!(self.colour(), 7);
        Ok(())
    }
}

impl Colour for PainterClient {
    fn colour(&self) -> u32 {
        0
    }
}

#[derive(Debug, Default)]
struct Vermeer;

impl Colour for Vermeer {
    fn colour(&self) -> u32 {
        7
    }
}

#[micro::handler]
impl Painter for Vermeer {}

#[micro::main]
async fn main() -> Result<()> {
    PainterClient::of(Vermeer).paint().await
}
