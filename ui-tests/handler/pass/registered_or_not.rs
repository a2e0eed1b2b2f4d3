//! One type, several contracts; generic and manual handlers are served by hand.
#![deny(warnings)]

use micro::__private::{HandlerEntry, inventory};
use micro::Result;
use micro::client::ServiceClient;

#[micro::service]
trait One {
    async fn one(&self) -> Result<()>;
}

#[micro::service]
trait Two {
    async fn two(&self) -> Result<()>;
}

#[derive(Default)]
struct Both;

#[micro::handler]
impl One for Both {
    async fn one(&self) -> Result<()> {
        Ok(())
    }
}

#[micro::handler]
impl Two for Both {
    async fn two(&self) -> Result<()> {
        Ok(())
    }
}

struct ByHand(#[allow(dead_code)] u8);

#[micro::handler(manual)]
impl One for ByHand {
    async fn one(&self) -> Result<()> {
        Ok(())
    }
}

struct Generic<T>(T);

#[micro::handler]
impl<T: Send + Sync + 'static> Two for Generic<T> {
    async fn two(&self) -> Result<()> {
        Ok(())
    }
}

#[micro::main]
async fn main() {
    let mut served: Vec<_> = inventory::iter::<HandlerEntry>.into_iter().map(|entry| entry.desc().contract()).collect();
    served.sort_unstable();
    assert_eq!(served, ["One", "Two"]);
    assert!(OneClient::of(ByHand(1)).one().await.is_ok());
    assert!(TwoClient::of(Generic("t")).two().await.is_ok());
}
