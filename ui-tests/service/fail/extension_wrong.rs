use micro::Result;

const ADMIN: &str = "admin";

#[micro::service(extention("team" = "doors"))]
trait Greeter {
    #[method(extension("auth.scope" = ADMIN))]
    async fn not_json(&self) -> Result<()>;
    #[method(extension(scope = "admin"))]
    async fn not_quoted(&self) -> Result<()>;
    #[method(extension("a" = 1, "a" = 2))]
    async fn twice(&self) -> Result<()>;
    #[method(extension = "admin")]
    async fn no_list(&self) -> Result<()>;
}

fn main() {}
