//! Builders of every form, in other modules than the handlers they build.
#![deny(warnings)]

use micro::Result;

#[micro::service]
trait Greeter {
    async fn ping(&self) -> Result<()>;
}

#[derive(Clone)]
struct Pool;

#[micro::provider]
fn pool() -> Result<Pool> {
    Ok(Pool)
}

macro_rules! handlers {
    ($($name:ident)*) => {$(
        struct $name;

        #[micro::handler]
        impl Greeter for $name {
            async fn ping(&self) -> Result<()> {
                Ok(())
            }
        }
    )*};
}

handlers! { Plain Async Injected Public }

mod elsewhere {
    use super::*;

    impl Plain {
        #[micro::init]
        fn new() -> Result<Self> {
            Ok(Plain)
        }
    }

    impl Async {
        #[micro::init]
        async fn new() -> micro::Result<Async, micro::Error> {
            Ok(Async)
        }
    }

    impl Injected {
        #[micro::init]
        async fn new(Pool: Pool, greeter: GreeterClient) -> Result<Self> {
            let _ = greeter;
            Ok(Injected)
        }
    }

    impl Public {
        /// Two hands.
        #[micro::init]
        pub(crate) fn with(_: Pool, _: Pool) -> Result<Self> {
            Ok(Self)
        }
    }
}

fn main() {
    assert_eq!(Plain::only_one_init_function().deps.len(), 0);
    assert_eq!(Async::only_one_init_function().deps.len(), 0);
    assert_eq!(Injected::only_one_init_function().deps.len(), 2);
    assert_eq!(Public::only_one_init_function().deps.len(), 2);
}
