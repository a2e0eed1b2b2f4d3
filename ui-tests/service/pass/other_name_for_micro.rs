//! With `crate = path` micro can have any name.
#![no_implicit_prelude]

mod vendored {
    pub use ::micro as fancy;
}

#[vendored::fancy::service(crate = crate::vendored::fancy)]
trait Greeter {
    async fn ping(&self) -> vendored::fancy::Result<()>;
}

struct English;

impl English {
    #[vendored::fancy::init(crate = vendored::fancy)]
    fn new(pool: Pool) -> vendored::fancy::Result<Self> {
        let Pool = pool;
        ::core::result::Result::Ok(English)
    }
}

#[derive(::core::clone::Clone)]
struct Pool;

#[vendored::fancy::provider(crate = vendored::fancy)]
async fn pool() -> vendored::fancy::Result<Pool> {
    ::core::result::Result::Ok(Pool)
}

#[vendored::fancy::handler(crate = vendored::fancy)]
impl Greeter for English {
    async fn ping(&self, _: &vendored::fancy::Context) -> vendored::fancy::Result<()> {
        ::core::result::Result::Ok(())
    }
}

#[vendored::fancy::main(crate = vendored::fancy)]
async fn main() -> vendored::fancy::Result<()> {
    <GreeterClient as vendored::fancy::client::ServiceClient>::of(English).ping().await
}
