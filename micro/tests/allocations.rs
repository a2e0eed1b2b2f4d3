//! A call within the process allocates twice, and once more for each interceptor.

use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::{Call, Interceptor, Next};

#[micro::message(package = "allocations")]
#[derive(Clone, Debug)]
pub struct Number {
    pub value: u64,
}

#[micro::service(name = "adder", package = "allocations")]
pub trait Adder {
    async fn add(&self, number: Number) -> Result<Number>;
}

struct One;

#[micro::handler(manual)]
impl Adder for One {
    async fn add(&self, number: Number) -> Result<Number> {
        Ok(Number { value: number.value + 1 })
    }
}

struct Pass;

impl Interceptor for Pass {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        next.run(call).await
    }
}

#[test]
fn a_local_call_allocates_twice_and_once_per_interceptor() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for interceptors in 0..3 {
        let mut app = micro::app().registry(Registry::memory()).serve(AdderServer::new(One));
        for _ in 0..interceptors {
            app = app.around_calls(Pass);
        }
        let running = runtime.block_on(app.start()).unwrap();
        let adder: AdderClient = running.get().unwrap();
        let call = || assert_eq!(runtime.block_on(adder.add(Number { value: 1 })).unwrap().value, 2);
        call();
        let counted = allocation_counter::measure(call);
        assert_eq!(counted.count_total, 2 + interceptors, "with {interceptors} interceptors");
    }
}
