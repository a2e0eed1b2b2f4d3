use micro::Result;
use ui_tests::Greeted;

#[micro::config(prefix = "audit")]
struct AuditConfig {}

#[micro::subscriber]
async fn audit(event: Greeted, config: &mut AuditConfig) -> Result<()> {
    let _ = (event, config);
    Ok(())
}

fn main() {}
