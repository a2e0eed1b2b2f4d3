//! Our client, against servers in other languages.

use std::process::Command;

use micro::prelude::*;
use micro::registry::Registry;
use micro::transport::http::Compress;
use micro_tests::{Program, root};

use crate::contract::{Grade, Item, Receipt, Shop, ShopClient, Shortage, Sku};
use micro_tests::python;

fn item(sku: &str) -> Item {
    Item {
        sku: sku.into(),
        count: 3,
        price_cents: 7,
        photo: vec![9; 50_000],
        tags: vec!["grün".into()],
        grade: Grade::Rare,
        notes: [("made in".to_owned(), "Jena".to_owned())].into(),
        weight: None,
    }
}

fn items() -> Streaming<Item> {
    Streaming::iter(["a", "b"].map(item))
}

async fn everything(shop: &impl Shop) -> Result<()> {
    assert_eq!(shop.echo(item("A")).await?, item("A"));
    let missing = shop.find(Sku { sku: "missing".into() }).await.unwrap_err();
    assert_eq!((missing.code(), missing.message()), (Code::NotFound, "no `missing` here, sörry: 100%"));
    assert_eq!(missing.detail::<Shortage>(), Some(Shortage { sku: "missing".into(), left: 0 }));
    let listed = shop.list(Sku { sku: "abc".into() }).await?.try_collect().await?;
    assert_eq!(listed.iter().map(|item| item.sku.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(shop.total(items()).await?, Receipt { items: 2, total_cents: 42 });
    let sums = shop.tally(items()).await?.try_collect().await?;
    assert_eq!(sums.iter().map(|sum| sum.total_cents).collect::<Vec<_>>(), [21, 42]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_client_calls_grpcio_in_every_shape_compressed_or_not() {
    let Some(python) = python() else { return };
    let code = crate::grpc::generated(&python);
    let mut command = Command::new(python);
    command.arg(root().join("tests/interop/shop_server.py")).arg(code);
    let server = Program::start(command);
    for compress in [Compress::Never, Compress::Replies, Compress::From(1_000), Compress::From(1)] {
        let app = micro::app().registry(Registry::memory()).settings(|settings| settings.compress = compress);
        let app = app.start().await.unwrap();
        let shop = app.get::<ShopClient>().unwrap().at(server.address());
        everything(&shop).await.unwrap_or_else(|error| panic!("{compress:?}: {error}"));
        app.stop().await.unwrap();
    }
}
