//! Providers of every form.
#![deny(warnings)]

use std::fmt::Debug;
use std::sync::Arc;

use micro::__private::{ProviderEntry, inventory};
use micro::Result;

#[derive(Clone)]
struct Pool;

/// Connects.
#[micro::provider]
async fn pool(name: String) -> Result<Pool> {
    assert!(!name.is_empty());
    Ok(Pool)
}

#[micro::provider]
fn name() -> Result<String> {
    Ok("pool".to_owned())
}

#[micro::provider]
fn printable(_: Pool) -> std::result::Result<Arc<dyn Debug + Send + Sync>, micro::Error> {
    Ok(Arc::new(1))
}

fn main() {
    #[micro::provider]
    fn local() -> Result<u8> {
        Ok(1)
    }

    assert_eq!(inventory::iter::<ProviderEntry>.into_iter().count(), 4);
}
