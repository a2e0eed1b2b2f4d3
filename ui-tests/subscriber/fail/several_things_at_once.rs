use micro::Context;

#[micro::subscriber(concurrency = 0, durable)]
unsafe fn audit(ctx: &Context) {
    let _ = ctx;
}

fn main() {}
