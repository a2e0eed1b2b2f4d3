//! A tool that knows no contract: calls any service by name, with JSON.
//! `cargo run --example dynamic -- greeter /greeter.Greeter/Hello '{"name": "Ada"}'`

use micro::prelude::*;

#[micro::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let app = micro::client().await?;
    match arguments.as_slice() {
        [] => {
            for service in app.registry().services().await? {
                println!("{service}");
            }
        }
        [service] => {
            for node in app.registry().nodes(service).await? {
                println!("{} at {}: {}", node.id, node.address, node.endpoints.join(" "));
            }
        }
        [service, path] => println!("{}", app.client().dynamic(service).json(path, "{}").await?),
        [service, path, request, ..] => println!("{}", app.client().dynamic(service).json(path, request).await?),
    }
    Ok(())
}
